import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLog } from '../../../../src/agent/log.ts';
import type { SecretStore } from '../../../../src/agent/ports.ts';
import type { RemoteToken } from '../../../../src/agent/remote/remote-provider.ts';
import { memoryTokenStore } from '../../../../src/agent/tokens/memory-token-store.ts';
import { openTokenStore, sealingLogon } from '../../../../src/agent/tokens/open-token-store.ts';
import { SealedTokenStore } from '../../../../src/agent/tokens/sealed-token-store.ts';
import type { OsLogin } from '../../../../src/native/peer/os-login.ts';
import type { TokenOwner, TokenStore } from '../../../../src/agent/tokens/token-store.ts';
import { secretsIn } from '../../../support/canaries.ts';
import { memorySecrets, today, TurnedClock } from '../signing/signing-desk.ts';

const owner: TokenOwner = { clientId: 'ehr-1', staffId: 'D0012', provider: 'csc' };
const hour = 3_600_000;
const bearer = 'bearer-canary-7f3a91';

let folder: string;
let file: string;
let clock: TurnedClock;
let secrets: SecretStore;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'hpki-tokens-'));
  file = path.join(folder, 'tokens.json');
  clock = new TurnedClock();
  secrets = memorySecrets();
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const token = (changes: Partial<RemoteToken> = {}): RemoteToken => ({
  subject: 'sub-1',
  method: 'smartphone',
  expiresAt: new Date(today.getTime() + 18 * hour),
  secret: new Uint8Array(Buffer.from(bearer)),
  ...changes,
});
const login: OsLogin = { bootedAt: today.getTime() - hour, session: '3e7a' };
const sealed = (now: OsLogin = login): SealedTokenStore => new SealedTokenStore({ file, secrets, clock, log: silentLog, login: now });
const memory = (): TokenStore => memoryTokenStore(clock);
const textOf = (found: RemoteToken | undefined): string | undefined => found && Buffer.from(found.secret).toString();

describe.each([['in memory', memory], ['sealed', sealed]] as const)('tokens %s', (_where, open) => {
  it('belong to one client, one staff member and one provider', async () => {
    const store = open();
    await store.put(owner, token());
    expect(textOf(await store.get(owner))).toBe(bearer);
    for (const other of [{ ...owner, clientId: 'ehr-2' }, { ...owner, staffId: 'D0013' }, { ...owner, provider: 'kagura' }]) {
      expect(await store.get(other)).toBeUndefined();
    }
  });

  it('are replaced and removed one by one, and told without their secret', async () => {
    const store = open();
    await store.put(owner, token());
    await store.put(owner, token({ subject: 'sub-2' }));
    await store.put({ ...owner, staffId: 'D2' }, token());
    expect((await store.list()).map((kept) => [kept.owner.staffId, kept.subject]).sort()).toEqual([['D0012', 'sub-2'], ['D2', 'sub-1']]);
    expect(JSON.stringify(await store.list())).not.toContain('secret');
    await store.delete(owner);
    expect(await store.get(owner)).toBeUndefined();
    expect(await store.list()).toHaveLength(1);
  });

  it('are gone at the very moment of their end', async () => {
    const store = open();
    await store.put(owner, token());
    clock.advance(18 * hour - 1);
    expect(await store.get(owner)).toBeDefined();
    clock.advance(1);
    expect(await store.get(owner)).toBeUndefined();
    expect(await store.list()).toEqual([]);
  });

  it('are not touched by what the caller does with the bytes', async () => {
    const store = open();
    const mine = token();
    await store.put(owner, mine);
    mine.secret.fill(0);
    (await store.get(owner))?.secret.fill(0);
    expect(textOf(await store.get(owner))).toBe(bearer);
  });
});

