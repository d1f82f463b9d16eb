/** Two EHRs at once: one window at a time, and neither can answer for the other. */
import { codeOf, newStaff, prescription } from './support/ehr.ts';
import { expect, reachPin, test, typePin } from './support/desktop.ts';

test('the second waits visibly, by its name, and has its own window after the first', async ({ shared: { desktop, ehr } }) => {
  const other = await desktop.ehr('みほんレセコン', 'https://rececom.example.co.jp:8443');
  await desktop.insertCard();
  const page = await desktop.page('signature');
  const first = ehr.sign([prescription('rx-1', { patient: { name: '見本　太郎', kana: 'ﾐﾎﾝ ﾀﾛｳ' } })]);
  await reachPin(page);
  await expect(page.locator('main')).not.toContainText('このあとに待っている要求');
  const second = other.sign([prescription('rx-2', { patient: { name: '架空　さくら', kana: 'ｶｸｳ ｻｸﾗ' } })]);
  await expect(page.locator('main')).toContainText('このあとに待っている要求: みほんレセコン');
  // Of the second nothing else is to be seen yet.
  await expect(page.locator('main')).not.toContainText('架空　さくら');
  await typePin(page, '1234');
  expect((await first.answer).status).toBe(201);
  await expect(page.locator('.caller').first()).toContainText('https://rececom.example.co.jp:8443');
  await reachPin(page);
  await expect(page.locator('main')).toContainText('架空　さくら');
  await expect(page.locator('main')).not.toContainText('見本　太郎');
  await typePin(page, '1234');
  expect((await second.answer).status).toBe(201);
});

test('an answer to the first is none to the second, also from the page itself', async ({ shared: { desktop, ehr } }) => {
  await desktop.insertCard();
  const page = await desktop.page('signature');
  // Listening before anybody asks: the view comes sooner than a call from here would.
  await page.evaluate(() => {
    const page = window as unknown as { agent: { on(channel: string, listener: (view: { dialog: string } | null) => void): () => void }; seen: Promise<string> };
    page.seen = new Promise((resolve) => {
      const stop = page.agent.on('view', (view) => {
        if (view === null) return;
        stop();
        resolve(view.dialog);
      });
    });
  });
  const first = ehr.sign();
  const dialog = await page.evaluate(() => (window as unknown as { seen: Promise<string> }).seen);
  await reachPin(page);
  await page.keyboard.press('Escape');
  await first.answer;

  const second = ehr.sign([prescription()], newStaff());
  await expect(page.getByRole('button', { name: '同じ人です' })).not.toHaveAttribute('aria-disabled', 'true');
  await page.evaluate(async (old) => {
    const { agent } = window as unknown as { agent: { invoke(channel: string, request: unknown): Promise<unknown> } };
    await agent.invoke('signature.confirmBinding', { dialog: old });
    await agent.invoke('signature.pinPort', { dialog: old });
    await agent.invoke('signature.cancel', { dialog: old });
  }, dialog);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('ご本人のカードか確認してください');
  await page.keyboard.press('Escape');
  expect(codeOf(await second.answer)).toBe('CANCELLED_BY_USER');
});

test('an EHR sees and cancels nothing of another', async ({ shared: { desktop, ehr } }) => {
  const other = await desktop.ehr('別のレセコン');
  await desktop.insertCard();
  const id = await ehr.post();
  const page = await desktop.page('signature');
  await reachPin(page);
  expect((await other.look(id)).status).toBe(404);
  expect((await other.cancel(id)).status).toBe(404);
  await expect(page.locator('#pin')).toBeEditable();
  await ehr.cancel(id);
});
