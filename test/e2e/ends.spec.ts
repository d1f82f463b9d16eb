/** How a window that asks comes to its end by itself, and what it says then. */
import { codeOf, prescription } from './support/ehr.ts';
import { expect, reachPin, test } from './support/desktop.ts';

test('closes when the card is pulled and not put back, and says so', async ({ shared: { desktop, ehr } }) => {
  await desktop.insertCard();
  const signing = ehr.sign();
  const page = await desktop.page('signature');
  await reachPin(page);
  await desktop.removeCard();
  const answer = await signing.answer;
  expect([answer.status, codeOf(answer), answer.json['retriable']]).toEqual([409, 'CARD_REMOVED', true]);
  await expect(page.locator('main')).toContainText('カードが抜かれました');
  await expect(page.locator('main')).toContainText('エラーコード: CARD_REMOVED');
  // Read or not, it leaves the screen.
  await page.getByRole('button', { name: '閉じる' }).click();
  await desktop.untilVisible('signature', false);
});

test('closes when the EHR cancels, and says so', async ({ shared: { desktop, ehr } }) => {
  await desktop.insertCard();
  const id = await ehr.post();
  const page = await desktop.page('signature');
  await reachPin(page);
  await ehr.cancel(id);
  await expect(page.locator('main')).toContainText('EHRが取り消しました。');
  expect(codeOf(await ehr.look(id))).toBe('CANCELLED_BY_USER');
  await page.keyboard.press('Escape');
  await desktop.untilVisible('signature', false);
  expect(desktop.audit().at(-1)).toMatchObject({ event: 'signature.cancelled', notes: ['by=caller'] });
});

test('closes when the EHR is gone while the PIN is asked: nothing is signed, and the audit log says so', async ({ shared: { desktop, ehr } }) => {
  await desktop.insertCard();
  const signing = ehr.sign();
  const page = await desktop.page('signature');
  await reachPin(page);
  signing.hangUp();
  await expect(page.locator('main')).toContainText('要求したEHRとの接続が切れました。何も署名していません。');
  await expect.poll(() => desktop.audit().at(-1)).toMatchObject({ event: 'signature.cancelled', result: 'CANCELLED_BY_USER', notes: ['by=caller_gone'], caller: { clientName: ehr.name } });
  // Nobody has to close it: it has been on the screen for 15 seconds then.
  await desktop.untilVisible('signature', false, 40_000);
});

test('an EHR that comes back in time keeps its window', async ({ shared: { desktop, ehr } }) => {
  await desktop.insertCard();
  const staff = { id: 'D9001', name: '医者 三郎' };
  const documents = [prescription()];
  const first = ehr.sign(documents, staff);
  const page = await desktop.page('signature');
  await reachPin(page);
  first.hangUp();
  const second = ehr.sign(documents, staff, first.key);
  await page.locator('#pin').pressSequentially('1234');
  await page.keyboard.press('Enter');
  expect((await second.answer).status).toBe(201);
});

test.describe('with a quarter of a minute to answer', () => {
  test.use({ startWith: { played: { policy: { deadlines: { consentSeconds: 15, cardSeconds: 15 } } } } });

  test('closes when time is up, and says so', async ({ desktop }) => {
    const ehr = await desktop.ehr('見本電子カルテ');
    await desktop.insertCard();
    const signing = ehr.sign();
    const page = await desktop.page('signature');
    await reachPin(page);
    const answer = await signing.answer;
    expect([answer.status, codeOf(answer)]).toEqual([409, 'EXPIRED']);
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('時間切れのため終了しました');
    await expect(page.locator('main')).toContainText('何も署名されていません');
  });
});
