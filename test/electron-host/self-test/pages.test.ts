/** Pages over the model: their worlds, their messages, and everything that they may not do. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWith } from '../../support/machine.ts';
import { buildFixture, eventually, type BuiltFixture, type RunningFixture } from './fixture.ts';

describeWith(['chromium'], 'a page over the model', () => {
  let built: BuiltFixture;
  let app: RunningFixture;
  let page: Page;
  beforeAll(async () => {
    built = buildFixture();
    app = await built.start();
    page = await app.window(/^app:\/\/pages\//);
    await page.getByRole('heading', { name: '準備完了' }).waitFor();
  });
  afterAll(() => built.remove());

  it('gets what the main process pushes once it has said that it listens', async () => {
    expect(app.addressOf(page)).toBe('app://pages/page.html');
    expect(await app.firstWindow()).toBe(page);
    expect(app.windows()).toEqual([page]);
  });

  it('sees nothing of the preload but what crossed the bridge, frozen', async () => {
    expect(await page.evaluate(() => ({
      leaked: window.leakedByPreload, require: typeof Reflect.get(window, 'require'), process: typeof Reflect.get(window, 'process'),
      glue: Object.keys(window).filter((name) => name.startsWith('__electronHost')),
      frozen: Object.isFrozen(window.agent) && Object.isFrozen(window.agent.list), list: window.agent.list,
      writable: Object.getOwnPropertyDescriptor(window, 'agent')?.writable,
    }))).toEqual({ leaked: undefined, require: 'undefined', process: 'undefined', glue: [], frozen: true, list: [1, 2, 3], writable: false });
  });

  it('calls functions of the preload with copies, and catches their errors by message', async () => {
    expect(await page.evaluate(() => window.agent.add(2, 3))).toBe(5);
    expect(await page.evaluate(() => {
      try {
        window.agent.fail();
        return 'nothing thrown';
      } catch (error) {
        return [error instanceof Error, (error as Error).message];
      }
    })).toEqual([true, 'from the preload']);
  });

  it('finds the versions of Electron and of the Chromium that runs', async () => {
    const versions = await page.evaluate(() => window.agent.versions()) as Record<string, string>;
    expect(versions['electron']).toMatch(/^45\./);
    expect(versions['chrome']).toBe(page.context().browser()?.version());
  });

  it('invokes with bytes and gets bytes back', async () => {
    const answer = await page.evaluate(async () => {
      const { value, ...rest } = await window.agent.invoke('describe', new Uint8Array([0, 255, 7])) as { value: unknown };
      return { ...rest, bytes: value instanceof Uint8Array ? [...value] : null };
    });
    expect(answer).toEqual({ url: 'app://pages/page.html', kind: 'bytes 3', bytes: [0, 255, 7] });
  });

  it('hears of a failed handler, a missing one and a value that cannot be cloned as Electron tells it', async () => {
    const failure = (channel: string) => page.evaluate((to) => window.agent.invoke(to, 1).then(() => 'resolved', (error: unknown) => (error as Error).message), channel);
    expect(await failure('nobody')).toBe("Error invoking remote method 'nobody': Error: No handler registered for 'nobody'");
    expect(await page.evaluate(() => window.agent.invoke('describe', () => 1).then(() => 'resolved', (error: unknown) => (error as Error).message))).toBe('An object could not be cloned.');
  });

  it('is told apart by the address of the frame that sends', async () => {
    await app.evaluate(async ({ BrowserWindow }) => {
      const { preload } = (fixture.window as unknown as { options: { webPreferences: { preload: string } } }).options.webPreferences;
      const other = new BrowserWindow({ show: false, webPreferences: { preload } });
      await other.loadURL('app://elsewhere/page.html');
    }, undefined);
    const other = await app.window(/^app:\/\/elsewhere\//);
    const answer = await other.evaluate(() => window.agent.invoke('describe', 1).then(() => 'resolved', (error: unknown) => (error as Error).message));
    expect(answer).toBe("Error invoking remote method 'describe': Error: unknown sender app://elsewhere/page.html");
    expect(await other.evaluate(() => window.agent.invoke('own', 1).then(() => 'resolved', (error: unknown) => (error as Error).message))).toContain("No handler registered for 'own'");
    expect(await page.evaluate(() => window.agent.invoke('own', 1))).toBe('this window alone');
  });

  it('runs no script that its policy does not allow', async () => {
    expect(await page.evaluate(() => window.inlineScriptRan)).toBe(undefined);
    expect(await page.evaluate(async () => {
      const violated = new Promise((resolve) => {
        document.addEventListener('securitypolicyviolation', (event) => resolve(event.effectiveDirective), { once: true });
      });
      const script = document.createElement('script');
      script.textContent = 'window.inlineScriptRan = true';
      document.head.append(script);
      return [await violated, window.inlineScriptRan];
    })).toEqual(['script-src-elem', undefined]);
    // Later than the evaluation itself, which the debugger exempts from the policy.
    expect(await page.evaluate(() => new Promise((resolve) => {
      setTimeout(() => {
        try {
          resolve((0, eval)('1'));
        } catch (error) {
          resolve((error as Error).name);
        }
      });
    }))).toBe('EvalError');
  });

  it('reaches nothing outside, and what the policy would let through is recorded', async () => {
    expect(await page.evaluate(() => fetch('https://outside.example/').then(() => 'reached', (error: unknown) => (error as Error).name))).toBe('TypeError');
    const bare = await app.evaluate(async ({ BrowserWindow }) => {
      const window = new BrowserWindow({ show: false });
      const failure = await window.loadURL('https://outside.example/direct').then(() => 'loaded', (error: unknown) => (error as { code: string }).code);
      window.destroy();
      return failure;
    }, undefined);
    expect(bare).toBe('ERR_BLOCKED_BY_CLIENT');
    expect(await app.shell.blockedRequests()).toContain('https://outside.example/direct');
  });

  it('cannot navigate, nor open a window', async () => {
    await page.getByText('outside').click();
    await page.evaluate(() => { window.location.href = 'https://script.example/'; });
    await eventually(async () => expect(await app.seen()).toEqual(expect.arrayContaining(['will-navigate https://outside.example/', 'will-navigate https://script.example/'])));
    await page.getByText('pop-up').click();
    await eventually(async () => expect(await app.seen()).toContain('window.open https://pop-up.example/'));
    expect(await app.shell.popUps()).toEqual([{ url: 'https://pop-up.example/', action: 'deny' }]);
    expect(await app.shell.openedOutside()).toEqual(['https://pop-up.example/']);
    await eventually(() => expect(page.context().pages()).toEqual([page]));
    expect(app.addressOf(page)).toBe('app://pages/page.html');
    expect(await app.shell.blockedRequests()).not.toContain('https://script.example/');
  });

  it('is refused what needs a permission, by the app', async () => {
    expect(await page.evaluate(() => new Promise((resolve) => {
      navigator.geolocation.getCurrentPosition(() => resolve('found'), ({ code }) => resolve(code));
    }))).toBe(1);
    expect(await page.evaluate(() => navigator.mediaDevices.getUserMedia({ audio: true }).then(() => 'granted', (error: unknown) => (error as Error).name))).toBe('NotAllowedError');
    expect(await page.evaluate(() => Notification.requestPermission())).toBe('denied');
    expect(await app.shell.permissions()).toEqual(['geolocation', 'media', 'notifications'].map((permission) => ({ permission, url: 'app://pages/page.html', granted: false })));
  });

  it('follows the app\'s theme', async () => {
    const dark = (): Promise<boolean> => page.evaluate(() => window.matchMedia('(prefers-color-scheme: dark)').matches);
    expect(await dark()).toBe(false);
    await app.evaluate(({ nativeTheme }) => { nativeTheme.themeSource = 'dark'; }, undefined);
    await eventually(async () => expect(await dark()).toBe(true));
  });

  it('is hidden, and gets no frames, while its window is', async () => {
    await app.shell.clickTrayItem('show');
    await app.shell.power('lock-screen');
    await eventually(async () => expect(await page.evaluate(() => document.visibilityState)).toBe('hidden'));
    await page.evaluate(() => { requestAnimationFrame(() => { document.title = 'painted'; }); });
    expect(await page.evaluate(() => new Promise((resolve) => setTimeout(() => resolve(document.title), 100)))).toBe('fixture');
    await app.shell.clickTrayItem('show');
    await eventually(async () => expect(await page.evaluate(() => document.title)).toBe('painted'));
  });
});
