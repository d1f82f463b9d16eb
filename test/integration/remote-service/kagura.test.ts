/** The national platform's shape: login by QR code in a real browser, the ID token as bearer, digest in, signed element out. */
import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { chromium, type Browser, type BrowserContext, type Page } from '@playwright/test';
import jsqr from 'jsqr';
import * as openid from 'openid-client';
import { PNG } from 'pngjs';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { writePem } from '../../../src/formats/pki/pem.ts';
import { signHead, signTail, wrapperHead, wrapperTail, xsiDeclaration } from '../../../src/formats/prescription/wrapper.ts';
import type { VerificationReport } from '../../../src/formats/xades/report.ts';
import { verifySignedDocument } from '../../../src/formats/xades/verifier.ts';
import { sandboxKaguraContract } from '../../../src/sandbox/remote/kagura/kagura-contract.ts';
import type { PersonKey } from '../../../src/sandbox/remote/people.ts';
import type { RemoteService } from '../../../src/sandbox/remote/remote-service.ts';
import { startRemoteService } from '../../../src/sandbox/remote/start-remote-service.ts';
import { VirtualPhones, type VirtualPhone } from '../../../src/sandbox/remote/virtual-phone.ts';
import { samplePrescriptionCsv } from '../../../src/sandbox/samples/prescription.ts';
import { runProgram } from '../../support/command-line.ts';
import { describeWith, programPath } from '../../support/machine.ts';
import { RemoteTerminal } from '../../support/remote-terminal.ts';

const { redirectUris, request: fields, answer: answers } = sandboxKaguraContract;
const redirectUri = redirectUris[0] ?? '';

