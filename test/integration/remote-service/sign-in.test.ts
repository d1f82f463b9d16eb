/** Authentication without a browser: openid-client on the device grant, the assertions of cards, and one phone after another. */
import { generateKeyPairSync } from 'node:crypto';
import * as openid from 'openid-client';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createTestCa, type IssuedCertificate, type TestCa } from '../../../src/sandbox/ca/test-ca.ts';
import { createTestJpkiCa, type TestJpkiCa } from '../../../src/sandbox/ca/test-jpki-ca.ts';
import { generateTestKey, type TestKey } from '../../../src/sandbox/ca/test-keys.ts';
import type { RemoteService } from '../../../src/sandbox/remote/remote-service.ts';
import { startRemoteService } from '../../../src/sandbox/remote/start-remote-service.ts';
import { cardAssertion, RemoteTerminal, type AssertionParts } from '../../support/remote-terminal.ts';

let service: RemoteService;
let terminal: RemoteTerminal;
let jpki: TestJpkiCa;
let spareKey: TestKey;
/** A test's own clock, far from the machine's. */
const clock = { time: Date.UTC(2027, 3, 1, 0, 0, 0), now: () => clock.time };

beforeAll(async () => {
  [jpki, spareKey] = await Promise.all([createTestJpkiCa({ now: new Date(clock.time) }), generateTestKey()]);
  service = await startRemoteService({ clock, jpki });
  terminal = new RemoteTerminal(service);
});

beforeEach(() => {
  clock.time = Date.UTC(2027, 3, 1, 0, 0, 0);
  service.control.disarm();
});

afterAll(async () => {
  await terminal.close();
  await service.close();
  expect(service.errors).toEqual([]);
});

describe('the device grant', () => {
  async function discovered(): Promise<openid.Configuration> {
    const { issuer, clientId } = service.addresses.csc;
    return openid.discovery(new URL(issuer), clientId, { [openid.clockSkew]: Math.round((clock.time - Date.now()) / 1000) }, openid.None(), {
      algorithm: 'oauth2',
      [openid.customFetch]: terminal.fetch,
    });
  }

  it('is found by RFC 8414 and spoken by openid-client', async () => {
    const config = await discovered();
    expect(config.serverMetadata().authorization_endpoint).toBeUndefined();
    const started = await openid.initiateDeviceAuthorization(config, {
      scope: 'openid profile service',
      authorization_details: JSON.stringify([{ type: 'hpki_sign_in', number: '482', terminal: '診察室１', doctor: '医者　三郎' }]),
    });
    expect(started).toMatchObject({ expires_in: 120, interval: 2 });
    expect(started.verification_uri_complete).toBe(`${service.addresses.phone}/s/${started.user_code}`);
    const polled = openid.pollDeviceAuthorizationGrant(config, started);
    const signIn = service.signIns.find(started.user_code);
    expect(await signIn?.tryNumber('phone', '482')).toBe('right');
    expect(await signIn?.approve('phone', service.people.person('doctor'))).toBe('approved');
    const tokens = await polled;
    expect(tokens.claims()).toMatchObject({ sub: 'hpki-2nd-0001', iat: clock.time / 1000, exp: clock.time / 1000 + 64_800 });
    await openid.tokenRevocation(config, tokens.access_token);
    expect((await terminal.csc('credentials/list', {}, tokens.access_token)).status).toBe(401);
  });

  it('slows down a client that polls too early, by five seconds each time', async () => {
    const { device_code: code } = await terminal.deviceCode();
    const errorAfter = async (seconds: number): Promise<unknown> => {
      clock.time += seconds * 1000;
      return (await terminal.poll(code)).body['error'];
    };
    expect(await errorAfter(2)).toBe('authorization_pending');
    expect(await errorAfter(2)).toBe('authorization_pending');
    expect(await errorAfter(1)).toBe('slow_down');
    expect(await errorAfter(2)).toBe('slow_down');
    expect(await errorAfter(7)).toBe('slow_down');
    expect(await errorAfter(17)).toBe('authorization_pending');
  });

  it('says slow_down once where that is armed, and the client waits longer from then on', async () => {
    const { device_code: code } = await terminal.deviceCode();
    service.control.arm({ kind: 'slow-down' });
    expect((await terminal.poll(code)).body['error']).toBe('slow_down');
    clock.time += 2_000;
    expect((await terminal.poll(code)).body['error']).toBe('slow_down');
    clock.time += 12_000;
    expect((await terminal.poll(code)).body['error']).toBe('authorization_pending');
  });

  it.each([
    [undefined],
    [[]],
    [[{ type: 'hpki_sign_in', number: '1', terminal: 'a', doctor: 'b' }]],
    [[{ type: 'hpki_sign_in', number: 'abc', terminal: 'a', doctor: 'b' }]],
    [[{ type: 'hpki_sign_in', number: '482', terminal: 'a' }]],
    [[{ type: 'hpki_sign_in', number: '482', terminal: 'a', doctor: 'b', address: 'c' }]],
    [[{ type: 'something_else' }]],
    [Array.from({ length: 2 }, () => ({ type: 'hpki_sign_in', number: '482', terminal: 'a', doctor: 'b' }))],
  ])('gives no code for %j', async (details) => {
    expect(await terminal.requestDeviceCode(details)).toMatchObject({ status: 400, body: { error: 'invalid_authorization_details' } });
  });

  it('names the facility of the client certificate, whatever the request says', async () => {
    const { user_code: code } = await terminal.deviceCode('482', { facility: '別の病院' });
    expect(service.signIns.find(code)?.display.facility).toBe('テスト　架空内科クリニック');
  });

  it('forgets nothing across midnight: 18 hours are 18 hours', async () => {
    clock.time = Date.UTC(2027, 3, 1, 9, 30);
    const token = await terminal.tokenOf('doctor');
    clock.time = Date.UTC(2027, 3, 2, 3, 29);
    expect((await terminal.csc('credentials/list', {}, token)).status).toBe(200);
    clock.time = Date.UTC(2027, 3, 2, 3, 30, 1);
    expect((await terminal.csc('credentials/list', {}, token)).body['error']).toBe('expired_token');
  });
});

