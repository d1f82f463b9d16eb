/** What goes wrong on purpose: seen from a client with Node's own TLS, and through the control port. */
import { createHash, createPublicKey, verify, X509Certificate } from 'node:crypto';
import { Agent, fetch as undiciFetch } from 'undici';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { RemoteSnapshot } from '../../../src/sandbox/remote/faults/remote-control.ts';
import type { RemoteService } from '../../../src/sandbox/remote/remote-service.ts';
import { startRemoteService } from '../../../src/sandbox/remote/start-remote-service.ts';
import { RemoteTerminal, sha256Oid } from '../../support/remote-terminal.ts';

const credentialID = 'hpki-second-hpki-2nd-0001';
const document = 'a document';
const digest = createHash('sha256').update(document).digest('base64');

let service: RemoteService;
let terminal: RemoteTerminal;
let token: string;

beforeAll(async () => {
  service = await startRemoteService();
});

beforeEach(async () => {
  service.control.disarm();
  service.control.setClockOffset(0);
  // Connections that a fault has cut are not used again.
  terminal = new RemoteTerminal(service);
  token = await terminal.tokenOf('doctor');
  service.control.forgetCounts();
});

afterEach(() => terminal.close());

afterAll(async () => {
  await service.close();
  expect(service.errors).toEqual([]);
});

async function sign() {
  const body = { credentialID, hashes: [digest], hashAlgorithmOID: sha256Oid };
  const { body: authorized } = await terminal.csc('credentials/authorize', { ...body, numSignatures: 1 }, token);
  return terminal.csc('signatures/signHash', { ...body, SAD: authorized['SAD'], signAlgo: '1.2.840.113549.1.1.1' }, token);
}

const signHashCalls = (): unknown => service.control.snapshot().calls['csc.signatures.signHash'];

describe('on the wire', () => {
  afterEach(() => {
    service.control.refuseConnections('api', false);
  });

  it('429 with Retry-After and 503 do nothing, and pass', async () => {
    service.control.arm({ kind: 'status', status: 429, retryAfter: 3, on: 'csc.signatures.signHash' });
    const limited = await sign();
    expect(limited).toMatchObject({ status: 429, body: { error: 'temporarily_unavailable' } });
    expect(limited.headers.get('retry-after')).toBe('3');
    service.control.arm({ kind: 'status', status: 503, on: 'csc.signatures.signHash' });
    expect((await sign()).status).toBe(503);
    expect(service.signing.made).toEqual({});
    expect((await sign()).status).toBe(200);
    expect(signHashCalls()).toEqual({ received: 3, answered: { 429: 1, 503: 1, 200: 1 } });
  });

  it('a cut after the work leaves a signature that the client does not have', async () => {
    service.control.arm({ kind: 'cut-after-work', on: 'csc.signatures.signHash' });
    await expect(sign()).rejects.toThrow();
    expect(service.signing.made).toEqual({ doctor: 1 });
    expect(signHashCalls()).toEqual({ received: 1, answered: {} });
  });

  it.each(['cut-before-read', 'cut-after-read'] as const)('%s leaves nothing done', async (kind) => {
    service.control.arm({ kind, on: 'csc.signatures.signHash' });
    await expect(sign()).rejects.toThrow();
    expect(service.signing.made).toEqual({});
    expect((await sign()).status).toBe(200);
  });

  it('half-open: the request is taken, no answer comes, the connection stays', async () => {
    service.control.arm({ kind: 'half-open', on: 'csc.info' });
    const { facility, tlsCa } = service.trust;
    const dispatcher = new Agent({ connect: { ca: tlsCa.serverRoot, cert: facility.certificate, key: facility.privateKey } });
    const giveUp = new AbortController();
    let answered = false;
    const call = undiciFetch(`${service.addresses.csc.base}/info`, { method: 'POST', body: '{}', dispatcher, signal: giveUp.signal }).then(() => (answered = true));
    await expect.poll(() => service.calls.received('csc.info')).toBe(1);
    // Another call is served meanwhile.
    expect((await terminal.csc('info', {})).status).toBe(200);
    expect(answered).toBe(false);
    giveUp.abort();
    await expect(call).rejects.toThrow();
    await dispatcher.close();
  });

  it('latency holds the answer back', async () => {
    service.control.arm({ kind: 'latency', milliseconds: 300, on: 'csc.info' });
    const begun = performance.now();
    expect((await terminal.csc('info', {})).status).toBe(200);
    expect(performance.now() - begun).toBeGreaterThanOrEqual(290);
  });

  it('refused connections: nothing was received', async () => {
    service.control.refuseConnections('api', true);
    await expect(terminal.csc('info', {})).rejects.toThrow();
    service.control.refuseConnections('api', false);
    expect((await terminal.csc('info', {})).status).toBe(200);
    expect(service.calls.received('csc.info')).toBe(1);
  });

  it('an expired certificate, on connections that are open too', async () => {
    expect((await terminal.csc('info', {})).status).toBe(200);
    service.control.showCertificate('expired');
    await expect(terminal.csc('info', {})).rejects.toThrow();
    const newcomer = new RemoteTerminal(service);
    await expect(newcomer.csc('info', {})).rejects.toMatchObject({ cause: { code: 'CERT_HAS_EXPIRED' } });
    service.control.showCertificate('valid');
    expect((await newcomer.csc('credentials/list', {}, token)).status).toBe(200);
    // Client certificates are asked for as before.
    const stranger = new RemoteTerminal(service, null);
    await expect(stranger.csc('info', {})).rejects.toThrow();
    await Promise.all([newcomer.close(), stranger.close()]);
  });

  it('a clock that is off: HTTP Date says so', async () => {
    service.control.setClockOffset(400_000);
    const answers = [await terminal.csc('info', {}), await terminal.csc('nothing/is/here', {})];
    expect(answers.map(({ status }) => status)).toEqual([200, 404]);
    for (const { headers } of answers) expect(Math.abs(Date.parse(headers.get('date') ?? '') - Date.now() - 400_000)).toBeLessThan(10_000);
  });

  it('hits after so many calls, so many times', async () => {
    service.control.arm({ kind: 'status', status: 500, on: 'csc.info', after: 1, times: 2 });
    const statuses: number[] = [];
    for (let call = 0; call < 4; call += 1) statuses.push((await terminal.csc('info', {})).status);
    expect(statuses).toEqual([200, 500, 500, 200]);
  });
});