describeWith(['chromium', 'xmlsec1'], 'kagura’s shape', () => {
  let service: RemoteService;
  let terminal: RemoteTerminal;
  let browser: Browser;
  let phones: VirtualPhones;
  let phone: VirtualPhone;
  let folder: string;
  const contexts: BrowserContext[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'kagura-'));
    service = await startRemoteService();
    terminal = new RemoteTerminal(service);
    const executablePath = programPath('chromium');
    browser = await chromium.launch({ executablePath, args: process.getuid?.() === 0 ? ['--no-sandbox'] : [] });
    phones = await VirtualPhones.open(executablePath);
    phone = await phones.phone();
    await phone.register(service.control.issueTicket('doctor').url, service.people.person('doctor').password);
  });

  beforeEach(() => {
    service.control.disarm();
    service.control.setClockOffset(0);
  });

  afterEach(async () => {
    for (const context of contexts.splice(0)) await context.close();
  });

  afterAll(async () => {
    await phones.close();
    await browser.close();
    await terminal.close();
    await service.close();
    await rm(folder, { recursive: true });
    expect(service.errors).toEqual([]);
  });

  /** openid-client as it would be configured from a contract: no discovery. */
  function configuration(clientId: string): openid.Configuration {
    const { issuer, authorization, token, keys } = service.addresses.kagura;
    const server = { issuer, authorization_endpoint: authorization, token_endpoint: token, jwks_uri: keys };
    const config = new openid.Configuration(server, clientId, { id_token_signed_response_alg: 'ES256' }, openid.None());
    config[openid.customFetch] = (url, init) => terminal.fetch(url, init);
    return config;
  }

  interface Login {
    readonly page: Page;
    readonly config: openid.Configuration;
    readonly checks: openid.AuthorizationCodeGrantChecks;
    /** The address that the login ends on. */
    readonly ended: Promise<URL>;
  }

  /** Opens the platform's login page as the agent's window does. */
  async function openLogin(clientId: string, context: Parameters<Browser['newContext']>[0] = {}): Promise<Login> {
    const config = configuration(clientId);
    const pkceCodeVerifier = openid.randomPKCECodeVerifier();
    const checks = { pkceCodeVerifier, expectedState: openid.randomState(), expectedNonce: openid.randomNonce() };
    const url = openid.buildAuthorizationUrl(config, {
      redirect_uri: redirectUri,
      scope: 'openid',
      prompt: 'login',
      state: checks.expectedState,
      nonce: checks.expectedNonce,
      code_challenge: await openid.calculatePKCECodeChallenge(pkceCodeVerifier),
      code_challenge_method: 'S256',
      login_hint: '医者　三郎',
      terminal: '診察室１',
      facility: '架空内科クリニック',
    });
    const opened = await browser.newContext({ ignoreHTTPSErrors: true, locale: 'ja-JP', ...context });
    contexts.push(opened);
    const page = await opened.newPage();
    const ended = Promise.withResolvers<URL>();
    page.on('request', (request) => {
      if (request.url().startsWith(redirectUri)) ended.resolve(new URL(request.url()));
    });
    // A card's login ends at once, at a host that is not there.
    await Promise.race([page.goto(url.href), ended.promise]);
    return { page, config, checks, ended: ended.promise };
  }

  /** What a phone's camera would read from the page, and the number beside it. */
  async function readCode(page: Page): Promise<{ url: string; number: string }> {
    const { data, width, height } = PNG.sync.read(await page.locator('.qr').screenshot());
    return { url: jsqr.default(new Uint8ClampedArray(data), width, height)?.data ?? '', number: await page.locator('#number').innerText() };
  }

  async function loginByPhone(): Promise<openid.TokenEndpointResponse & openid.TokenEndpointResponseHelpers> {
    const { page, config, checks, ended } = await openLogin('FIDO');
    const { url, number } = await readCode(page);
    expect(await phone.signIn(url, number)).toMatchObject({ outcome: 'done' });
    return openid.authorizationCodeGrant(config, await ended, checks);
  }

  /** A prescription up to its signature, and the digest of the element that is signed. */
  function unsigned(reference1: 'inclusive' | 'exclusive' = 'inclusive') {
    const csv = Buffer.from(samplePrescriptionCsv()).toString('base64');
    const rest = `id="PrescriptionDocument">${csv}</PrescriptionDocument>`;
    const canonical = `<PrescriptionDocument ${reference1 === 'inclusive' ? `${xsiDeclaration} ` : ''}${rest}`;
    return {
      digest: createHash('sha256').update(canonical).digest('base64'),
      splice: (element: string) => Buffer.from(`${wrapperHead('prescription')}<PrescriptionDocument ${rest}${signHead('prescription')}${element}${signTail('prescription')}${wrapperTail('prescription')}`),
    };
  }

  const signDigest = (token: string, digest: string, departure: Readonly<Record<string, unknown>> = {}, at = service) =>
    terminal.post(at.addresses.kagura.sign, {
      [fields.token]: token,
      [fields.digest]: digest,
      [fields.documentType]: 'prescription',
      [fields.institutionCode]: '9999999',
      ...departure,
    });

  function report(xml: Uint8Array, at = service): VerificationReport {
    const { ca } = at.trust;
    return verifySignedDocument(xml, {
      anchors: [ca.root.certificate.der],
      chain: [ca.signing.certificate.der],
      crls: ca.crls().map(({ der }) => der),
      at: new Date(),
    });
  }

  const invalidChecks = ({ checks }: VerificationReport): readonly string[] => checks.filter(({ verdict }) => verdict === 'INVALID').map(({ id }) => id);

  it('shows a QR code with a number, and the phone ends the login', async () => {
    const { page, config, checks, ended } = await openLogin('FIDO');
    const { url, number } = await readCode(page);
    expect(url.startsWith(`${service.addresses.phone}/s/`)).toBe(true);
    expect(number).toMatch(/^\d{3}$/);
    // By chance alone it may stand in the port.
    expect(url.slice(service.addresses.phone.length)).not.toContain(number);
    await phone.open(url);
    const shown = await phone.page.locator('main').innerText();
    for (const text of ['架空内科クリニック', '診察室１', '医者　三郎']) expect(shown).toContain(text);
    await page.getByText('スマートフォンで読み取りました').waitFor();
    expect((await phone.typeNumber(number)).outcome).toBe('done');

    const tokens = await openid.authorizationCodeGrant(config, await ended, checks);
    const claims = tokens.claims();
    expect(claims).toMatchObject({ iss: service.addresses.kagura.issuer, aud: 'FIDO', sub: 'hpki-2nd-0001', nonce: checks.expectedNonce, acr: 'FIDO' });
    expect(Number(claims?.exp) - Number(claims?.iat)).toBe(18 * 3600);
  });

  it('dates the ID token by the service’s clock', async () => {
    const days = 3 * 86_400;
    service.control.setClockOffset(days * 1000);
    const { page, config, checks, ended } = await openLogin('FIDO');
    const { url, number } = await readCode(page);
    await phone.signIn(url, number);
    // openid-client dates by this machine, and has to be told how far the service is ahead.
    const ahead = new openid.Configuration(config.serverMetadata(), 'FIDO', { id_token_signed_response_alg: 'ES256', [openid.clockSkew]: days }, openid.None());
    ahead[openid.customFetch] = terminal.fetch;
    const { iat = 0 } = (await openid.authorizationCodeGrant(ahead, await ended, checks)).claims() ?? {};
    expect(Math.abs(iat - service.clock.seconds())).toBeLessThan(60);
  });

  it('shows another code on request, and the first is worth nothing then', async () => {
    const { page, ended } = await openLogin('FIDO');
    const first = await readCode(page);
    await page.getByRole('button', { name: 'QRコードを再表示' }).click();
    await page.waitForFunction(`document.getElementById('number').textContent !== '${first.number}'`);
    expect((await phone.open(first.url))?.text).toContain('取り消されました');
    const second = await readCode(page);
    expect((await phone.signIn(second.url, second.number)).outcome).toBe('done');
    expect((await ended).searchParams.has('code')).toBe(true);
  });

  it('ends without a code when the person cancels, or the number was wrong three times', async () => {
    const cancelled = await openLogin('FIDO');
    await cancelled.page.getByText('中止').click();
    expect((await cancelled.ended).searchParams.get('error')).toBe('access_denied');

    const { page } = await openLogin('FIDO');
    const { url } = await readCode(page);
    await phone.signIn(url, '0000');
    await phone.typeNumber('0001');
    await phone.typeNumber('0002');
    await page.getByText('スマートフォンで認証されませんでした').waitFor();
    expect(await page.locator('.qr').count()).toBe(0);
  });

  it('gives a code for one exchange, and only to who has the verifier', async () => {
    const { page, config, checks, ended } = await openLogin('FIDO');
    const { url, number } = await readCode(page);
    await phone.signIn(url, number);
    const address = await ended;
    const wrong = openid.authorizationCodeGrant(config, address, { ...checks, pkceCodeVerifier: openid.randomPKCECodeVerifier() });
    await expect(wrong).rejects.toMatchObject({ error: 'invalid_grant' });
    await openid.authorizationCodeGrant(config, address, checks);
    await expect(openid.authorizationCodeGrant(config, address, checks)).rejects.toMatchObject({ error: 'invalid_grant' });
  });

  it('refuses to begin without PKCE', async () => {
    const { authorization } = service.addresses.kagura;
    const answer = await terminal.get(`${authorization}?client_id=FIDO&response_type=code&scope=openid&redirect_uri=${encodeURIComponent(redirectUri)}`);
    expect(answer.headers.get('location')).toContain('error=invalid_request');
  });

  it('keeps a login to the browser that has begun it', async () => {
    const { page } = await openLogin('FIDO');
    const stranger = await browser.newContext({ ignoreHTTPSErrors: true });
    contexts.push(stranger);
    const other = await stranger.newPage();
    await other.goto(page.url());
    expect(await other.locator('h1').innerText()).toBe('この画面は使えません');
  });

  it('logs in by the certificate of a card in TLS', async () => {
    const card = await service.trust.ca.issue({ ...service.people.person('doctor').certificate, kind: 'authentication' });
    const certificate = {
      origin: service.addresses.card,
      cert: Buffer.from(writePem(card.certificate.der)),
      key: Buffer.from(card.privateKey.export({ type: 'pkcs8', format: 'pem' })),
    };
    const { config, checks, ended } = await openLogin('HPKI', { clientCertificates: [certificate] });
    const tokens = await openid.authorizationCodeGrant(config, await ended, checks);
    expect(tokens.claims()).toMatchObject({ sub: 'hpki-2nd-0001', aud: 'HPKI', acr: 'HPKI', amr: ['sc', 'pin'] });
  });

  it.each<[string, Partial<{ kind: 'signing'; policies: string[]; registration: string }>]>([
    ['a signing certificate', { kind: 'signing' }],
    ['another policy', { policies: ['1.2.392.100495.1.5.1.2.9.9'] }],
    ['somebody who is not registered', { registration: 'TEST9999' }],
  ])('does not log in by %s', async (_what, departure) => {
    const card = await service.trust.ca.issue({ ...service.people.person('doctor').certificate, kind: 'authentication', ...departure });
    const certificate = {
      origin: service.addresses.card,
      cert: Buffer.from(writePem(card.certificate.der)),
      key: Buffer.from(card.privateKey.export({ type: 'pkcs8', format: 'pem' })),
    };
    const { page } = await openLogin('HPKI', { clientCertificates: [certificate] });
    expect(await page.locator('h1').innerText()).toBe('このカードでは認証できません');
  });

  it('says so where no certificate came, and where the card is of the other kind', async () => {
    expect(await (await openLogin('JPKI')).page.locator('h1').innerText()).toBe('カードの証明書が届きませんでした');
  });

  it('signs a digest: the element verifies in its place, for us and for xmlsec1', async () => {
    const { id_token: token = '' } = await loginByPhone();
    const { digest, splice } = unsigned();
    const { status, body } = await signDigest(token, digest);
    expect(status).toBe(200);
    const xml = splice(String(body[answers.element]));
    expect(report(xml)).toMatchObject({ verdict: 'VALID', signer: { name: 'TEST ISHA SABURO', role: 'Medical Doctor' } });
    await writeFile(path.join(folder, 'signed.xml'), xml);
    await writeFile(path.join(folder, 'root.pem'), writePem(service.trust.ca.root.certificate.der));
    await writeFile(path.join(folder, 'ca.pem'), writePem(service.trust.ca.signing.certificate.der));
    const ids = ['--id-attr:id', 'PrescriptionDocument', '--id-attr:Id', 'KeyInfo', '--id-attr:Id', 'SignedProperties'];
    const trust = ['--trusted-pem', path.join(folder, 'root.pem'), '--untrusted-pem', path.join(folder, 'ca.pem')];
    const place = ['--node-xpath', '/Document/Prescription/PrescriptionSign/*'];
    const checked = await runProgram('xmlsec1', ['--verify', ...place, ...ids, ...trust, path.join(folder, 'signed.xml')]);
    expect(`${checked.out}${checked.err}`).toMatch(/^OK$/m);
  });

  it('declares exclusive canonicalization where it is told to', async () => {
    const other = await startRemoteService({ kagura: { reference1: 'exclusive' } });
    try {
      const token = await kaguraToken(other, 'doctor');
      const { digest, splice } = unsigned('exclusive');
      const guest = new RemoteTerminal(other);
      const body = { [fields.token]: token, [fields.digest]: digest, [fields.documentType]: 'prescription', [fields.institutionCode]: '9999999' };
      const signed = await guest.post(other.addresses.kagura.sign, body);
      expect(report(splice(String(signed.body[answers.element])), other).verdict).toBe('VALID');
      await guest.close();
    } finally {
      await other.close();
    }
  });

  /** A token by TLS client authentication: the quickest way to one. */
  async function kaguraToken(at: RemoteService, person: PersonKey): Promise<string> {
    const card = await at.trust.ca.issue({ ...at.people.person(person).certificate, kind: 'authentication' });
    const guest = new RemoteTerminal(at);
    const token = await guest.kaguraTokenByCard(card);
    await guest.close();
    return token;
  }

  it('signs nothing for a token that is unknown, has ended, or was revoked', async () => {
    const { digest } = unsigned();
    const token = await kaguraToken(service, 'doctor');
    expect((await signDigest(token, digest)).status).toBe(200);
    expect(await signDigest(`${token}x`, digest)).toMatchObject({ status: 401, body: { [answers.errorCode]: 'TOKEN_INVALID' } });
    service.control.setClockOffset(18 * 3_600_000 + 1000);
    expect(await signDigest(token, digest)).toMatchObject({ status: 401, body: { [answers.errorCode]: 'TOKEN_EXPIRED' } });
    service.control.setClockOffset(0);
    expect((await terminal.form(service.addresses.kagura.revocation, { client_id: 'HPKI', token })).status).toBe(200);
    expect(await signDigest(token, digest)).toMatchObject({ status: 401, body: { [answers.errorCode]: 'TOKEN_INVALID' } });
  });

  it.each([
    [{ [fields.digest]: 'AAAA' }, 'DIGEST_INVALID'],
    [{ [fields.documentType]: 'letter' }, 'REQUEST_INVALID'],
    [{ [fields.institutionCode]: '12' }, 'REQUEST_INVALID'],
    [{ [fields.digest]: undefined }, 'REQUEST_INVALID'],
  ])('refuses %j', async (departure, code) => {
    const token = await kaguraToken(service, 'doctor');
    expect(await signDigest(token, unsigned().digest, departure)).toMatchObject({ status: 400, body: { [answers.errorCode]: code } });
  });

  it('can be made to sign wrongly in every way that a client must notice', async () => {
    const token = await kaguraToken(service, 'doctor');
    const { digest, splice } = unsigned();
    const signed = async (): Promise<VerificationReport> => report(splice(String((await signDigest(token, digest)).body[answers.element])));

    service.control.arm({ kind: 'wrong-hash', on: 'kagura.sign' });
    expect(invalidChecks(await signed())).toEqual(['signature.value']);
    service.control.arm({ kind: 'modified-document' });
    expect(invalidChecks(await signed())).toEqual(['reference.document']);
    service.control.arm({ kind: 'wrong-certificate', whose: 'other-doctor' });
    expect(await signed()).toMatchObject({ verdict: 'VALID', signer: { name: 'TEST BETSU JIRO' } });
    service.control.arm({ kind: 'wrong-certificate', whose: 'wrong-role' });
    expect(invalidChecks(await signed())).toEqual(['certificate.role']);
    // Each was armed for one call.
    expect(await signed()).toMatchObject({ verdict: 'VALID', signer: { name: 'TEST ISHA SABURO' } });
  });
});
