/** The sandbox's time-stamps (RFC 3161), asked for and verified by OpenSSL. */
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Agent, request } from 'undici';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { RemoteService } from '../../../src/sandbox/remote/remote-service.ts';
import { startRemoteService } from '../../../src/sandbox/remote/start-remote-service.ts';
import { describeWith, programPath } from '../../support/machine.ts';

describeWith(['openssl'], 'the time-stamp authority', () => {
  let service: RemoteService;
  let folder: string;
  let browser: Agent;
  const file = (name: string): string => path.join(folder, name);
  const openssl = (...args: string[]): string => execFileSync(programPath('openssl'), ['ts', ...args], { cwd: folder, encoding: 'utf8', stdio: 'pipe' });

  beforeAll(async () => {
    service = await startRemoteService();
    folder = await mkdtemp(path.join(tmpdir(), 'tsa-'));
    browser = new Agent({ connect: { ca: service.trust.tlsCa.serverRoot } });
    writeFileSync(file('data'), 'a signature value');
    writeFileSync(file('root.pem'), service.trust.tsa.root);
  });
  afterAll(async () => {
    await browser.close();
    await service.close();
    await rm(folder, { recursive: true });
    expect(service.errors).toEqual([]);
  });

  async function stamp(query: Uint8Array, type = 'application/timestamp-query'): Promise<Buffer> {
    const answer = await request(service.addresses.timeStamps, { method: 'POST', dispatcher: browser, headers: { 'content-type': type }, body: Buffer.from(query) });
    expect([answer.statusCode, answer.headers['content-type']]).toEqual([200, 'application/timestamp-reply']);
    return Buffer.from(await answer.body.arrayBuffer());
  }
  async function ask(...options: string[]): Promise<string> {
    openssl('-query', '-data', 'data', '-out', 'query', ...options);
    writeFileSync(file('reply'), await stamp(readFileSync(file('query'))));
    return openssl('-reply', '-in', 'reply', '-text');
  }

  it.each(['-sha256', '-sha384', '-sha512'])('stamps what was asked for, with its certificate and nonce (%s)', async (hash) => {
    const text = await ask(hash, '-cert');
    expect(text).toContain('Status: Granted.');
    expect(text).toContain('Policy OID: 2.999.3161.1');
    expect(openssl('-verify', '-queryfile', 'query', '-in', 'reply', '-CAfile', 'root.pem')).toContain('Verification: OK');
  });

  it('stamps by the service\'s clock', async () => {
    service.control.setClockOffset(3_600_000);
    const text = await ask('-sha256', '-cert');
    service.control.setClockOffset(0);
    const stamped = Date.parse(/Time stamp: (.*)/.exec(text)?.[1] ?? '');
    expect(Math.abs(stamped - Date.now() - 3_600_000)).toBeLessThan(60_000);
  });

  it('has a certificate for the days of that clock', async () => {
    const now = Date.parse('2045-04-01T00:00:00Z');
    const later = await startRemoteService({ clock: { now: () => now } });
    const { notBefore, notAfter } = later.trust.tsa.certificate;
    await later.close();
    expect(notBefore.getTime()).toBeLessThan(now);
    expect(notAfter.getTime()).toBeGreaterThan(now);
  });

  it('leaves the certificate out where it is not asked for, and answers without a nonce where none was sent', async () => {
    expect(await ask('-sha256', '-no_nonce')).toContain('Nonce: unspecified');
    const without = readFileSync(file('reply')).length;
    await ask('-sha256', '-no_nonce', '-cert');
    expect(readFileSync(file('reply')).length - without).toBeGreaterThan(500);
  });

  it('fits no other data and no other query', async () => {
    await ask('-sha256', '-cert');
    writeFileSync(file('other'), 'another signature value');
    const verify = (...args: string[]) => spawnSync(programPath('openssl'), ['ts', '-verify', '-in', 'reply', '-CAfile', 'root.pem', ...args], { cwd: folder, encoding: 'utf8' }).status;
    expect(verify('-data', 'data')).toBe(0);
    expect(verify('-data', 'other')).not.toBe(0);
    openssl('-query', '-data', 'data', '-sha256', '-out', 'query');
    expect(verify('-queryfile', 'query')).not.toBe(0);
  });

  it.each([
    ['another hash', ['-sha1'], 'unrecognized or unsupported algorithm identifier'],
    ['another policy', ['-sha256', '-tspolicy', '1.2.3.4'], 'the requested TSA policy is not supported'],
  ])('refuses %s by its name', async (_what, options, words) => {
    const text = await ask(...options);
    expect(text).toContain('Status: Rejected.');
    expect(text).toContain(words);
  });

  it.each([
    ['what is no request', Buffer.from('hello'), 'application/timestamp-query', 'the data submitted has the wrong format'],
    ['another type of body', Buffer.from('{}'), 'application/json', 'transaction not permitted or supported'],
  ])('refuses %s', async (_what, body, type, words) => {
    writeFileSync(file('reply'), await stamp(body, type));
    expect(openssl('-reply', '-in', 'reply', '-text')).toContain(words);
  });
});