describe('in what is said and signed', () => {
  async function signatureHolds(): Promise<boolean> {
    const [signature = ''] = (await sign()).body['signatures'] as readonly string[];
    const { certificate } = await service.people.secondCertificate(service.people.person('doctor'));
    const key = createPublicKey(new X509Certificate(certificate.der).publicKey.export({ type: 'spki', format: 'pem' }));
    return verify('RSA-SHA256', Buffer.from(document), key, Buffer.from(signature, 'base64'));
  }

  it('another hash is signed', async () => {
    expect(await signatureHolds()).toBe(true);
    service.control.arm({ kind: 'wrong-hash' });
    expect(await signatureHolds()).toBe(false);
    expect(await signatureHolds()).toBe(true);
  });

  it('another key signs', async () => {
    service.control.arm({ kind: 'wrong-certificate', whose: 'other-doctor', on: 'csc.signatures.signHash' });
    expect(await signatureHolds()).toBe(false);
  });

  it('another certificate is listed', async () => {
    service.control.arm({ kind: 'wrong-certificate', whose: 'wrong-role', on: 'csc.credentials.info' });
    const { body } = await terminal.csc('credentials/info', { credentialID, certInfo: true }, token);
    expect((body['cert'] as { subjectDN: string }).subjectDN).toContain('CHOZAI HANAKO');
  });

  it('tokens end in the middle of a batch', async () => {
    service.control.arm({ kind: 'revoke-tokens', on: 'csc.signatures.signHash', after: 1 });
    expect((await sign()).status).toBe(200);
    expect(await sign()).toMatchObject({ status: 401, body: { error: 'invalid_token' } });
    expect(service.signing.made).toEqual({ doctor: 1 });
  });
});

describe('the control port', () => {
  async function control(method: string, path: string, body?: unknown, type = 'application/json'): Promise<{ status: number; body: unknown }> {
    const answer = await fetch(`${service.addresses.control}${path}`, {
      method,
      ...(body === undefined ? {} : { headers: { 'Content-Type': type }, body: JSON.stringify(body) }),
    });
    return { status: answer.status, body: await answer.json() };
  }

  it('arms and disarms', async () => {
    const armed = await control('POST', '/faults', { kind: 'status', status: 503, on: 'csc.info' });
    expect((armed.body as RemoteSnapshot).armed).toEqual([{ kind: 'status', status: 503, on: 'csc.info', after: 0, times: 1 }]);
    expect((await terminal.csc('info', {})).status).toBe(503);
    await control('POST', '/faults', { kind: 'half-open', times: null });
    expect(((await control('DELETE', '/faults')).body as RemoteSnapshot).armed).toEqual([]);
    expect((await terminal.csc('info', {})).status).toBe(200);
  });

  it('refuses what it does not know, and what a web page could post', async () => {
    expect((await control('POST', '/faults', { kind: 'flood' })).status).toBe(400);
    expect((await control('POST', '/faults', { kind: 'status', status: 200 })).status).toBe(400);
    expect((await control('POST', '/faults', { kind: 'half-open' }, 'text/plain')).status).toBe(415);
    expect(service.control.snapshot().armed).toEqual([]);
  });

  it('moves the clock, revokes, counts, issues tickets and names addresses', async () => {
    await control('PUT', '/clock', { offset: 60_000 });
    expect(service.clock.offset).toBe(60_000);
    await control('PUT', '/clock', { offset: 0 });
    await control('POST', '/tokens/revoke', {});
    expect((await terminal.csc('credentials/list', {}, token)).status).toBe(401);
    expect((await control('GET', '/state')).body).toMatchObject({ calls: { 'csc.credentials.list': { received: 1, answered: { 401: 1 } } } });
    await control('DELETE', '/calls');
    expect((await control('POST', '/tickets', { person: 'nurse' })).body).toMatchObject({ url: expect.stringContaining('/register/') as string });
    expect((await control('GET', '/addresses')).body).toEqual(JSON.parse(JSON.stringify(service.addresses)));
    expect(service.calls.received('csc.credentials.list')).toBe(0);
  });
});
