/** Consent where the reader takes the PIN on its own keys, in Chromium on the built page. */
import { expect, it } from 'vitest';
import type { SignatureView } from '../../../src/contract/ipc/signature.ts';
import { describeWindows } from './support/describe-windows.ts';
import { authenticationScenes } from './support/sample-authentication.ts';
import { card, pinStep, signature, signatureScenes } from './support/sample-signature.ts';
import { waitUntilArmed } from './support/scenes.ts';
import type { WindowUnderTest } from './support/window-under-test.ts';

describeWindows('the signature window with a reader that has keys of its own', (open) => {
  let window: WindowUnderTest;

  async function show(view: SignatureView): Promise<void> {
    window = await open('signature', { answers: { 'signature.ready': view } });
  }
  const asked = async (channel: string): Promise<unknown[]> => (await window.asked()).filter((one) => one.channel === channel).map((one) => one.request);
  const button = (name: string | RegExp) => window.page.getByRole('button', { name });
  const focused = (): Promise<string> => window.page.evaluate(() => document.activeElement?.textContent ?? '');

  it('has no PIN field, and lets the reader ask by one click, once', async () => {
    await show(signatureScenes['keypad-consent']);
    await waitUntilArmed(window);
    expect(await window.page.locator('input').count()).toBe(0);
    await button('リーダーでPINを入力する').dblclick();
    await expect.poll(() => asked('signature.keypad')).toEqual([{ dialog: 'dialog-1', spendLastTries: false }]);
    expect(await asked('signature.pinPort')).toEqual([]);
  });

  it('is deaf as it opens: neither Enter nor a click lets the reader ask, and Cancel has the focus', async () => {
    window = await open('signature', { answers: { 'signature.ready': null } });
    // By the page itself, in the frame that shows it: a test that looks from outside may come too late.
    const early = window.page.evaluate(
      () =>
        new Promise<string | null>((resolve) => {
          const watch = (): void => {
            const begin = [...document.querySelectorAll('button')].find((one) => one.textContent === 'リーダーでPINを入力する');
            if (begin === undefined) {
              requestAnimationFrame(watch);
              return;
            }
            const deaf = begin.getAttribute('aria-disabled');
            begin.focus();
            begin.click();
            begin.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, cancelable: true }));
            resolve(deaf);
          };
          watch();
        }),
    );
    await window.push('view', signatureScenes['keypad-consent']);
    expect(await early).toBe('true');
    expect(await asked('signature.keypad')).toEqual([]);
    await show(signatureScenes['keypad-consent-refused']);
    await waitUntilArmed(window);
    expect(await focused()).toBe('キャンセル');
  });

  it('shows everything that will be signed beside the button and while the reader waits', async () => {
    for (const scene of ['keypad-consent', 'keypad-waits'] as const) {
      await show(signatureScenes[scene]);
      expect(await window.page.locator('body').textContent()).toContain('署名する文書');
    }
  });

  it('asks for the last tries first, and says so with the click', async () => {
    await show(signatureScenes['keypad-last-try']);
    await waitUntilArmed(window);
    expect(await button('リーダーでPINを入力する').count()).toBe(0);
    expect(await window.page.getByRole('alert').textContent()).toContain('リーダーで取り消されました');
    await button(/承知のうえで/).click();
    await button('リーダーでPINを入力する').waitFor();
    await waitUntilArmed(window);
    await button('リーダーでPINを入力する').click();
    await expect.poll(() => asked('signature.keypad')).toEqual([{ dialog: 'dialog-1', spendLastTries: true }]);
  });

  it('lets the PIN be typed here instead', async () => {
    await show(signatureScenes['keypad-consent-batch']);
    await waitUntilArmed(window);
    expect(await window.page.locator('body').textContent()).toContain('（12回）');
    await button(/この画面で入力する/).click();
    await expect.poll(() => window.page.evaluate(() => document.activeElement?.id)).toBe('pin');
    await window.page.keyboard.type('a-letter');
    await button('12件に署名する').click();
    await expect.poll(() => window.pins()).toHaveLength(1);
    expect(await asked('signature.keypad')).toEqual([]);
  });

  it('can be cancelled while the reader waits, and then asks for its Cancel key', async () => {
    await show(signatureScenes['keypad-waits']);
    await waitUntilArmed(window);
    await window.page.keyboard.press('Escape');
    await expect.poll(() => asked('signature.cancel')).toEqual([{ dialog: 'dialog-1' }]);
    await window.push('view', signature({ step: 'keypad', card, done: 0, total: 1, left: true }));
    await window.page.getByRole('heading', { name: /リーダーの取消キー/ }).waitFor();
    expect(await button('キャンセル').count()).toBe(0);
    expect(await focused()).toBe('閉じる');
    await waitUntilArmed(window);
    await window.page.keyboard.press('Enter');
    await expect.poll(() => asked('signature.cancel')).toHaveLength(2);
    await expect.poll(() => window.page.locator('[role=status]').textContent()).toContain('署名にも認証にも使いません');
  });

  it('says nothing of tries where it was cancelled on the reader: the counter beside it does, if it can', async () => {
    await show(signature(pinStep({ keypad: true, refused: 'keypad_cancelled', triesLeft: null })));
    await expect.poll(() => window.page.getByRole('alert').textContent()).toBe('リーダーで取り消されました。もう一度入力できます。');
  });

  it.each(['keypad_timed_out', 'keypad_refused', 'keypad_unusable'] as const)('says that %s used no try', async (refused) => {
    await show(signature(pinStep({ keypad: true, refused })));
    await expect.poll(() => window.page.getByRole('alert').textContent()).toContain('残り回数は減っていません');
  });

  it('takes the PIN here from then on, where the keys of the reader could not ask', async () => {
    await show(signature(pinStep({ keypad: true, refused: 'keypad_unusable' })));
    await expect.poll(() => window.page.evaluate(() => document.activeElement?.id)).toBe('pin');
    await window.push('view', signature(pinStep({ keypad: true, refused: 'incorrect', failuresSeen: 1 })));
    await expect.poll(() => window.page.getByRole('alert').textContent()).toContain('PINが違います');
    expect(await window.page.evaluate(() => document.activeElement?.id)).toBe('pin');
  });

  it('takes the PIN here again after a wrong one that was typed here', async () => {
    await show(signature(pinStep({ keypad: true })));
    await waitUntilArmed(window);
    await button('この画面で入力する').click();
    await window.push('view', signature(pinStep({ keypad: true, refused: 'incorrect', failuresSeen: 1 })));
    await expect.poll(() => window.page.getByRole('alert').textContent()).toContain('PINが違います');
    expect(await window.page.evaluate(() => document.activeElement?.id)).toBe('pin');
  });

  it('leads back to the keys of the reader, whose button is deaf anew; what was typed is gone', async () => {
    await show(signature(pinStep({ keypad: true, refused: 'keypad_timed_out' })));
    await waitUntilArmed(window);
    await button('この画面で入力する').click();
    await window.page.locator('#pin').pressSequentially('12');
    const early = await window.page.evaluate(async () => {
      const named = (name: string) => [...document.querySelectorAll('button')].find((one) => one.textContent === name);
      named('リーダーで入力する')?.click();
      await new Promise((resolve) => requestAnimationFrame(resolve));
      const begin = named('リーダーでPINを入力する');
      begin?.click();
      return begin?.getAttribute('aria-disabled');
    });
    expect(early).toBe('true');
    expect(await asked('signature.keypad')).toEqual([]);
    expect(await focused()).toBe('キャンセル');
    await waitUntilArmed(window);
    await button('この画面で入力する').click();
    expect(await window.page.locator('#pin').inputValue()).toBe('');
    await button('リーダーで入力する').click();
    await waitUntilArmed(window);
    await button('リーダーでPINを入力する').click();
    await expect.poll(() => asked('signature.keypad')).toEqual([{ dialog: 'dialog-1', spendLastTries: false }]);
    expect(await window.pins()).toEqual([]);
  });

  it('stays here once a PIN is on its way, so that the reader asks for none beside it', async () => {
    window = await open('signature', { answers: { 'signature.ready': signature(pinStep({ keypad: true })), 'signature.pinPort': 'never' } });
    await waitUntilArmed(window);
    await button('この画面で入力する').click();
    await window.page.locator('#pin').pressSequentially('1234');
    await button('署名する').click();
    await button('PINを確認しています').waitFor();
    await window.page.evaluate(() => {
      [...document.querySelectorAll('button')].find((one) => one.textContent === 'リーダーで入力する')?.click();
    });
    await button('PINを確認しています').waitFor();
    expect(await button('リーダーでPINを入力する').count()).toBe(0);
  });

  it('offers the keys of the reader to no card whose reader has none, or cannot ask', async () => {
    await show(signatureScenes['pin-one']);
    await waitUntilArmed(window);
    expect(await button('リーダーで入力する').count()).toBe(0);
    await window.push('view', signature(pinStep({ keypad: true, refused: 'keypad_unusable' })));
    await window.page.getByRole('alert').filter({ hasText: 'このリーダーのキーでは' }).waitFor();
    expect(await button('リーダーで入力する').count()).toBe(0);
    await window.push('view', signature(pinStep({ keypad: true, refused: 'incorrect', failuresSeen: 1 })));
    await window.page.getByRole('alert').filter({ hasText: 'PINが違います' }).waitFor();
    expect(await button('リーダーで入力する').count()).toBe(0);
  });

  it('can be pressed again where the agent could not be asked', async () => {
    window = await open('signature', { answers: { 'signature.ready': signatureScenes['keypad-consent'], 'signature.keypad': 'fails' } });
    await waitUntilArmed(window);
    await button('リーダーでPINを入力する').click();
    await waitUntilArmed(window);
    await button('リーダーでPINを入力する').click();
    await expect.poll(() => asked('signature.keypad')).toHaveLength(2);
  });

  it('in the authentication window lets the reader ask for the PIN of the login, or takes it typed', async () => {
    window = await open('authentication', { answers: { 'authentication.ready': authenticationScenes['keypad-consent'] } });
    await waitUntilArmed(window);
    expect(await window.page.getByRole('alert').textContent()).toContain('時間切れ');
    await button('リーダーで暗証番号を入力する').dblclick();
    await expect.poll(() => asked('authentication.keypad')).toEqual([{ dialog: authenticationScenes['keypad-consent'].dialog, spendLastTries: false }]);
    window = await open('authentication', { answers: { 'authentication.ready': authenticationScenes['keypad-consent'] } });
    await waitUntilArmed(window);
    await button('この画面で入力する').click();
    await expect.poll(() => window.page.evaluate(() => document.activeElement?.id)).toBe('pin');
    await window.page.keyboard.type('1357');
    await window.page.keyboard.press('Enter');
    await expect.poll(() => window.pins()).toHaveLength(1);
    expect(await asked('authentication.keypad')).toEqual([]);
    window = await open('authentication', { answers: { 'authentication.ready': authenticationScenes['keypad-consent'] } });
    await waitUntilArmed(window);
    await button('この画面で入力する').click();
    await button('リーダーで入力する').click();
    await waitUntilArmed(window);
    await button('リーダーで暗証番号を入力する').click();
    await expect.poll(() => asked('authentication.keypad')).toHaveLength(1);
  });
});
