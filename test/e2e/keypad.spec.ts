/** A reader with keys of its own, from the window to the card and back. */
import { prescription } from './support/ehr.ts';
import { confirmBinding, expect, test, type Desktop } from './support/desktop.ts';

const begin = 'リーダーでPINを入力する';

/** What the person at the reader will do, in order; `later` waits for {@link pressLater}. */
function atTheReader(desktop: Desktop, keys: readonly (string | number)[]): Promise<void> {
  return desktop.app.evaluate((_electron, keys) => {
    const left = [...keys];
    const readers = globalThis.e2e?.clinic.readers;
    if (!readers) throw new Error('no agent');
    readers.keypad = () => {
      const next = left.shift() ?? 0x6400;
      if (next !== 'later') return Promise.resolve(next);
      return new Promise((resolve) => (globalThis.pressLater = resolve));
    };
  }, keys);
}

declare global {
  var pressLater: ((keys: string) => void) | undefined;
}

const pressLater = (desktop: Desktop, keys: string): Promise<void> =>
  desktop.app.evaluate((_electron, keys) => globalThis.pressLater?.(keys), keys);

test('the PIN is entered on the reader: no field, one click, and the signed prescription comes back', async ({ shared: { desktop, ehr } }) => {
  await atTheReader(desktop, [0x6401, '9999', 'later']);
  await desktop.insertNew('doctor');
  const signing = ehr.sign();
  const page = await desktop.page('signature');
  await confirmBinding(page);
  await expect(page.getByRole('button', { name: begin })).not.toHaveAttribute('aria-disabled');
  await expect(page.locator('body')).toContainText('髙橋');
  await expect(page.locator('#pin')).toHaveCount(0);
  await page.getByRole('button', { name: begin }).click();
  await expect(page.getByRole('alert')).toHaveText('リーダーで取り消されました。もう一度入力できます。');
  await expect(page.locator('#pin-tries')).toHaveText('残り15回');
  await expect(page.getByRole('button', { name: begin })).not.toHaveAttribute('aria-disabled');
  await page.getByRole('button', { name: begin }).click();
  await expect(page.getByRole('alert')).toHaveText('PINが違います。もう一度お試しください。');
  await expect(page.locator('#pin-tries')).toHaveText('残り14回');
  await expect(page.getByRole('button', { name: begin })).not.toHaveAttribute('aria-disabled');
  await page.getByRole('button', { name: begin }).click();
  await expect(page.getByRole('heading', { name: 'カードリーダーでPINを入力してください' })).toBeVisible();
  await expect(page.locator('body')).toContainText('髙橋');
  await pressLater(desktop, '1234');
  expect((await signing.answer).status).toBe(201);
  await desktop.untilVisible('signature', false);
});

test('cancelled while the reader waits, the window stays until the reader has ended, and nothing is signed', async ({ shared: { desktop, ehr } }) => {
  await atTheReader(desktop, ['later']);
  await desktop.insertNew('doctor');
  const signing = ehr.sign();
  const page = await desktop.page('signature');
  await confirmBinding(page);
  await expect(page.getByRole('button', { name: begin })).not.toHaveAttribute('aria-disabled');
  await page.getByRole('button', { name: begin }).click();
  await expect(page.getByRole('heading', { name: 'カードリーダーでPINを入力してください' })).toBeVisible();
  await page.getByRole('button', { name: 'キャンセル' }).click();
  await expect(page.getByRole('heading', { name: /リーダーの取消キーを押してください/ })).toBeVisible();
  expect(await desktop.isVisible('signature')).toBe(true);
  await pressLater(desktop, '1234');
  expect((await signing.answer).json).toMatchObject({ state: 'cancelled', type: 'urn:hpki-agent:problem:CANCELLED_BY_USER' });
  await desktop.untilVisible('signature', false);
});

test('for a batch the PIN may be typed in the window, once', async ({ shared: { desktop, ehr } }) => {
  await atTheReader(desktop, []);
  await desktop.insertNew('doctor');
  const signing = ehr.sign([prescription('rx-1'), prescription('rx-2')]);
  const page = await desktop.page('signature');
  await confirmBinding(page);
  await expect(page.locator('.pin-form')).toContainText('（2回）');
  await expect(page.getByRole('button', { name: begin })).not.toHaveAttribute('aria-disabled');
  await page.getByRole('button', { name: 'この画面で入力する' }).click();
  await page.locator('#pin').pressSequentially('1234');
  await page.getByRole('button', { name: '2件に署名する' }).click();
  expect((await signing.answer).json['documents']).toHaveLength(2);
});

test('from the window back to the reader’s keys in the same dialog, after a wrong PIN that was typed here too', async ({ shared: { desktop, ehr } }) => {
  await atTheReader(desktop, [0x6400, '1234']);
  await desktop.insertNew('doctor');
  const signing = ehr.sign();
  const page = await desktop.page('signature');
  await confirmBinding(page);
  const typeHere = page.getByRole('button', { name: 'この画面で入力する' });
  const useReader = page.getByRole('button', { name: 'リーダーで入力する' });
  await expect(page.getByRole('button', { name: begin })).not.toHaveAttribute('aria-disabled');
  await typeHere.click();
  await page.locator('#pin').pressSequentially('12');
  await useReader.click();
  await expect(page.getByRole('button', { name: begin })).not.toHaveAttribute('aria-disabled');
  await page.getByRole('button', { name: begin }).click();
  await expect(page.getByRole('alert')).toContainText('時間切れ');
  await expect(page.getByRole('button', { name: begin })).not.toHaveAttribute('aria-disabled');
  await typeHere.click();
  await page.locator('#pin').pressSequentially('9999');
  await page.getByRole('button', { name: '署名する' }).click();
  await expect(page.locator('#pin-tries')).toHaveText('残り14回');
  await expect(useReader).not.toHaveAttribute('aria-disabled');
  await useReader.click();
  await expect(page.getByRole('button', { name: begin })).not.toHaveAttribute('aria-disabled');
  await page.getByRole('button', { name: begin }).click();
  expect((await signing.answer).status).toBe(201);
});
