/**
 * A page that has been taken over: what it still cannot do. The policy of the pages is Chromium's own work here; what
 * Electron enforces (sandbox, isolation) is declared, and the model refuses windows that declare less.
 */
import { expect, test } from './support/desktop.ts';

test('a page runs no script that is not its own', async ({ desktop }) => {
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

test('a page reaches nothing outside, not even the agent’s own port', async ({ desktop }) => {
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

test('a page opens no window and goes nowhere', async ({ desktop }) => {
  const page = await desktop.page('home');
  // Asked of the main process: Playwright itself would wait for the navigation that never ends.
  const addresses = (): Promise<string[]> =>
    desktop.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().map((window) => window.webContents.getURL()).sort(), undefined);
  const before = await addresses();
  await page.evaluate(() => {
    window.open('https://example.com/');
    const link = document.createElement('a');
    link.href = 'https://example.com/';
    document.body.append(link);
    link.click();
  });
  // A click on the tray is answered after whatever the page began.
  await desktop.app.shell.clickTray();
  await expect.poll(() => desktop.isVisible('home')).toBe(true);
  expect(await addresses()).toEqual(before);
  expect(await desktop.app.shell.openedOutside()).toEqual([]);
  expect(await desktop.app.shell.blockedRequests()).toEqual([]);
});

test('a page may use the channels of its own window only, and only in their shape', async ({ desktop }) => {
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

test('no page has Node or Electron in its world', async ({ desktop }) => {
  for (const name of ['signature', 'pairing', 'home'] as const) {
    const page = await desktop.page(name);
    expect(await page.evaluate(() => ['require', 'process', 'module', 'Buffer', 'ipcRenderer'].filter((word) => word in window))).toEqual([]);
  }
});
