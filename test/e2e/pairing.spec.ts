/** 接続先EHRを追加: opened by a person, for one EHR, whose code the person types there. */
import { Ehr } from './support/ehr.ts';
import { codeIn, expect, test } from './support/desktop.ts';

const origin = 'https://karte.clinic.example.co.jp:8443';

test('shows the full origin of who asks and a code, and the EHR is in the list', async ({ shared: { desktop } }) => {
  const ehr = new Ehr(await desktop.port(), '外来カルテ', origin);
  const pairing = await desktop.openPairing();
  await expect(pairing.getByRole('timer')).toHaveText(/残り 1[012]\d秒/);
  const asked = await ehr.askToPair();
  await expect(pairing.locator('.caller')).toContainText('外来カルテ');
  // The full origin, and the program that the operating system names: here this very test.
  await expect(pairing.locator('.caller .address')).toHaveText([origin, process.execPath]);
  expect((await ehr.confirm(asked, await codeIn(pairing))).status).toBe(201);
  await expect(pairing.getByRole('heading', { level: 1 })).toHaveText('接続しました');
  const home = await desktop.page('home');
  const listed = home.locator('.panel', { hasText: '外来カルテ' });
  await expect(listed).toContainText(origin);
  await expect(listed).toContainText('まだ利用なし');
  await expect(listed).toContainText('有効期限');

  // Its use is seen, and so is its end.
  expect((await ehr.call('GET', '/v1/status')).status).toBe(200);
  await desktop.app.shell.clickTrayItem('status');
  await desktop.app.shell.clickTrayItem('clients');
  await expect(listed).not.toContainText('まだ利用なし');
  await listed.getByRole('button', { name: '外来カルテ の接続を取り消す' }).click();
  await expect(home.getByRole('dialog')).toContainText('もう一度接続し直すまで署名を要求できなくなります');
  await home.getByRole('button', { name: '接続を取り消す', exact: true }).click();
  await expect(listed).toContainText('取り消し済み');
  expect((await ehr.call('GET', '/v1/status')).json['code']).toBe('ORIGIN_NOT_ALLOWED');
});

test('a caller that asks while it is closed raises no window', async ({ shared: { desktop } }) => {
  const { status, json } = await new Ehr(await desktop.port(), '知らないEHR').askToPair();
  expect([status, json['code']]).toEqual([403, 'PAIRING_CLOSED']);
  expect(await desktop.isVisible('pairing')).toBe(false);
  // The refusal does not wait for its line.
  await expect.poll(() => desktop.audit().at(-1)).toMatchObject({ event: 'client.pairing_failed', result: 'PAIRING_CLOSED' });
});

test('a person can refuse', async ({ shared: { desktop } }) => {
  const pairing = await desktop.openPairing();
  const ehr = new Ehr(await desktop.port(), '知らないEHR', 'http://evil.example.co.jp');
  const asked = await ehr.askToPair();
  const code = await codeIn(pairing);
  const refuse = pairing.getByRole('button', { name: '拒否する' });
  await expect(refuse).not.toHaveAttribute('aria-disabled', 'true');
  await refuse.click();
  await desktop.untilVisible('pairing', false);
  expect((await ehr.confirm(asked, code)).status).toBeGreaterThanOrEqual(400);
});

test('three wrong codes end it, and say so', async ({ shared: { desktop } }) => {
  const pairing = await desktop.openPairing();
  const ehr = new Ehr(await desktop.port(), 'うっかりEHR');
  const asked = await ehr.askToPair();
  const right = await codeIn(pairing);
  const wrong = right === '000000' ? '000001' : '000000';
  for (let attempt = 0; attempt < 3; attempt += 1) expect((await ehr.confirm(asked, wrong)).status).toBe(403);
  await expect(pairing.getByRole('heading', { level: 1 })).toHaveText('確認番号が3回違ったため終了しました');
  expect((await ehr.confirm(asked, right)).status).toBeGreaterThanOrEqual(400);
});

test('Escape closes it, and nobody can ask any more', async ({ shared: { desktop } }) => {
  const pairing = await desktop.openPairing();
  await pairing.keyboard.press('Escape');
  await desktop.untilVisible('pairing', false);
  expect((await new Ehr(await desktop.port(), 'おそいEHR').askToPair()).status).toBe(403);
});

test.describe('where policy forbids it', () => {
  test.use({ startWith: { played: { policy: { pairing: { allowed: false } } } } });

  test('no window opens', async ({ desktop }) => {
    await desktop.port();
    await desktop.app.shell.clickTrayItem('clients');
    await (await desktop.page('home')).getByRole('button', { name: '接続先EHRを追加' }).click();
    // A message to main and back, after which it would have opened.
    await (await desktop.page('home')).evaluate(() => (window as unknown as { agent: { invoke(channel: string): Promise<unknown> } }).agent.invoke('settings.get'));
    expect(await desktop.isVisible('pairing')).toBe(false);
  });
});