describe('a sealed file', () => {
  it('is readable by its user alone, outlives the process, and holds no secret in clear', async () => {
    await sealed().put(owner, token());
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(secretsIn(readFileSync(file, 'latin1'), { bearer })).toEqual([]);
    expect(textOf(await sealed().get(owner))).toBe(bearer);
  });

  it('holds nothing any more once a token has ended, and a new key comes with the next one', async () => {
    await sealed().put(owner, token());
    const [before, key] = [readFileSync(file, 'utf8'), await secrets.get('token-key')];
    await sealed().delete(owner);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({ version: 1, tokens: [] });
    await sealed().put(owner, token());
    expect(await secrets.get('token-key')).not.toEqual(key);
    // The file of before, from a backup, opens under no key that is still anywhere.
    writeFileSync(file, before);
    expect(await sealed().get(owner)).toBeUndefined();
  });

  it('opens nothing that was moved to another owner, or that lives longer than it was given', async () => {
    const changes = fc.record(
      {
        clientId: fc.string(),
        staffId: fc.string(),
        provider: fc.string(),
        subject: fc.string(),
        method: fc.constantFrom('hpki-card', 'mynumber-card'),
        expiresAt: fc.integer({ min: today.getTime() + 19 * hour, max: today.getTime() + 99 * hour }),
        storedAt: fc.integer({ min: 0, max: today.getTime() - 1 }),
      },
      { requiredKeys: [] },
    );
    await fc.assert(
      fc.asyncProperty(changes, async (changed) => {
        fc.pre(Object.keys(changed).length > 0);
        await sealed().put(owner, token());
        const content = JSON.parse(readFileSync(file, 'utf8')) as { tokens: [TokenOwner] };
        const touched = { ...content.tokens[0], ...changed };
        writeFileSync(file, JSON.stringify({ ...content, tokens: [touched] }));
        expect(await sealed().get({ clientId: touched.clientId, staffId: touched.staffId, provider: touched.provider })).toBeUndefined();
      }),
      { numRuns: 60 },
    );
  });

  it.each<[string, OsLogin]>([
    ['logon', { ...login, session: '4b10' }],
    ['run of the machine', { ...login, bootedAt: today.getTime() - hour + 6 * 60_000 }],
  ])('serves no later %s: a program that was killed could not remove it', async (_what, later) => {
    await sealed().put(owner, token());
    expect(await sealed(later).list()).toEqual([]);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({ version: 1, tokens: [] });
  });

  it('hands out once what an ended logon has left, without its secret where its key is gone', async () => {
    const later = { ...login, session: '4b10' };
    await sealed().put(owner, token());
    await sealed().put({ ...owner, staffId: 'D2' }, token({ expiresAt: new Date(today.getTime() + hour) }));
    expect(await sealed().takeLeft()).toEqual([]);
    clock.advance(2 * hour);
    const store = sealed(later);
    const left = await store.takeLeft();
    expect(left.map((one) => [one.owner, one.subject, one.secret && Buffer.from(one.secret).toString()])).toEqual([[owner, 'sub-1', bearer], [{ ...owner, staffId: 'D2' }, 'sub-1', null]]);
    expect(left.map(({ why }) => why)).toEqual(['log_off', 'expired']);
    expect(await store.takeLeft()).toEqual([]);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({ version: 1, tokens: [] });
    await store.put(owner, token());
    const locked: SecretStore = { ...secrets, get: () => Promise.reject(new Error('locked')) };
    const next = new SealedTokenStore({ file, secrets: locked, clock, log: silentLog, login });
    expect(await next.takeLeft()).toMatchObject([{ owner, secret: null }]);
  });

  it('cannot be told that its logon is the one of now', async () => {
    const later = { ...login, session: '4b10' };
    await sealed().put(owner, token());
    writeFileSync(file, readFileSync(file, 'utf8').replace('"3e7a"', '"4b10"'));
    expect(await sealed(later).list()).toHaveLength(1);
    expect(await sealed(later).get(owner)).toBeUndefined();
  });

  it('serves the same logon where the clock was set a little meanwhile', async () => {
    await sealed().put(owner, token());
    expect(textOf(await sealed({ ...login, bootedAt: today.getTime() - hour + 60_000 }).get(owner))).toBe(bearer);
  });

  it('opens nothing whose ciphertext was touched, and drops it', async () => {
    await sealed().put(owner, token());
    const content = JSON.parse(readFileSync(file, 'utf8')) as { tokens: [{ sealed: string }] };
    const bytes = Buffer.from(content.tokens[0].sealed, 'base64');
    for (const at of [0, 12, bytes.length - 1]) {
      const touched = Buffer.from(bytes);
      touched[at] = (touched[at] ?? 0) ^ 1;
      writeFileSync(file, JSON.stringify({ ...content, tokens: [{ ...content.tokens[0], sealed: touched.toString('base64') }] }));
      const store = sealed();
      expect(await store.get(owner)).toBeUndefined();
      expect(await store.list()).toEqual([]);
    }
  });

  it('opens nothing under another key', async () => {
    await sealed().put(owner, token());
    await secrets.set('token-key', new Uint8Array(32));
    expect(await sealed().get(owner)).toBeUndefined();
    await sealed().put(owner, token());
    await secrets.set('token-key', new Uint8Array(16));
    expect(await sealed().get(owner)).toBeUndefined();
  });

  it('from before a clock that was set back holds nothing that could be used, because nobody knows how long it still lives', async () => {
    await sealed().put(owner, token());
    clock.advance(-30_000);
    expect(await sealed().get(owner)).toBeDefined();
    clock.advance(-2 * hour);
    expect(await sealed().get(owner)).toBeUndefined();
    clock.advance(3 * hour);
    expect(await sealed().get(owner)).toBeUndefined();
  });

  it('that cannot be read holds nothing, and is written anew', async () => {
    for (const content of ['', '{"version":2,"tokens":[]}', '[]', '{"version":1,"tokens":[{"clientId":1}]}']) {
      writeFileSync(file, content);
      const store = sealed();
      expect(await store.get(owner)).toBeUndefined();
      await store.put(owner, token());
      expect(textOf(await sealed().get(owner))).toBe(bearer);
    }
  });

  it('that cannot be written is STORAGE_FAILED, as is a key that cannot be kept', async () => {
    rmSync(folder, { recursive: true });
    await expect(sealed().put(owner, token())).rejects.toMatchObject({ problem: { code: 'STORAGE_FAILED' } });
    const broken = new SealedTokenStore({ file, clock, log: silentLog, login, secrets: { ...secrets, set: () => Promise.reject(new Error('locked')) } });
    await expect(broken.put(owner, token())).rejects.toMatchObject({ problem: { code: 'STORAGE_FAILED' } });
  });

  it('that was removed is not written again by what is deleted or put after that', async () => {
    const store = sealed();
    for (const staffId of [owner.staffId, 'D2', 'D3']) await store.put({ ...owner, staffId }, token());
    store.removeFromDisk();
    expect(store.survivesRestart).toBe(false);
    // Whatever is written now fails.
    rmSync(folder, { recursive: true });
    await store.delete(owner);
    await store.put(owner, token({ subject: 'sub-2' }));
    await store.delete({ ...owner, staffId: 'D2' });
    // To be revoked.
    expect(textOf(await store.get(owner))).toBe(bearer);
    expect((await store.list()).map((kept) => kept.subject).sort()).toEqual(['sub-1', 'sub-2']);
  });

  it('that was removed while a token was being put is gone when that is over', async () => {
    // Sooner and later within the put, until the put is over first.
    for (let [turns, isPut] = [1, false]; !isPut; turns *= 2) {
      const removing = sealed();
      const putting = removing.put(owner, token()).then(() => (isPut = true));
      for (let turn = 0; turn < turns; turn += 1) await new Promise((resolve) => setImmediate(resolve));
      const wasPut = isPut;
      removing.removeFromDisk();
      await putting;
      isPut = wasPut;
      expect(readdirSync(folder), `removed after ${turns} turns`).toEqual([]);
    }
  });

  it('is only made where the system has a key store and tells logons apart; elsewhere tokens stay in memory, and the log says so', () => {
    const said: string[] = [];
    const log = { ...silentLog, warn: (event: string) => said.push(event) };
    const place = (protection: SecretStore['protection']) => ({ file, clock, log, secrets: { ...secrets, protection } });
    expect(openTokenStore('sealed', place('os-keychain')).survivesRestart).toBe(true);
    expect(said).toEqual([]);
    for (const protection of ['user-only-file', 'memory'] as const) {
      expect(sealingLogon({ protection }, login)).toBe('no_key_store');
      expect(openTokenStore('sealed', place(protection)).survivesRestart).toBe(false);
    }
    expect(said).toEqual(['token.no_key_store', 'token.no_key_store']);
    expect(openTokenStore('memory', place('os-keychain')).survivesRestart).toBe(false);
    expect(openTokenStore('sealed', place('os-keychain'), () => null).survivesRestart).toBe(false);
    expect(said.at(-1)).toBe('token.logon_unknown');
  });

  it.each([['of a logon', login], ['of a system that names none', { bootedAt: null, session: '' }]] as const)('%s is taken to be revoked and removed where this logon is not known', async (_of, before) => {
    await sealed(before).put(owner, token());
    const store = openTokenStore('sealed', { file, clock, log: silentLog, secrets: { ...secrets, protection: 'os-keychain' } }, () => null);
    const left = await store.takeLeft();
    expect(left.map(({ secret }) => secret && Buffer.from(secret).toString())).toEqual([bearer]);
    expect(readdirSync(folder)).toEqual([]);
    expect(await store.list()).toEqual([]);
    await store.put(owner, token());
    expect(readdirSync(folder)).toEqual([]);
  });

  it('is revoked and removed where policy now keeps tokens in memory alone', async () => {
    await sealed(login).put(owner, token());
    const store = openTokenStore('memory', { file, clock, log: silentLog, secrets: { ...secrets, protection: 'os-keychain' } });
    expect((await store.takeLeft()).map(({ secret }) => secret && Buffer.from(secret).toString())).toEqual([bearer]);
    expect(readdirSync(folder)).toEqual([]);
  });
});
