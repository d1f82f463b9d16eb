/** The sandbox's CSC API over real TLS: what the specification asks for, and its errors word for word. */
import { createHash, createPublicKey, verify, X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { RemoteService } from '../../../src/sandbox/remote/remote-service.ts';
import { startRemoteService } from '../../../src/sandbox/remote/start-remote-service.ts';
import { RemoteTerminal, sha256Oid } from '../../support/remote-terminal.ts';

const credentialID = 'hpki-second-hpki-2nd-0001';
const rsa = '1.2.840.113549.1.1.1';
const sha256WithRsa = '1.2.840.113549.1.1.11';
const hashOf = (text: string): string => createHash('sha256').update(text).digest('base64');

let service: RemoteService;
let terminal: RemoteTerminal;
let token: string;

beforeAll(async () => {
  service = await startRemoteService({ multisign: 3 });
  terminal = new RemoteTerminal(service);
  token = await terminal.tokenOf('doctor');
});

afterAll(async () => {
  await terminal.close();
  await service.close();
  expect(service.errors).toEqual([]);
});

beforeEach(() => {
  service.control.disarm();
  service.clock.offset = 0;
});

async function authorize(hashes: readonly string[]): Promise<string> {
  const answer = await terminal.csc('credentials/authorize', { credentialID, numSignatures: hashes.length, hashes, hashAlgorithmOID: sha256Oid }, token);
  expect(answer.status).toBe(200);
  return String(answer.body['SAD']);
}

const signHash = (sad: string, hashes: readonly string[], departure: Readonly<Record<string, unknown>> = {}) =>
  terminal.csc('signatures/signHash', { credentialID, SAD: sad, hashes, hashAlgorithmOID: sha256Oid, signAlgo: rsa, ...departure }, token);

/** The certificate that the service lists for the doctor. */
async function listedCertificate(): Promise<X509Certificate> {
  const { body } = await terminal.csc('credentials/info', { credentialID, certificates: 'single' }, token);
  const [certificate = ''] = (body['cert'] as { certificates: readonly string[] }).certificates;
  return new X509Certificate(Buffer.from(certificate, 'base64'));
}

describe('what a terminal asks', () => {
  it('says what it can do without a token', async () => {
    const { status, body } = await terminal.csc('info', {});
    expect(status).toBe(200);
    expect(body).toMatchObject({ specs: '2.0.0.2', oauth2Issuer: service.addresses.csc.issuer });
    expect(body['methods']).toContain('signatures/signHash');
  });

  it('lists the one credential of the person, with its chain up to the root', async () => {
    const { body } = await terminal.csc('credentials/list', { credentialInfo: true, certificates: 'chain', certInfo: true, authInfo: true }, token);
    expect(body['credentialIDs']).toEqual([credentialID]);
    const [info] = body['credentialInfos'] as readonly { cert: { certificates: readonly string[]; subjectDN: string; status: string }; multisign: number; SCAL: string }[];
    expect(info).toMatchObject({ credentialID, multisign: 3, SCAL: '2', key: { status: 'enabled', len: 2048 }, auth: { mode: 'explicit', objects: [] } });
    expect(info?.cert).toMatchObject({ status: 'valid' });
    expect(info?.cert.subjectDN).toContain('CN=TEST ISHA SABURO');
    const [leaf, ca, root] = (info?.cert.certificates ?? []).map((der) => new X509Certificate(Buffer.from(der, 'base64')));
    expect(leaf?.verify(createPublicKey(ca?.publicKey.export({ type: 'spki', format: 'pem' }) ?? ''))).toBe(true);
    expect(ca?.issuer).toBe(root?.subject);
  });

  it('signs a batch of hashes in their order, by the key of the listed certificate', async () => {
    const documents = ['one', 'two', 'three'];
    const hashes = documents.map(hashOf);
    const { status, body } = await signHash(await authorize(hashes), hashes);
    expect(status).toBe(200);
    const { publicKey } = await listedCertificate();
    const signatures = body['signatures'] as readonly string[];
    expect(signatures).toHaveLength(3);
    documents.forEach((document, index) => {
      expect(verify('RSA-SHA256', Buffer.from(document), publicKey, Buffer.from(signatures[index] ?? '', 'base64'))).toBe(true);
    });
  });
});

describe('authorization data', () => {
  const first = hashOf('first');

  it('signs only the hashes that it was made for', async () => {
    const { status, body } = await signHash(await authorize([first]), [hashOf('second')]);
    expect(status).toBe(400);
    expect(body).toEqual({ error: 'invalid_request', error_description: 'Hash is not authorized by the SAD' });
  });

  it('serves once', async () => {
    const sad = await authorize([first]);
    expect((await signHash(sad, [first])).status).toBe(200);
    expect((await signHash(sad, [first])).body).toEqual({ error: 'invalid_request', error_description: 'Invalid parameter SAD' });
  });

  it('serves two simultaneous calls once', async () => {
    const sad = await authorize([first]);
    const answers = await Promise.all([signHash(sad, [first]), signHash(sad, [first])]);
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 400]);
  });

  it('lives for five minutes', async () => {
    const sad = await authorize([first]);
    service.clock.offset = 300_000;
    expect((await signHash(sad, [first])).body['error_description']).toBe('SAD expired');
  });

  it('is for the person who asked for it', async () => {
    const sad = await authorize([first]);
    const other = await terminal.tokenOf('otherDoctor');
    const { body } = await terminal.csc('signatures/signHash', { credentialID: 'hpki-second-hpki-2nd-0003', SAD: sad, hashes: [first], hashAlgorithmOID: sha256Oid, signAlgo: rsa }, other);
    expect(body['error_description']).toBe('Invalid parameter SAD');
  });
});