describe('one sign-in', () => {
  async function started() {
    const code = await terminal.deviceCode('482');
    const signIn = service.signIns.find(code.user_code);
    if (signIn === undefined) throw new Error('the desk does not know the code');
    return { code, signIn, doctor: service.people.person('doctor') };
  }

  it('belongs to the phone that scanned it first', async () => {
    const { signIn, doctor } = await started();
    expect(signIn.scan('first')).toBe('ours');
    expect(signIn.scan('second')).toBe('other-phone');
    expect(await signIn.tryNumber('second', '482')).toBe('over');
    await signIn.tryNumber('first', '482');
    expect(await signIn.approve('second', doctor)).toBe('over');
    expect(await signIn.approve('first', doctor)).toBe('approved');
    expect(await signIn.approve('first', doctor)).toBe('over');
  });

  it('is not approved without the number', async () => {
    const { code, signIn, doctor } = await started();
    expect(await signIn.approve('phone', doctor)).toBe('over');
    expect((await terminal.poll(code.device_code)).body['error']).toBe('authorization_pending');
  });

  it('is not approved when its time is over', async () => {
    const { code, signIn, doctor } = await started();
    await signIn.tryNumber('phone', '482');
    clock.time += 120_000;
    expect(await signIn.approve('phone', doctor)).toBe('over');
    expect((await terminal.poll(code.device_code)).body['error']).toBe('expired_token');
  });
});

