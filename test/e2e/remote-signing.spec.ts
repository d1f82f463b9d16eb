/** Remote signing by phone and by card: one authentication from the EHR's request to the signature, and what follows without a question. */
import type { Locator } from '@playwright/test';
import type { VirtualPhone } from '../../src/sandbox/remote/virtual-phone.ts';
import { answerOf, expect, expectAccessible, registeredPhone, scan, startRemote, test, verify, type Remote } from './support/remote.ts';

let remote: Remote;
let phone: VirtualPhone;

test.beforeAll(async ({ phones }) => {
  // As on a dark screen at 150 %.
  remote = await startRemote({ provider: 'csc', methods: ['smartphone', 'hpki-card'] }, { scale: 1.5 });
  phone = await registeredPhone(phones, remote);
});
test.beforeEach(() => remote.reset());
test.afterAll(async () => {
  await phone.close();
  await remote.desktop.close();
});

const darkTheme = async (): Promise<void> => {
  const home = await remote.desktop.page('home');
  await home.evaluate(() => (window as unknown as { agent: { invoke(channel: string, request: unknown): Promise<void> } }).agent.invoke('settings.change', { theme: 'dark' }));
};

test('an EHR asks, the doctor’s phone reads the code, and the signed prescription comes back; the next one at once', async () => {
  const { desktop, page } = remote;
  await darkTheme();
  const signing = remote.sign();
  await desktop.untilVisible('authentication');
  await expect(page.locator('html')).toHaveCSS('color-scheme', 'dark');
  // Nothing has begun: a code is made by a click.
  await expect(page.getByRole('heading', { name: '本日の認証をしてください' })).toBeVisible();
  expect(await remote.calls('oauth.device_authorization')).toBe(0);
  await expectAccessible(page);
  await page.getByRole('button', { name: /^スマートフォン/ }).click();

  const url = await scan(page);
  const number = await page.locator('#number').innerText();
  expect(number).toMatch(/^\d{2,6}$/);
  // By chance alone it may stand in the port.
  expect(url.slice(new URL(url).origin.length)).not.toContain(number);
  expect(url.length).toBeLessThanOrEqual(80);
  const seconds = async (): Promise<number> => Number(/\d+/.exec(await page.locator('.remaining').innerText())?.[0]);
  const first = await seconds();
  expect(first).toBeLessThanOrEqual(120);
  await expect.poll(seconds, { message: 'the countdown goes on' }).toBeLessThan(first);
  await expectAccessible(page);

  expect(await phone.open(url)).toBeNull();
  // What the doctor compares stands on both screens, in the same words.
  for (const text of ['テスト　架空内科クリニック', 'sandbox', '医者 三郎'])
    for (const screen of [phone.page.locator('main'), page.getByRole('main')]) expect(await screen.innerText()).toContain(text);
  // The service's own name for the doctor beside it.
  expect(await phone.page.locator('main').innerText()).toContain('医者　三郎');
  expect((await phone.typeNumber(number)).outcome).toBe('done');
  const approved = Date.now();

  const answer = await answerOf(signing, remote);
  expect(answer).toMatchObject({ status: 201, json: { method: 'remote', signer: { name: 'テスト　医者　三郎' } } });
  expect(verify(answer, remote)).toMatchObject({ verdict: 'VALID', signer: { name: 'TEST ISHA SABURO', role: 'Medical Doctor' } });
  expect(Date.now() - approved).toBeLessThan(30_000);
  expect((await desktop.app.shell.notifications()).map(({ body }) => body)).toContainEqual(expect.stringMatching(/医者 三郎 様のリモート署名を認証しました。.*まで有効です/));

  await desktop.untilVisible('signature', false);
  const made = await remote.calls('oauth.device_authorization');
  const second = await remote.sign('rx-2').answer;
  expect(verify(second, remote).verdict).toBe('VALID');
  expect(await remote.calls('oauth.device_authorization')).toBe(made);
  expect(await desktop.isVisible('signature')).toBe(false);
  // Signed without a question: the toast says what for.
  const toasts = (await desktop.app.shell.notifications()).map(({ title, body }) => `${title} ${body}`);
  expect(toasts.at(-1)).toMatch(/医者\u3000三郎.*1件に署名しました。患者: タ\.イ\./);
  expect(toasts.at(-1)).not.toContain('髙橋');
});

/** As somebody without a mouse reaches it. */
async function tabTo(wanted: Locator): Promise<void> {
  for (let step = 0; step < 8 && !(await wanted.evaluate((element) => element === document.activeElement)); step += 1) await remote.page.keyboard.press('Shift+Tab');
  await expect(wanted).toBeFocused();
}

