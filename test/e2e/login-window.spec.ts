/** A provider's own login page, in a window and a session of its own: where it may lead, where it ends, and how it fails. */
import { createServer, type AddressInfo, type Server } from 'node:net';
import type { Page } from '@playwright/test';
import type { VirtualPhone } from '../../src/sandbox/remote/virtual-phone.ts';
import { confirmBinding, typePin } from './support/desktop.ts';
import { answerOf, doctor, expect, expectAccessible, registeredPhone, scan, startRemote, test, verify, type Remote } from './support/remote.ts';
import { holdClientCertificates } from './support/client-certificates.ts';
import { prescription, type Signing } from './support/ehr.ts';

/** Listens where the login ends: whoever connects there has got past the window. */
let adapter: Server;
let connections = 0;
let requests = 0;
let redirectUrl: string;
let remote: Remote;
let phone: VirtualPhone;

test.beforeAll(async ({ phones }) => {
  adapter = createServer((socket) => {
    connections += 1;
    socket.once('data', () => {
      requests += 1;
      socket.destroy();
    });
    socket.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => adapter.listen(0, '127.0.0.1', resolve));
  redirectUrl = `http://127.0.0.1:${(adapter.address() as AddressInfo).port}/callback`;
  // Electron on Linux gives a page no card; the card's tests play the other platforms.
  remote = await startRemote({ provider: 'kagura', methods: ['smartphone', 'hpki-card'], redirectUrl, loginPageTakesCards: true });
  phone = await registeredPhone(phones, remote);
});
test.beforeEach(async () => {
  await remote.reset();
  connections = 0;
  requests = 0;
});
test.afterEach(() => {
  // Chrome itself, not Electron, connects ahead where a script leads to, and sends nothing.
  expect(requests, 'requests at the address where a login ends').toBe(0);
});
test.afterAll(async () => {
  await phone.close();
  await remote.desktop.close();
  adapter.close();
});

/** An EHR asks, and the doctor chooses the phone: the provider's page is there. */
async function openLogin(): Promise<{ readonly signing: Signing; readonly login: Page }> {
  const signing = remote.sign();
  await remote.desktop.untilVisible('authentication');
  await remote.page.getByRole('button', { name: /^スマートフォン/ }).click();
  const login = await remote.desktop.app.window(/\/kagura\/login\//);
  await expect(login.getByRole('heading', { name: 'スマートフォンで認証' })).toBeVisible();
  return { signing, login };
}

const goTo = (login: Page, url: string): Promise<void> => login.evaluate((to) => void setTimeout(() => (window.location.href = to)), url);

/** The window is gone, and the agent says what went wrong; the card signs by one click. */
async function expectFailure(signing: Signing, login: Page, code: string, detail: RegExp): Promise<void> {
  const { desktop, page } = remote;
  await expect(page.getByText(`エラーコード: ${code}`)).toBeVisible();
  await expect(page.getByRole('main')).toContainText(detail);
  await expect.poll(() => login.isClosed(), { message: 'the login window is closed' }).toBe(true);
  await desktop.insertNew('doctor');
  await page.getByRole('button', { name: 'カードで署名する' }).click();
  await desktop.untilVisible('signature');
  const signature = await desktop.page('signature');
  const question = signature.getByRole('button', { name: '同じ人です' });
  await expect(question.or(signature.locator('#pin'))).toBeVisible();
  if (await question.isVisible()) await confirmBinding(signature);
  await typePin(signature, '1234');
  expect(await signing.answer).toMatchObject({ status: 201, json: { method: 'local' } });
}

test('shows the provider’s page beside, whose end is caught before it is asked for, and the signature comes back', async () => {
  const { desktop, page } = remote;
  const { signing, login } = await openLogin();
  await expect(page.getByRole('heading', { name: '認証サービスの画面で認証してください' })).toBeVisible();
  await expectAccessible(page);
  // Nothing of ours is in it, and it is above what may lie over it.
  expect(await login.evaluate(() => [typeof Reflect.get(window, 'agent'), typeof Reflect.get(window, 'require')])).toEqual(['undefined', 'undefined']);
  expect(await desktop.app.shell.windowAt(/\/kagura\/login\//)).toMatchObject({ visible: true, alwaysOnTop: true });

  const url = await scan(login);
  const number = await login.locator('#number').innerText();
  expect((await phone.signIn(url, number)).outcome).toBe('done');
  await expect.poll(() => login.isClosed()).toBe(true);
  const answer = await answerOf(signing, remote);
  expect(connections).toBe(0);
  expect(answer).toMatchObject({ status: 201, json: { method: 'remote' } });
  expect(verify(answer, remote)).toMatchObject({ verdict: 'VALID', signer: { name: 'TEST ISHA SABURO' } });
  // The next one is signed without a login.
  const begun = await remote.calls('kagura.authorization');
  expect(verify(await remote.sign('rx-2').answer, remote).verdict).toBe('VALID');
  expect(await remote.calls('kagura.authorization')).toBe(begun);
});

test('has a session that is forgotten with it', async () => {
  const { signing, login } = await openLogin();
  const before = await login.context().cookies();
  expect(before.length).toBeGreaterThan(0);
  await remote.page.keyboard.press('Escape');
  await signing.answer;
  await expect.poll(() => login.isClosed()).toBe(true);
  await remote.reset();
  const next = await openLogin();
  const names = async (of: Page): Promise<readonly string[]> => (await of.context().cookies()).map(({ value }) => value);
  expect(await names(next.login)).not.toEqual(expect.arrayContaining(before.map(({ value }) => value)));
  await remote.page.keyboard.press('Escape');
  await next.signing.answer;
});

test('that leads elsewhere is closed before anything has left', async () => {
  const { signing, login } = await openLogin();
  // The same listener under another path: not the address that is waited for, and not one that is allowed.
  await goTo(login, redirectUrl.replace('/callback', '/elsewhere'));
  await expectFailure(signing, login, 'PROVIDER_REFUSED', /許可されていない http:\/\/127\.0\.0\.1:\d+ に移動しようとしました/);
});

test('that ends with another state brings nothing', async () => {
  const { signing, login } = await openLogin();
  const tokens = await remote.calls('kagura.token');
  await goTo(login, `${redirectUrl}?code=stolen&state=another&iss=${encodeURIComponent(new URL(login.url()).origin)}`);
  await expectFailure(signing, login, 'AUTHENTICATION_REFUSED', /認証/);
  expect(await remote.calls('kagura.token')).toBe(tokens);
});

test('takes no end a second time', async () => {
  const { desktop } = remote;
  // What the first login ended with, as whoever sees the window could keep it.
  await desktop.app.evaluate(({ app }, end) => {
    const ends: string[] = ((globalThis as { ends?: string[] }).ends = []);
    app.on('web-contents-created', (_event, contents) => contents.on('will-redirect', ({ url }) => {
      if (url.startsWith(end)) ends.push(url);
    }));
  }, redirectUrl);
  const first = await openLogin();
  expect((await phone.signIn(await scan(first.login), await first.login.locator('#number').innerText())).outcome).toBe('done');
  await answerOf(first.signing, remote);
  const [end = ''] = await desktop.app.evaluate(() => (globalThis as { ends?: string[] }).ends ?? []);
  expect(end).toContain('code=');
  await remote.reset();
  const second = await openLogin();
  await goTo(second.login, end);
  await expectFailure(second.signing, second.login, 'AUTHENTICATION_REFUSED', /認証/);
});

test('that the person closes says so, and leaves the other ways open', async () => {
  const { signing, login } = await openLogin();
  await login.close();
  await expectFailure(signing, login, 'AUTHENTICATION_REFUSED', /認証サービスの画面が閉じられました/);
});

test.describe('asks for the card', () => {
  /** The card in the reader, and what the system's store holds. */
  async function openCardLogin(held: 'own and other' | 'other'): Promise<Signing> {
    const { desktop, ehr, page } = remote;
    const { own, other } = await desktop.insertLoginCard();
    await holdClientCertificates(desktop, held === 'other' ? [other] : [other, own]);
    const signing = ehr.sign([prescription()], doctor, undefined, 'remote');
    await desktop.untilVisible('authentication');
    await page.getByRole('button', { name: /^HPKIカード/ }).click();
    return signing;
  }

  test.afterEach(() => holdClientCertificates(remote.desktop, []));

  test('and the agent takes this doctor’s own certificate among those of the system, by itself', async () => {
    const signing = await openCardLogin('own and other');
    const answer = await answerOf(signing, remote);
    expect(answer).toMatchObject({ status: 201, json: { method: 'remote' } });
    expect(verify(answer, remote)).toMatchObject({ verdict: 'VALID', signer: { name: 'TEST ISHA SABURO' } });
    expect(connections).toBe(0);
  });

  test('and gets none where the system offers somebody else’s alone', async () => {
    const signing = await openCardLogin('other');
    const login = await remote.desktop.app.window(/\/kagura\/login\//);
    await expect(login.getByRole('heading', { name: 'カードの証明書が届きませんでした' })).toBeVisible();
    await login.close();
    await expect(remote.page.getByText('エラーコード: AUTHENTICATION_REFUSED')).toBeVisible();
    await remote.page.keyboard.press('Escape');
    expect((await signing.answer).json['code']).toBe('AUTHENTICATION_REFUSED');
  });
});

test('that does not open says so', async () => {
  const { desktop, page } = remote;
  await desktop.app.evaluate(() => globalThis.e2e?.service?.control.refuseConnections('login', true));
  const signing = remote.sign();
  await desktop.untilVisible('authentication');
  await page.getByRole('button', { name: /^スマートフォン/ }).click();
  await expect(page.getByText('エラーコード: PROVIDER_UNREACHABLE')).toBeVisible();
  await expect(page.getByRole('main')).toContainText(/https:\/\/localhost:\d+ のログイン画面を開けません（ERR_/);
  await desktop.app.evaluate(() => globalThis.e2e?.service?.control.refuseConnections('login', false));
  // Once more by the same button.
  await page.getByRole('button', { name: /^スマートフォン/ }).click();
  const login = await desktop.app.window(/\/kagura\/login\//);
  expect((await phone.signIn(await scan(login), await login.locator('#number').innerText())).outcome).toBe('done');
  expect((await answerOf(signing, remote)).status).toBe(201);
});

test('whose server shows an expired certificate does not open', async () => {
  const { desktop, page } = remote;
  await desktop.app.evaluate(() => globalThis.e2e?.service?.control.showCertificate('expired'));
  const signing = remote.sign();
  await desktop.untilVisible('authentication');
  await page.getByRole('button', { name: /^スマートフォン/ }).click();
  await expect(page.getByText('エラーコード: PROVIDER_UNREACHABLE')).toBeVisible();
  await expect(page.getByRole('main')).toContainText(/ERR_CERT_(DATE|AUTHORITY)_INVALID/);
  await desktop.app.evaluate(() => globalThis.e2e?.service?.control.showCertificate('valid'));
  // The card was a click away: who gives up instead is asked nothing more.
  await expect(page.getByRole('button', { name: 'カードで署名する' })).toBeVisible();
  await page.keyboard.press('Escape');
  expect(await signing.answer).toMatchObject({ json: { code: 'PROVIDER_UNREACHABLE' } });
  await desktop.untilVisible('authentication', false);
  expect(await desktop.isVisible('signature')).toBe(false);
});

test('is offered for a card only where its window can use one', async () => {
  const here = await startRemote({ provider: 'kagura', methods: ['smartphone', 'hpki-card'], redirectUrl });
  try {
    const signing = here.sign();
    await here.desktop.untilVisible('authentication');
    await expect(here.page.getByRole('button', { name: /^スマートフォン/ })).toBeVisible();
    await expect(here.page.getByRole('button', { name: /^HPKIカード/ })).toHaveCount(process.platform === 'linux' ? 0 : 1);
    await expect(here.page.getByText('HPKIカードは、このPCでは認証サービスのログイン画面から使えないため、上の方法で認証してください。')).toHaveCount(process.platform === 'linux' ? 1 : 0);
    await here.page.keyboard.press('Escape');
    await signing.answer;
  } finally {
    await here.desktop.close();
  }
});
