import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openClientFile } from '../../../../src/agent/api/client-file.ts';
import type { ClientRegistry, PolicyClient } from '../../../../src/agent/api/client-registry.ts';
import { silentLog } from '../../../../src/agent/log.ts';
import { sha256Hex, TestClock } from '../../../support/running-api.ts';

let folder: string;
let file: string;
let clock: TestClock;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'hpki-clients-'));
  file = path.join(folder, 'clients.json');
  clock = new TestClock();
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const open = (policyClients: readonly PolicyClient[] = []): Promise<ClientRegistry> =>
  openClientFile({ file, policyClients, tokenDays: 10, clock, log: silentLog });
const digest = (token: string): Buffer => createHash('sha256').update(token).digest();

describe('paired clients', () => {
  it('are there after a restart, with their Origin, times and name', async () => {
    const first = await open();
    const added = await first.add({ name: '電子カルテ', origin: 'https://ehr.example', tokenSha256: sha256Hex('a') });
    first.touch(added.id);
    await first.close();
    const found = (await open()).findByToken(digest('a'));
    expect(found).toEqual({ ...added, lastUsedAt: new Date(clock.now()) });
    expect(found?.expiresAt).toEqual(new Date(clock.now() + 10 * 86_400_000));
  });

  it('are kept by the hash of the token, readable by their user alone', async () => {
    await (await open()).add({ name: 'x', origin: null, tokenSha256: sha256Hex('the token') });
    expect(await readFile(file, 'utf8')).not.toContain('the token');
    expect((await stat(file)).mode & 0o077).toBe(0);
  });

  it('do not count after their time, nor after revocation, also after a restart', async () => {
    const clients = await open();
    const { id } = await clients.add({ name: 'x', origin: 'https://a.example', tokenSha256: sha256Hex('a') });
    await clients.add({ name: 'y', origin: 'https://b.example', tokenSha256: sha256Hex('b') });
    expect(await clients.revoke(id)).toBe(true);
    expect(await clients.revoke('nobody')).toBe(false);
    for (const registry of [clients, await open()]) {
      expect(registry.findByToken(digest('a'))).toBeUndefined();
      expect(registry.knowsOrigin('https://a.example')).toBe(false);
      expect(registry.findByToken(digest('b'))?.name).toBe('y');
    }
    clock.advance(10 * 86_400_000);
    expect(clients.findByToken(digest('b'))).toBeUndefined();
    expect(clients.knowsOrigin('https://b.example')).toBe(false);
    expect(clients.list().map(({ name, revoked }) => [name, revoked])).toEqual([['x', true], ['y', false]]);
  });

  it('cannot share a token', async () => {
    const clients = await open();
    await clients.add({ name: 'x', origin: null, tokenSha256: sha256Hex('a') });
    await expect(clients.add({ name: 'y', origin: null, tokenSha256: sha256Hex('a') })).rejects.toMatchObject({ problem: { code: 'REQUEST_INVALID' } });
  });

  it('are not added when they cannot be written', async () => {
    const clients = await open();
    await rm(folder, { recursive: true });
    await expect(clients.add({ name: 'x', origin: null, tokenSha256: sha256Hex('a') })).rejects.toMatchObject({ problem: { code: 'STORAGE_FAILED' } });
    expect(clients.list()).toEqual([]);
  });

  it('are not forgotten silently when the file is damaged', async () => {
    await writeFile(file, '{"version":1,"clients":[{"id":');
    await expect(open()).rejects.toMatchObject({ problem: { code: 'STORAGE_FAILED' } });
  });

  it('are all on disk when many are added at once', async () => {
    const clients = await open();
    await Promise.all(Array.from({ length: 20 }, (_, n) => clients.add({ name: `n${n}`, origin: null, tokenSha256: sha256Hex(`t${n}`) })));
    expect((await open()).list()).toHaveLength(20);
  });
});

describe('clients of machine policy', () => {
  const policy: readonly PolicyClient[] = [
    { name: 'Web', origin: 'HTTPS://EHR.Example:443/', tokenSha256: sha256Hex('w') },
    { name: 'Native', native: true, tokenSha256: sha256Hex('n') },
    { name: 'Misspelt', origin: 'https://ehr.example/path', tokenSha256: sha256Hex('m') },
  ];

  it('count without being written, with the Origin as browsers spell it', async () => {
    const clients = await open(policy);
    expect(clients.findByToken(digest('w'))).toMatchObject({ origin: 'https://ehr.example', expiresAt: null, source: 'policy' });
    expect(clients.findByToken(digest('n'))).toMatchObject({ origin: null });
    await clients.add({ name: 'x', origin: null, tokenSha256: sha256Hex('a') });
    expect(await readFile(file, 'utf8')).not.toContain('Native');
  });

  it('keep their id over restarts, and cannot be revoked by a user', async () => {
    const clients = await open(policy);
    const id = clients.findByToken(digest('n'))?.id ?? '';
    expect((await open(policy)).findByToken(digest('n'))?.id).toBe(id);
    expect(await clients.revoke(id)).toBe(false);
    expect(clients.isLive(id)).toBe(true);
  });

  it('with an Origin that is none are left out and never become native ones', async () => {
    expect((await open(policy)).findByToken(digest('m'))).toBeUndefined();
  });
});