describe('requests that are refused in the words of the specification', () => {
  const hash = hashOf('document');

  it.each([
    ['credentials/list', { userID: 'D0012' }, 'userID parameter MUST be null'],
    ['credentials/list', { certificates: 'all' }, 'Invalid parameter certificates'],
    ['credentials/info', {}, 'Missing (or invalid type) string parameter credentialID'],
    ['credentials/info', { credentialID: 'hpki-second-hpki-2nd-0003' }, 'Invalid parameter credentialID'],
    ['credentials/authorize', { credentialID, hashes: [hash], hashAlgorithmOID: sha256Oid }, 'Missing (or invalid type) integer parameter numSignatures'],
    ['credentials/authorize', { credentialID, numSignatures: 0, hashes: [hash], hashAlgorithmOID: sha256Oid }, 'Invalid value for parameter numSignatures'],
    ['credentials/authorize', { credentialID, numSignatures: 4, hashes: [hash], hashAlgorithmOID: sha256Oid }, 'Numbers of signatures is too high'],
    ['credentials/authorize', { credentialID, numSignatures: 1, hashes: [hash] }, 'Missing (or invalid type) string parameter hashAlgorithmOID'],
    ['credentials/authorize', { credentialID, numSignatures: 1, hashes: [hash], hashAlgorithmOID: '1.3.14.3.2.26' }, 'Invalid parameter hashAlgorithmOID'],
    ['credentials/authorize', { credentialID, numSignatures: 1 }, 'Missing (or invalid type) array parameter hashes'],
    ['credentials/authorize', { credentialID, numSignatures: 1, hashes: [] }, 'Empty hash array'],
    ['credentials/authorize', { credentialID, numSignatures: 1, hashes: ['?'], hashAlgorithmOID: sha256Oid }, 'Invalid Base64 hash string parameter'],
    ['credentials/authorize', { credentialID, numSignatures: 1, hashes: ['YWJj'], hashAlgorithmOID: sha256Oid }, 'Invalid digest value length'],
    ['signatures/signHash', { credentialID, hashes: [hash], signAlgo: rsa }, 'Missing (or invalid type) string parameter SAD'],
    ['signatures/signHash', { credentialID, SAD: 'made up', hashes: [hash], signAlgo: rsa }, 'Invalid parameter SAD'],
  ])('%s %j: %s', async (method, body, description) => {
    const answer = await terminal.csc(method, body, token);
    expect(answer.status).toBe(400);
    expect(answer.body).toEqual({ error: 'invalid_request', error_description: description });
  });

  it.each([
    [{ signAlgo: undefined }, 'Missing (or invalid type) string parameter signAlgo'],
    [{ signAlgo: '1.2.840.10045.4.3.2' }, 'Invalid parameter signAlgo'],
    [{ hashAlgorithmOID: undefined }, 'Missing (or invalid type) string parameter hashAlgorithmOID'],
    [{ operationMode: 'A' }, 'Invalid parameter operationMode'],
  ])('signHash with %j: %s, and the SAD is still good', async (departure, description) => {
    const sad = await authorize([hash]);
    expect((await signHash(sad, [hash], departure)).body).toEqual({ error: 'invalid_request', error_description: description });
    expect((await signHash(sad, [hash], { signAlgo: sha256WithRsa, hashAlgorithmOID: undefined })).status).toBe(200);
  });

  it('refuses a credential whose certificate has run out', async () => {
    service.clock.offset = 3 * 365 * 86_400_000;
    const late = await terminal.tokenOf('doctor');
    const { body } = await terminal.csc('credentials/authorize', { credentialID, numSignatures: 1, hashes: [hash], hashAlgorithmOID: sha256Oid }, late);
    const answer = await terminal.csc('signatures/signHash', { credentialID, SAD: body['SAD'], hashes: [hash], hashAlgorithmOID: sha256Oid, signAlgo: rsa }, late);
    expect(answer.body['error_description']).toBe('Signing certificate is expired');
  });
});

describe('tokens', () => {
  it('are asked for with 401', async () => {
    expect(await terminal.csc('credentials/list', {})).toMatchObject({ status: 401, body: { error: 'invalid_token' } });
    expect(await terminal.csc('credentials/list', {}, 'made-up')).toMatchObject({ status: 401, body: { error: 'invalid_token' } });
  });

  it('hold to the second for 18 hours of the service’s clock, across midnight', async () => {
    const fresh = await terminal.tokenOf('doctor');
    service.clock.offset = 18 * 3_600_000 - 120_000;
    expect((await terminal.csc('credentials/list', {}, fresh)).status).toBe(200);
    service.clock.offset = 18 * 3_600_000 + 1_000;
    expect(await terminal.csc('credentials/list', {}, fresh)).toMatchObject({ status: 401, body: { error: 'expired_token' } });
  });

  it('end when they are revoked, and revoking them again is no error (RFC 7009)', async () => {
    const fresh = await terminal.tokenOf('doctor');
    const revoke = () => terminal.form(`${service.addresses.api}/oauth2/revoke`, { client_id: service.addresses.csc.clientId, token: fresh });
    expect((await revoke()).status).toBe(200);
    expect((await terminal.csc('credentials/list', {}, fresh)).status).toBe(401);
    expect((await revoke()).status).toBe(200);
  });
});

describe('without the facility’s certificate', () => {
  it('nothing is served', async () => {
    const stranger = new RemoteTerminal(service, null);
    await expect(stranger.csc('info', {})).rejects.toThrow();
    const expired = new RemoteTerminal(service, await service.trust.tlsCa.issueFacility('期限切れ医院', service.trust.tlsCa.past));
    await expect(expired.csc('info', {})).rejects.toThrow();
    await Promise.all([stranger.close(), expired.close()]);
  });
});
