/** Card first: what the window asks for until the right card is in a reader. */
import { newStaff, prescription, codeOf } from './support/ehr.ts';
import { expect, firstReader, reachPin, secondReader, test, typePin } from './support/desktop.ts';

declare global {
  var releaseReader: (() => void) | undefined;
}

test('waits for a card, and goes on by itself when it comes', async ({ shared: { desktop, ehr } }) => {
  const signing = ehr.sign();
  const page = await desktop.page('signature');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('HPKIカードを挿入してください');
  await expect(page.locator('main')).toContainText('医者 三郎 さんのHPKIカードをリーダーに挿入してください。');
  // What will be signed can be read meanwhile.
  await expect(page.locator('main')).toContainText('髙橋');
  await desktop.insertCard();
  await reachPin(page);
  await typePin(page, '1234');
  expect((await signing.answer).status).toBe(201);
});

test('says which part is missing: a reader, the service, or the turn of another program', async ({ shared: { desktop, ehr } }) => {
  const signing = ehr.sign();
  const page = await desktop.page('signature');
  const heading = page.getByRole('heading', { level: 1 });
  await expect(heading).toHaveText('HPKIカードを挿入してください');
  await desktop.app.evaluate((_electron, reader) => globalThis.e2e?.clinic.readers.unplug(reader), firstReader);
  await expect(heading).toHaveText('カードリーダーをつないでください');
  await desktop.app.evaluate(() => globalThis.e2e?.clinic.readers.stopService());
  await expect(heading).toHaveText('スマートカードサービスが動いていません');
  await desktop.app.evaluate((_electron, reader) => {
    globalThis.e2e?.clinic.readers.startService();
    globalThis.e2e?.clinic.readers.plugIn(reader);
  }, firstReader);
  await expect(heading).toHaveText('HPKIカードを挿入してください');
  await desktop.app.evaluate((_electron, reader) => {
    globalThis.releaseReader = globalThis.e2e?.clinic.readers.holdExclusively(reader);
    globalThis.e2e?.clinic.insert('doctor');
  }, firstReader);
  await expect(heading).toHaveText('別のプログラムがカードを使用中です');
  await desktop.app.evaluate(() => globalThis.releaseReader?.());
  await expect(heading).toHaveText('ご本人のカードか確認してください');
  await page.keyboard.press('Escape');
  expect(codeOf(await signing.answer)).toBe('CANCELLED_BY_USER');
});

test('asks for the doctor’s own card where another doctor’s is in the reader', async ({ shared: { desktop, ehr } }) => {
  const staff = newStaff();
  await desktop.insertCard();
  const first = ehr.sign([prescription()], staff);
  const page = await desktop.page('signature');
  await reachPin(page);
  await typePin(page, '1234');
  await first.answer;
  await desktop.insertNew('other-doctor');
  const second = ehr.sign([prescription('rx-2')], staff);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('別の方のカードです');
  await expect(page.locator('main')).toContainText('医者 三郎 さんのHPKIカードに差し替えてください。');
  await desktop.insertCard();
  await typePin(page, '1234');
  expect((await second.answer).status).toBe(201);
});

test('has the doctor choose where two cards can sign, by name, role, reader and validity', async ({ shared: { desktop, ehr } }) => {
  await desktop.insertCard();
  await desktop.insertNew('other-doctor', secondReader);
  // A request that comes while one is still being read goes on with the other.
  await expect.poll(() => ehr.readyCards()).toBe(2);
  const signing = ehr.sign();
  const page = await desktop.page('signature');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('使うカードを選んでください');
  const other = page.locator('.card-choice', { hasText: 'テスト　別　次郎' });
  await expect(other).toContainText(`リーダー: ${secondReader}`);
  await expect(other).toContainText('医師');
  await expect(other).toContainText(/まで有効/);
  await page.locator('.card-choice', { hasText: 'テスト　医者　三郎' }).getByRole('button').click();
  await reachPin(page);
  await typePin(page, '1234');
  expect((await signing.answer).json['signer']).toMatchObject({ name: 'テスト　医者　三郎' });
});

test('shows staff, document and certificate side by side at first use, and asks once', async ({ shared: { desktop, ehr } }) => {
  await desktop.insertCard();
  const staff = newStaff('医者 サブロウ');
  const page = await desktop.page('signature');
  const first = ehr.sign([prescription()], staff);
  await expect(page.locator('.names dd')).toHaveText(['医者 サブロウ', '医者　三郎', 'テスト　医者　三郎']);
  await reachPin(page);
  await typePin(page, '1234');
  await first.answer;
  const second = ehr.sign([prescription('rx-2')], staff);
  await typePin(page, '1234');
  expect((await second.answer).status).toBe(201);
});

test('a pharmacist’s card for a prescription is refused before anybody is asked', async ({ shared: { desktop, ehr } }) => {
  await desktop.insertCard('pharmacist');
  await desktop.untilCardIsRead();
  const { status, json } = await ehr.sign().answer;
  expect([status, json['code']]).toEqual([422, 'ROLE_NOT_ALLOWED']);
  expect(await desktop.isVisible('signature')).toBe(false);
});

test('a card that is pulled while the PIN is typed is named; put back in time it goes on', async ({ shared: { desktop, ehr } }) => {
  await desktop.insertCard();
  const signing = ehr.sign();
  const page = await desktop.page('signature');
  await reachPin(page);
  await page.locator('#pin').pressSequentially('12');
  await desktop.removeCard();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('カードが抜かれました');
  await desktop.insertCard();
  // The half PIN is gone with the step in which it was typed.
  await expect(page.locator('#pin')).toHaveValue('');
  await typePin(page, '1234');
  expect((await signing.answer).status).toBe(201);
});
