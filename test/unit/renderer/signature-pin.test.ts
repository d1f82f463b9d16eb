/** The way of the PIN: from the field, as bytes, by a port to the card host, and into nothing else of the page. */
import { expect, it } from 'vitest';
import { describeWindows } from './support/describe-windows.ts';
import { pinStep, signature, signatureScenes } from './support/sample-signature.ts';
import { waitUntilArmed } from './support/scenes.ts';
import type { WindowUnderTest } from './support/window-under-test.ts';

const typed = '48159260';
const typedBytes = [...Buffer.from(typed)];

describeWindows('the PIN in the signature window', (open) => {
  let window: WindowUnderTest;

  async function show(view = signatureScenes['pin-one']): Promise<void> {
    window = await open('signature', { answers: { 'signature.ready': view } });
    await waitUntilArmed(window);
  }

  const field = () => window.page.locator('#pin');
  const alert = () => window.page.getByRole('alert').textContent();

  it('goes by the port as bytes of which none are left, and the field is empty at once', async () => {
    await show();
    await window.page.keyboard.type(typed);
    await window.page.keyboard.press('Enter');
    expect(await field().inputValue()).toBe('');
    await expect.poll(() => window.pins()).toEqual([{ pin: typedBytes, spendLastTries: false, gone: true }]);
  });

  it('is in no message to the main process and nowhere in the document', async () => {
    await show();
    await field().fill(typed);
    await window.page.getByRole('button', { name: '署名する' }).click();
    await expect.poll(() => window.pins()).toHaveLength(1);
    expect(JSON.stringify(await window.asked())).not.toContain(typed);
    expect(await window.page.content()).not.toContain(typed);
    expect(await window.page.evaluate(() => localStorage.length + sessionStorage.length)).toBe(0);
  });

  it('is sent once, however often the button is pressed', async () => {
    await show();
    await field().fill(typed);
    await window.page.getByRole('button', { name: '署名する' }).dblclick();
    await window.page.keyboard.press('Enter');
    await expect.poll(() => window.pins()).toHaveLength(1);
    await window.page.locator('form').evaluate((form: HTMLFormElement) => form.requestSubmit());
    expect(await window.page.locator('#pin-said').textContent()).toBe('');
    expect((await window.asked()).filter((one) => one.channel === 'signature.pinPort')).toHaveLength(1);
  });

  it('stays in the field while the question is deaf, whatever submits the form', async () => {
    await show();
    await field().fill(typed);
    // The window comes to the front anew. By the page itself, as the question turns deaf: a test that looks from outside may come too late.
    const left = await field().evaluate(
      (input: HTMLInputElement) =>
        new Promise<string>((resolve) => {
          const comeToFront = (): boolean => dispatchEvent(new Event('focus'));
          new MutationObserver((_changes, observer) => {
            if (input.readOnly) {
              observer.disconnect();
              input.form?.requestSubmit();
              resolve(input.value);
            } else comeToFront();
          }).observe(input, { attributeFilter: ['readonly'] });
          comeToFront();
        }),
    );
    expect(left).toBe(typed);
    expect((await window.asked()).map((one) => one.channel)).not.toContain('signature.pinPort');
  });

  it.each([
    ['', 'PINを入力してください'],
    ['123', '半角4〜16文字'],
    ['12345678901234567', '半角4〜16文字'],
    ['１２３４', '半角の英数字'],
  ])('is not sent where it cannot be right (%o), and no try is used', async (wrong, complaint) => {
    await show();
    await field().fill(wrong);
    await window.page.keyboard.press('Enter');
    await expect.poll(alert).toContain(complaint);
    expect(await field().inputValue()).toBe('');
    expect((await window.asked()).map((one) => one.channel)).not.toContain('signature.pinPort');
  });

  it('does not follow a port that is meant for another dialog', async () => {
    await show();
    await window.page.evaluate(() => {
      globalThis.window.harness.portFor = 'dialog-0';
    });
    await field().fill(typed);
    await window.page.keyboard.press('Enter');
    await expect.poll(async () => (await window.asked()).map((one) => one.channel)).toContain('signature.pinPort');
    await window.push('view', null);
    expect(await window.pins()).toEqual([]);
  });

  it('is asked for again where the card host did not take it', async () => {
    await show();
    await window.page.evaluate(() => {
      globalThis.window.harness.pinTaken = false;
    });
    await field().fill(typed);
    await window.page.keyboard.press('Enter');
    await expect.poll(alert).toContain('渡せませんでした');
    expect(await field().evaluate((input: HTMLInputElement) => input.readOnly)).toBe(false);
  });

  it('is asked for again in place after a wrong one, with the new count, said aloud, and deaf at first', async () => {
    await show();
    await field().fill(typed);
    await window.page.keyboard.press('Enter');
    await expect.poll(() => window.pins()).toHaveLength(1);
    await window.push('view', signature(pinStep({ triesLeft: 14, failuresSeen: 1, refused: 'incorrect' })));
    await expect.poll(() => window.page.getByRole('status').allTextContents()).toContainEqual(expect.stringMatching(/PINが違います.*残り14回/));
    expect(await alert()).toContain('PINが違います');
    await waitUntilArmed(window);
    expect(await window.page.evaluate(() => document.activeElement?.id)).toBe('pin');
  });

  it('is taken for a last try only after a confirmation that names the price', async () => {
    await show(signatureScenes['last-tries']);
    expect(await field().count()).toBe(0);
    const warning = await window.page.locator('main').innerText();
    expect(warning).toContain('あと2回');
    expect(warning).toContain('¥5,500');
    expect(warning).toContain('数週間');
    await window.page.getByRole('button', { name: '承知のうえでPINを入力する' }).click();
    await waitUntilArmed(window);
    await field().fill(typed);
    await window.page.keyboard.press('Enter');
    await expect.poll(() => window.pins()).toEqual([{ pin: typedBytes, spendLastTries: true, gone: true }]);
    // The next last try is a new question.
    await window.push('view', signature(pinStep({ triesLeft: 1, failuresSeen: 2, consentNeeded: true, refused: 'incorrect' })));
    await window.page.getByText('あと1回').waitFor();
    expect(await field().count()).toBe(0);
  });

  it('can be entered on the keypad of the screen', async () => {
    await show();
    await window.page.getByRole('button', { name: 'キーパッド', exact: true }).click();
    for (const key of ['4', '8', '1', '1', '1文字消す', '5']) await window.page.getByRole('button', { name: key, exact: true }).click();
    await window.page.getByRole('button', { name: '署名する' }).click();
    await expect.poll(() => window.pins()).toEqual([{ pin: [...Buffer.from('4815')], spendLastTries: false, gone: true }]);
  });

  it('says that the tries are unknown where the card does not tell', async () => {
    await show(signatureScenes['pin-unknown-tries']);
    expect(await window.page.locator('#pin-tries').textContent()).toContain('残り回数は不明');
  });
});
