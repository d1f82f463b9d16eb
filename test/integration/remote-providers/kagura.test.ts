/** The provider of the national platform's shape at the sandbox's service. Its login is TLS client authentication by a card, as a browser does it. */
import { createHash } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ElementSigning, IssuedToken, LoginPage, RemoteToken } from '../../../src/agent/remote/remote-provider.ts';
import { UnfittingAnswer } from '../../../src/agent/remote/unfitting-answer.ts';
import { prepareSplice } from '../../../src/formats/xades/signature-splice.ts';
import { verifySignedDocument } from '../../../src/formats/xades/verifier.ts';
import type { RemoteService } from '../../../src/sandbox/remote/remote-service.ts';
import { startRemoteService } from '../../../src/sandbox/remote/start-remote-service.ts';
import { samplePrescriptionCsv } from '../../../src/sandbox/samples/prescription.ts';
import { CardBrowser, withParameter } from '../../support/card-browser.ts';
import { kaguraSettings, onlyToken, openDesk, order, steps, type ProviderDesk } from '../../support/remote-provider-desk.ts';

const never = new AbortController().signal;
let service: RemoteService;
let desk: ProviderDesk;
let browser: CardBrowser;

beforeAll(async () => {
  service = await startRemoteService();
  desk = await openDesk(service, kaguraSettings(service));
  browser = new CardBrowser(service, await service.trust.ca.issue({ ...service.people.person('doctor').certificate, kind: 'authentication' }));
});
afterAll(async () => {
  await browser.close();
  desk.close();
  await service.close();
});
afterEach(() => {
  service.control.disarm();
  service.control.setClockOffset(0);
});

const browse = (page: LoginPage): Promise<URL> => browser.endOf(page);
const login = (showLogin: (page: LoginPage) => Promise<URL> = browse): Promise<RemoteToken> => desk.provider.authenticate(order('hpki-card'), steps({ showLogin }), never);

const problemOf = async (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'nothing failed',
    (error: unknown) => (error as { problem?: { code?: string } }).problem?.code ?? error,
  );

describe('a login', () => {
  it('asks for PKCE, state, nonce and a fresh login, and its ID token is the bearer', async () => {
    let asked: LoginPage | undefined;
    const token = await login((page) => {
      asked = page;
      return browse(page);
    });
    expect(token).toMatchObject({ subject: 'hpki-2nd-0001', method: 'hpki-card' });
    expect(Math.abs(token.expiresAt.getTime() - Date.now() - 18 * 3600 * 1000)).toBeLessThan(60_000);
    expect(asked).toMatchObject({ card: 'hpki' });
    const query = Object.fromEntries(asked?.url.searchParams ?? []);
    expect(query).toMatchObject({ client_id: 'HPKI', response_type: 'code', prompt: 'login', code_challenge_method: 'S256', scope: 'openid', login_hint: '医者　三郎' });
    expect(query['state']?.length).toBeGreaterThan(20);
    expect(query['nonce']?.length).toBeGreaterThan(20);
  });

  it.each<[string, string | null | undefined, (ended: URL) => URL]>([
    ['another state', 'state', (ended) => withParameter(ended, 'state', 'somebody-elses')],
    ['no state', 'state', (ended) => withParameter(ended, 'state', null)],
    ['another issuer', null, (ended) => withParameter(ended, 'iss', 'https://evil.example')],
    ['a code that nobody gave', undefined, (ended) => withParameter(ended, 'code', 'made-up')],
    ['a refusal', undefined, (ended) => withParameter(withParameter(ended, 'code', null), 'error', 'access_denied')],
  ])('that ends with %s is refused, and what does not fit is named: %s', async (_what, unfitting, bend) => {
    const refused: unknown = await login(async (page) => bend(await browse(page))).catch((error: unknown) => error);
    expect(refused).toMatchObject({ problem: { code: 'AUTHENTICATION_REFUSED' } });
    expect(refused instanceof UnfittingAnswer ? refused.by : undefined).toBe(unfitting);
  });

  it('whose token belongs to another login (nonce) is refused, and the token is revoked', async () => {
    const discarded: Promise<IssuedToken | null>[] = [];
    const showLogin = (page: LoginPage) => browse({ ...page, url: withParameter(page.url, 'nonce', 'somebody-elses') });
    const refused = desk.provider.authenticate(order('hpki-card'), steps({ showLogin, discard: (token) => discarded.push(token) }), never);
    await expect(refused).rejects.toMatchObject({ problem: { code: 'AUTHENTICATION_REFUSED' }, by: 'nonce' });
    const token = await onlyToken(discarded);
    await desk.provider.revoke(token, never);
    if (desk.provider.signing.form !== 'element') throw new Error('the platform signs elements');
    const signing = desk.provider.signing.sign(token, [{ type: 'prescription', digest: createHash('sha256').update('some element').digest() }], never);
    expect(await problemOf(signing.next())).toBe('TOKEN_EXPIRED');
  });

  it('takes an answer once: the same address for another login fits nothing', async () => {
    let first: URL | undefined;
    await login(async (page) => (first = await browse(page)));
    expect(await problemOf(login(() => Promise.resolve(first ?? new URL('http://never'))))).toBe('AUTHENTICATION_REFUSED');
  });

  it('offers no method without a client id', async () => {
    const fewer = await openDesk(service, { ...kaguraSettings(service), clientIds: { smartphone: 'FIDO' } });
    expect(fewer.provider.methods).toEqual(['smartphone']);
    expect(await problemOf(fewer.provider.authenticate(order('hpki-card'), steps({}), never))).toBe('AUTHENTICATION_NOT_OFFERED');
    fewer.close();
  });
});