test('a card authenticates by its login key and its PIN; by keyboard alone', async () => {
  const { desktop, page } = remote;
  const signing = remote.sign();
  await desktop.untilVisible('authentication');
  const card = page.getByRole('button', { name: /^HPKIカード/ });
  await expect(card).not.toHaveAttribute('aria-disabled', 'true');
  await tabTo(card);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: 'HPKIカードを挿入してください' })).toBeVisible();
  await expectAccessible(page);
  await desktop.insertLoginCard();
  const pin = page.locator('#pin');
  await expect(pin).toBeEditable();
  await expect(page.getByRole('heading', { name: 'HPKIカード（認証用）のPINを入力してください' })).toBeVisible();
  await expectAccessible(page);
  await expect(pin).toBeFocused();
  await page.keyboard.type('9999');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('alert')).toHaveText('PINが違います。もう一度入力してください。');
  await expect(pin).toBeEditable();
  await expect(pin).toBeFocused();
  await page.keyboard.type('1234');
  await page.keyboard.press('Enter');
  const answer = await answerOf(signing, remote);
  expect(answer).toMatchObject({ status: 201, json: { method: 'remote' } });
  expect(verify(answer, remote)).toMatchObject({ verdict: 'VALID', signer: { name: 'TEST ISHA SABURO' } });
  // Main printed nothing of it, and no view has ever held it.
  expect(desktop.app.output()).not.toMatch(/(?<!\d)(?:1234|9999)(?!\d)/);
});

test('a code that nobody used runs out, and a click makes another one; by keyboard alone', async () => {
  const { desktop, page } = remote;
  const signing = remote.sign();
  await desktop.untilVisible('authentication');
  const smartphone = page.getByRole('button', { name: /^スマートフォン/ });
  await expect(smartphone).not.toHaveAttribute('aria-disabled', 'true');
  await expect(page.getByRole('button', { name: 'キャンセル' })).toBeFocused();
  await tabTo(smartphone);
  await page.keyboard.press('Enter');
  const first = await scan(page);
  // The service's two minutes are over.
  await desktop.app.evaluate(() => globalThis.e2e?.service?.control.setClockOffset(121_000));
  const again = page.getByRole('button', { name: '再表示' });
  // The agent hears of it when it asks the next time: after the service's 2 s, or 5 s more where it wanted a pause.
  await expect(again).toBeVisible({ timeout: 7_000 + 15_000 });
  await expect(page.locator('.qr')).toHaveCount(0);
  await expectAccessible(page);
  await desktop.app.evaluate(() => globalThis.e2e?.service?.control.setClockOffset(0));
  await expect(again).not.toHaveAttribute('aria-disabled', 'true');
  await expect(page.getByRole('button', { name: 'キャンセル' })).toBeFocused();
  await page.keyboard.press('Tab');
  await expect(again).toBeFocused();
  await page.keyboard.press('Enter');
  const second = await scan(page);
  expect(second).not.toBe(first);
  expect((await phone.signIn(second, await page.locator('#number').innerText())).outcome).toBe('done');
  expect((await answerOf(signing, remote)).status).toBe(201);
});

test('a locked screen takes the code away, and neither the EHR nor the records say that the doctor cancelled', async () => {
  const { desktop, page } = remote;
  const signing = remote.sign();
  await desktop.untilVisible('authentication');
  await page.getByRole('button', { name: /^スマートフォン/ }).click();
  await scan(page);
  await desktop.app.shell.power('lock-screen');
  const { json } = await signing.answer;
  expect(json).toMatchObject({ code: 'CANCELLED_BY_USER' });
  expect(json['detail']).toContain('画面がロックされたか、PCがスリープに入った');
  await expect.poll(() => desktop.audit().at(-1)).toMatchObject({ event: 'signature.cancelled', notes: ['by=away'] });
  await desktop.untilVisible('authentication', false);
  await expect(page.locator('.qr')).toHaveCount(0);
});

test('a phone that refuses ends the attempt by name, and the card is one click away', async () => {
  const { desktop, page } = remote;
  const signing = remote.sign();
  await desktop.untilVisible('authentication');
  await page.getByRole('button', { name: /^スマートフォン/ }).click();
  expect(await phone.open(await scan(page))).toBeNull();
  await phone.decline();
  await expect(page.getByText('エラーコード: AUTHENTICATION_REFUSED')).toBeVisible();
  await expectAccessible(page);
  await page.getByRole('button', { name: 'カードで署名する' }).click();
  await desktop.untilVisible('authentication', false);
  await desktop.untilVisible('signature');
  await (await desktop.page('signature')).keyboard.press('Escape');
  expect((await signing.answer).json['code']).toBe('CANCELLED_BY_USER');
});

test('a clock that is far from the service’s is named where the doctor is asked, in the status and in the self-diagnosis, and nobody authenticates', async () => {
  const { desktop, page } = remote;
  await desktop.app.evaluate(() => globalThis.e2e?.service?.control.setClockOffset(600_000));
  const signing = remote.sign();
  await desktop.untilVisible('authentication');
  await page.getByRole('button', { name: /^スマートフォン/ }).click();
  await expect(page.locator('main')).toContainText('このPCの時計はサービスの時計より約10分遅れています。');
  const home = await desktop.page('home');
  await desktop.app.shell.clickTrayItem('status');
  const problem = home.getByRole('listitem').filter({ hasText: 'このPCの時計が合っていないため、認証できません' });
  await expect(problem).toContainText('今すぐ同期');
  await desktop.app.shell.clickTrayItem('diagnosis');
  await home.getByRole('button', { name: /自己診断を始める|もう一度診断する/ }).click();
  await expect(home.locator('main')).toContainText('この端末の時計は、サービスより約10分遅れています。リモート署名の認証ができません', { timeout: 60_000 });
  await page.getByRole('button', { name: 'キャンセル' }).click();
  expect((await signing.answer).json).toMatchObject({ code: 'CLOCK_WRONG', detail: 'このPCの時計はサービスの時計より約10分遅れています。' });
});