describe('a card’s assertion (RFC 7523)', () => {
  const authentication = (departure: Parameters<TestCa['issue']>[0] | object = {}, ca: TestCa = service.trust.ca): Promise<IssuedCertificate> =>
    ca.issue({ ...service.people.person('doctor').certificate, kind: 'authentication', ...departure }, spareKey);

  const assertionBy = ({ certificate, privateKey }: IssuedCertificate, departure: Partial<AssertionParts> = {}): string =>
    cardAssertion(service, { certificate: certificate.der, privateKey, ...departure });

  it('is exchanged for a token of the person whom the certificate names', async () => {
    const { status, body } = await terminal.assert(assertionBy(await authentication()));
    expect(status).toBe(200);
    expect(body).toMatchObject({ expires_in: 64_800, token_type: 'Bearer', scope: 'service' });
    const claims = JSON.parse(Buffer.from(String(body['id_token']).split('.')[1] ?? '', 'base64url').toString('utf8')) as unknown;
    expect(claims).toMatchObject({ sub: 'hpki-2nd-0001', acr: 'HPKI', amr: ['sc', 'pin'], iat: clock.time / 1000 });
    expect((await terminal.csc('credentials/list', {}, String(body['access_token']))).body['credentialIDs']).toEqual(['hpki-second-hpki-2nd-0001']);
  });

  it('of a My Number card is exchanged once the card is enrolled', async () => {
    const card = await jpki.issueAuthentication({}, spareKey);
    expect((await terminal.assert(assertionBy(card))).body['error']).toBe('invalid_grant');
    service.people.enrol(card.certificate, service.people.person('dentist'));
    const { body } = await terminal.assert(assertionBy(card));
    expect(JSON.parse(Buffer.from(String(body['id_token']).split('.')[1] ?? '', 'base64url').toString('utf8'))).toMatchObject({ sub: 'hpki-2nd-0004', acr: 'JPKI' });
  });

  it('serves once', async () => {
    const assertion = assertionBy(await authentication());
    expect((await terminal.assert(assertion)).status).toBe(200);
    const again = await terminal.assert(assertion);
    expect(again).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
    expect(again.body['error_description']).toContain('used before');
  });

  const { privateKey: ecKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });

  it.each<[string, string, () => Promise<string>]>([
    ['another audience', 'another audience', async () => assertionBy(await authentication(), { claims: { aud: 'https://elsewhere.example' } })],
    ['an assertion that has run out', 'expired, from the future', async () => assertionBy(await authentication(), { claims: { iat: clock.time / 1000 - 400, exp: clock.time / 1000 - 200 } })],
    ['an assertion from the future', 'expired, from the future', async () => assertionBy(await authentication(), { claims: { iat: clock.time / 1000 + 120, exp: clock.time / 1000 + 240 } })],
    ['an assertion that lives for an hour', 'alive for too long', async () => assertionBy(await authentication(), { claims: { exp: clock.time / 1000 + 3600 } })],
    ['an assertion without identifier', 'claims of the assertion', async () => assertionBy(await authentication(), { claims: { jti: undefined } })],
    ['another algorithm', 'header of the assertion', async () => assertionBy(await authentication(), { header: { alg: 'PS256' } })],
    ['no algorithm', 'header of the assertion', async () => assertionBy(await authentication(), { header: { alg: 'none' } })],
    ['no certificate', 'header of the assertion', async () => assertionBy(await authentication(), { header: { x5c: [] } })],
    ['another key than the certificate’s', 'signature does not hold', async () => assertionBy({ ...(await authentication()), privateKey: (await generateTestKey()).privateKey })],
    ['a key of another kind', 'signature does not hold', async () => assertionBy({ ...(await authentication()), privateKey: ecKey })],
    ['a signing certificate', 'not a valid authentication certificate', async () => assertionBy(await authentication({ kind: 'signing' }))],
    ['another policy', 'not a valid authentication certificate', async () => assertionBy(await authentication({ policies: ['1.2.392.100495.1.5.1.1.0.1'] }))],
    ['an expired certificate', 'not a valid authentication certificate', async () => assertionBy(await authentication({ notBefore: new Date(clock.time - 2 * 86_400_000), notAfter: new Date(clock.time - 86_400_000) }))],
    ['a certificate of an unknown authority', 'not a valid authentication certificate', async () => assertionBy(await authentication({}, await createTestCa({ now: new Date(clock.time) })))],
    ['the signing certificate of a My Number card', 'not a valid authentication certificate', async () => assertionBy(await jpki.issueSigning({}, spareKey))],
    ['somebody who is not registered', 'nobody who is registered', async () => assertionBy(await authentication({ registration: 'TEST9999' }))],
    ['no JWS at all', 'header of the assertion', () => Promise.resolve('a.b')],
  ])('is refused: %s (%s)', async (_what, reason, make) => {
    const { status, body } = await terminal.assert(await make());
    expect({ status, error: body['error'] }).toEqual({ status: 400, error: 'invalid_grant' });
    expect(body['error_description']).toContain(reason);
  });
});
