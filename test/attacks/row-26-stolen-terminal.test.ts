/**
 * Row 26, the terminal's part: a stolen disk or a copied profile holds a day's authentication. Here a token lies on the disk
 * sealed, and its key lies in the system's key store, which a copy of the folder does not have: the copy opens nothing and is
 * asked to authenticate. Where the system has no key store, no token is written at all. At the sandbox's service.
 */
import { cpSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { SecretStore } from '../../src/agent/ports.ts';
import { openTemporaryFolder } from '../../src/sandbox/temporary-folder.ts';
import { RemoteClinic, sessionOf, signRemotely } from '../support/remote-clinic.ts';
import { codeOf, otherEhrToken, type RunningAgent } from '../support/running-agent.ts';
import { memorySecrets } from '../support/network/test-network.ts';

vi.setConfig({ testTimeout: 120_000 });

let at: RemoteClinic;
beforeAll(async () => {
  at = await RemoteClinic.open();
});
afterEach(() => at.endAgents());
afterAll(() => at.close());

/** A key store as the system has one: outside of the agent's folder. */
const keyStore = (): ReturnType<typeof memorySecrets> => ({ ...memorySecrets(), protection: 'os-keychain' });
/** Not a key under which the journal holds an answer. */
const fresh = { key: 'a-key-of-the-thief' };
const sealed = { remote: { keepTokens: 'sealed' } } as const;

async function authenticated(secrets: SecretStore): Promise<RunningAgent> {
  const running = await at.ready('csc', sealed, { secrets });
  expect((await signRemotely(running)).status).toBe(201);
  expect(await sessionOf(running)).toMatchObject({ ready: true });
  return running;
}

/** An agent on a copy of all that the first one has on its disk, while that one runs. */
async function onACopyOf(running: RunningAgent, secrets: SecretStore): Promise<RunningAgent> {
  const root = openTemporaryFolder('hpki-stolen');
  cpSync(running.data.root, root, { recursive: true, filter: (source) => !statSync(source).isSocket() && !source.endsWith('.lock') });
  const thief = await at.agent('csc', { ...sealed, terminal: { authenticates: ['smartphone'] } }, { secrets, root, withTrustWritten: true });
  thief.person.method = () => 'cancelled';
  thief.person.consent = () => 'confirmed';
  return thief;
}

describe('a copy of the folder', () => {
  it('opens no token without the key store: whoever has it must authenticate, and the service signs nothing', async () => {
    const running = await authenticated(keyStore());
    expect(readFileSync(running.data.tokens, 'utf8')).toContain('"sealed"');
    at.service.control.forgetCounts();
    const thief = await onACopyOf(running, keyStore());
    expect(codeOf(await signRemotely(thief, {}, fresh))).toBe('CANCELLED_BY_USER');
    expect(await sessionOf(thief)).toMatchObject({ ready: false });
    expect(at.service.calls.all()).toEqual({});
    // The owner goes on.
    expect((await signRemotely(running)).status).toBe(201);
  });

  it('opens no token with the key store of another user', async () => {
    const others = keyStore();
    await authenticated(others);
    const running = await authenticated(keyStore());
    at.service.control.forgetCounts();
    expect(codeOf(await signRemotely(await onACopyOf(running, others), {}, fresh))).toBe('CANCELLED_BY_USER');
    expect(at.service.calls.all()).toEqual({});
  });

  it('from yesterday opens nothing, also beside its key store: a day has its own key', async () => {
    const secrets = keyStore();
    const running = await authenticated(secrets);
    const root = openTemporaryFolder('hpki-backup');
    const backup = path.join(root, path.basename(running.data.tokens));
    cpSync(running.data.tokens, backup);
    expect((await running.ask('/v1/sessions/D0012', { method: 'DELETE' })).status).toBe(204);
    expect((await signRemotely(running)).status).toBe(201);
    await running.ask('/v1/sessions/D0012', { method: 'DELETE' });
    const thief = await onACopyOf(running, secrets);
    await thief.agent.close();
    cpSync(backup, thief.data.tokens);
    at.service.control.forgetCounts();
    const again = await at.agent('csc', { ...sealed, terminal: { authenticates: ['smartphone'] } }, { secrets, root: thief.data.root, withTrustWritten: true });
    again.person.method = () => 'cancelled';
    expect(codeOf(await signRemotely(again, {}, fresh))).toBe('CANCELLED_BY_USER');
    expect(at.service.calls.all()).toEqual({});
  });

  it("does not let another client in, although it is on the owner's own machine", async () => {
    const secrets = keyStore();
    const running = await authenticated(secrets);
    const copy = await onACopyOf(running, secrets);
    expect(codeOf(await signRemotely(copy, {}, { ...fresh, token: otherEhrToken }))).toBe('CANCELLED_BY_USER');
  });
});

describe('the owner', () => {
  it('goes on after a restart, by a confirmation and without another authentication', async () => {
    const running = await authenticated(keyStore());
    const logins = running.person.askedToAuthenticate('opened');
    await running.restart();
    expect(await sessionOf(running)).toMatchObject({ ready: true, method: 'hpki-card' });
    expect((await signRemotely(running)).status).toBe(201);
    expect(running.person.asked('consent')).toBe(1);
    expect(running.person.askedToAuthenticate('opened')).toBe(logins);
  });
});

it('a terminal without a key store writes no token, whatever policy wants', async () => {
  const running = await at.ready('csc', sealed);
  expect((await signRemotely(running)).status).toBe(201);
  expect(statSync(running.data.tokens, { throwIfNoEntry: false })).toBeUndefined();
  expect([...running.files().keys()].filter((name) => name.includes('token'))).toEqual([]);
  await running.restart();
  expect(await sessionOf(running)).toMatchObject({ ready: false });
});