describe('a signature', () => {
  const signing = (): ElementSigning => {
    if (desk.provider.signing.form !== 'element') throw new Error('the platform signs elements');
    return desk.provider.signing;
  };
  const calls = (): number => service.calls.received('kagura.sign');
  const input = { type: 'prescription', csv: Buffer.from(samplePrescriptionCsv()) } as const;
  const sign = async (token: RemoteToken, digests: readonly Uint8Array[], into: Uint8Array[] = []): Promise<readonly Uint8Array[]> => {
    for await (const element of signing().sign(token, digests.map((digest) => ({ type: 'prescription', digest })), never)) into.push(element);
    return into;
  };
  const digest = createHash('sha256').update('some element').digest();
  let token: RemoteToken;
  beforeAll(async () => {
    token = await login();
  });

  it('over the digest of a prescription verifies in its place', async () => {
    const document = prepareSplice(input, signing().reference1);
    const [element] = await sign(token, [document.documentDigest]);
    const xml = document.splice(element ?? new Uint8Array());
    const { ca } = service.trust;
    const trust = { anchors: [ca.root.certificate.der], chain: [ca.signing.certificate.der], crls: ca.crls().map(({ der }) => der), at: new Date() };
    expect(verifySignedDocument(xml, trust)).toMatchObject({ verdict: 'VALID', signer: { role: 'Medical Doctor' } });
  });

  it('is one call for each document, in order', async () => {
    const before = calls();
    expect(await sign(token, [digest, digest, digest])).toHaveLength(3);
    expect(calls() - before).toBe(3);
  });

  it('whose answer is lost is named, was sent once, and leaves what came before', async () => {
    service.control.arm({ kind: 'cut-after-work', on: 'kagura.sign', after: 1 });
    const before = calls();
    const elements: Uint8Array[] = [];
    expect(await problemOf(sign(token, [digest, digest, digest], elements))).toBe('REMOTE_ANSWER_LOST');
    expect(elements).toHaveLength(1);
    expect(calls() - before).toBe(2);
  });

  it.each([
    [500, 'REMOTE_ANSWER_LOST'],
    [503, 'REMOTE_ANSWER_LOST'],
    [429, 'SERVICE_SUSPENDED'],
    [400, 'PROVIDER_REFUSED'],
    [401, 'TOKEN_EXPIRED'],
  ])('that is answered %i ends as %s', async (status, code) => {
    service.control.arm({ kind: 'status', status, on: 'kagura.sign', times: null });
    expect(await problemOf(sign(token, [digest]))).toBe(code);
  });

  it('is refused after the token was revoked', async () => {
    const other = await login();
    await desk.provider.revoke(other, never);
    expect(await problemOf(sign(other, [digest]))).toBe('TOKEN_EXPIRED');
  });
});

it('gives up a revocation when its caller does, where the service falls silent', async () => {
  const token = await login();
  service.control.arm({ kind: 'half-open', on: 'kagura.revocation' });
  const begun = performance.now();
  await expect(desk.provider.revoke(token, AbortSignal.timeout(300))).rejects.toMatchObject({ name: 'TimeoutError' });
  // Not when openid-client would have given up by itself.
  expect(performance.now() - begun).toBeLessThan(25_000);
});
