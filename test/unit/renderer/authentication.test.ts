/** The authentication window: nothing begins by itself, and a camera reads the code from the picture that a person sees. */
import { expect, it } from 'vitest';
import jsqr from 'jsqr';
import { PNG } from 'pngjs';
import type { AuthenticationView } from '../../../src/contract/ipc/authentication.ts';
import { describeWindows } from './support/describe-windows.ts';
import { authentication, authenticationScenes, code, codeUri } from './support/sample-authentication.ts';
import { waitUntilArmed } from './support/scenes.ts';
import type { WindowOptions, WindowUnderTest } from './support/window-under-test.ts';

describeWindows('the authentication window', (open) => {
  let window: WindowUnderTest;

  async function show(view: AuthenticationView | null, options: WindowOptions = {}): Promise<void> {
    window = await open('authentication', { ...options, answers: { 'authentication.ready': view } });
  }
  const asked = async (): Promise<readonly string[]> => (await window.asked()).map(({ channel }) => channel).filter((channel) => channel !== 'authentication.painted' && channel !== 'authentication.ready');

  it('begins by a click on a method, and by no key or click of the first half second', async () => {
    await show(null);
    const clicked = window.page.evaluate(
      () =>
        new Promise<void>((resolve) => {
          // A click that was on its way to another program when the window came.
          const watch = (): void => {
            const method = document.querySelector<HTMLButtonElement>('.method');
            if (method === null) requestAnimationFrame(watch);
            else {
              method.click();
              resolve();
            }
          };
          watch();
        }),
    );
    await window.push('authentication', authenticationScenes.choose);
    await clicked;
    expect(await asked()).toEqual([]);
    await waitUntilArmed(window);
    await window.page.locator('.method').nth(1).click();
    expect(await window.asked()).toContainEqual({ channel: 'authentication.begin', request: { dialog: 'dialog-1', method: 'hpki-card' } });
  });

  it('says in one line which methods are missing here and what to use, and nothing where none is', async () => {
    await show(authenticationScenes['choose-without-cards']);
    expect(await window.page.locator('.method').count()).toBe(1);
    const line = window.page.locator('.methods + .note');
    expect(await line.innerText()).toBe('HPKIカード・マイナンバーカードは、このPCでは認証サービスのログイン画面から使えないため、上の方法で認証してください。');
    await window.appear({ language: 'en' });
    expect(await line.innerText()).toBe("Choose from above: the service's login page cannot use a card on this computer (HPKI card, My Number card).");
    await window.push('authentication', authenticationScenes.choose);
    await expect.poll(() => window.page.locator('.method').count()).toBe(3);
    expect(await line.count()).toBe(0);
  });

  it('asks for a new code by a click alone', async () => {
    await show(authentication({ step: 'code_ran_out' }));
    await waitUntilArmed(window);
    expect(await asked()).toEqual([]);
    await window.page.getByRole('button', { name: '再表示' }).click();
    expect(await asked()).toEqual(['authentication.again']);
  });

  it('is left by Escape', async () => {
    await show(authentication(code()));
    await window.page.keyboard.press('Escape');
    expect(await asked()).toEqual(['authentication.cancel']);
  });

  it.each([
    ['last-tries', 'キャンセル'],
    ['keypad-waits', 'キャンセル'],
    ['keypad-left', '閉じる'],
  ] as const)('gives the focus of %s to %s, which leaves', async (scene, name) => {
    await show(authenticationScenes[scene]);
    await waitUntilArmed(window);
    expect(await window.page.evaluate(() => document.activeElement?.textContent)).toBe(name);
    await window.page.keyboard.press('Enter');
    await expect.poll(asked).toEqual(['authentication.cancel']);
  });

  it('gives the focus to the field where a PIN is typed', async () => {
    await show(authenticationScenes['pin-hpki']);
    await expect.poll(() => window.page.evaluate(() => document.activeElement?.id)).toBe('pin');
  });

  it.each([
    { scheme: 'light', scale: 1 },
    { scheme: 'dark', scale: 1.5 },
  ] as const)('shows a code that a camera reads ($scheme, $scale)', async (look) => {
    await show(authentication(code()), look);
    const { data, width, height } = PNG.sync.read(await window.page.screenshot());
    expect(jsqr.default(new Uint8ClampedArray(data), width, height)?.data).toBe(codeUri);
    expect(await window.page.locator('#number').innerText()).toBe('482');
  });
});
