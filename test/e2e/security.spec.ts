/**
 * A page that has been taken over: what it still cannot do. The policy of the pages is Chromium's own work; Electron's
 * checklist, item by item, is in checklist.spec.ts.
 */
import { expect, test } from './support/desktop.ts';

test('a page runs no script that is not its own', async ({ shared: { desktop } }) => {
  desktop.isSpoilt = true;
  const page = await desktop.page('home');
  const ran = await page.evaluate(async () => {
    const found: string[] = [];
    const tell = (name: string): void => void found.push(name);
    Object.assign(window, { tell });
    try {
      const script = document.createElement('script');
      script.textContent = 'tell("inline")';
      document.head.append(script);
    } catch {
      // Trusted Types may refuse already here.
    }
    try {
      document.body.insertAdjacentHTML('beforeend', '<img src="x" onerror="tell(\'handler\')">');
    } catch {
      // As above.
    }
    // In a later task: the protocol by which this test is evaluated lifts the ban on eval for its own.
    await new Promise<void>((resolve) => {
      setTimeout(() => {
        try {
          globalThis.eval('tell("eval")');
        } catch {
          // As above.
        }
        requestAnimationFrame(() => requestAnimationFrame(() => resolve()));
      }, 0);
    });
    return found;
  });
  expect(ran).toEqual([]);
});

test('a page reaches nothing outside, not even the agent’s own port', async ({ shared: { desktop } }) => {
  desktop.isSpoilt = true;
  const page = await desktop.page('home');
  const answers = await page.evaluate(() =>
    Promise.all(
      ['https://example.com/', 'http://127.0.0.1:17090/health', 'app://ui/../../package.json'].map((address) =>
        fetch(address).then(
          (answer) => `answered ${answer.status}`,
          () => 'refused',
        ),
      ),
    ),
  );
  expect(answers).toEqual(['refused', 'refused', 'refused']);
  expect(await desktop.app.shell.blockedRequests()).toEqual([]);
});

test('a page may use the channels of its own window only, and only in their shape', async ({ shared: { desktop } }) => {
  desktop.isSpoilt = true;
  const page = await desktop.page('home');
  const answers = await page.evaluate(() => {
    interface Bridge {
      invoke(channel: string, request?: unknown): Promise<unknown>;
    }
    const { agent } = window as unknown as { readonly agent: Bridge };
    const ask = async (channel: string, request?: unknown): Promise<string> => {
      try {
        await agent.invoke(channel, request);
        return 'answered';
      } catch {
        return 'refused';
      }
    };
    return Promise.all([
      ask('signature.confirmBinding', { dialog: '1' }),
      ask('signature.pinPort', { dialog: '1' }),
      ask('no.such.channel'),
      ask('clients.revoke', { id: 7 }),
      ask('settings.change', { language: 'ja', modules: ['/tmp/evil.so'] }),
      ask('help.open', { topic: 'https://example.com/' }),
      ask('settings.get'),
    ]);
  });
  expect(answers).toEqual(['refused', 'refused', 'refused', 'refused', 'refused', 'refused', 'answered']);
});
