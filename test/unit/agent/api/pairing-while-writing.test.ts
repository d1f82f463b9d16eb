/** What happens in the moment in which a new client is being written: the code was right, and the person still decides. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Client, NewClient } from '../../../../src/agent/api/client-registry.ts';
import { Pairing, pairingWindowMs, type PairingEvent } from '../../../../src/agent/api/pairing.ts';

const caller = { clientName: 'EHR', origin: 'https://ehr.example', program: null };
const code = '123456';
const token = 'ab'.repeat(32);

let now: number;
let events: PairingEvent['event'][];
let added: NewClient[];
let revoked: string[];
let written: PromiseWithResolvers<undefined>;
let refuse: () => void;
let pairing: Pairing;
let id: string;

beforeEach(() => {
  [now, events, added, revoked] = [0, [], [], []];
  written = Promise.withResolvers();
  pairing = new Pairing({
    allowed: true,
    clock: { now: () => now, monotonic: () => now },
    randomCode: () => code,
    onEvent: ({ event }) => events.push(event),
    prompts: { showPairingCode: () => new Promise((resolve) => (refuse = () => resolve('refused'))) },
    clients: {
      add: async (client) => {
        added.push(client);
        await written.promise;
        return { ...client, id: 'new', source: 'paired', createdAt: new Date(0), expiresAt: null, lastUsedAt: null, revoked: false } satisfies Client & NewClient;
      },
      revoke: (client) => Promise.resolve(revoked.push(client) > 0),
    },
  });
  pairing.open();
  ({ id } = pairing.begin(caller));
});
afterEach(() => pairing.cancel());

const confirm = (typed = code): Promise<Client> => pairing.confirm(id, caller.origin, typed, token);
const isClosed = { problem: { code: 'PAIRING_CLOSED' } };

describe('while a client is being written', () => {
  it('a person who refuses is heard: it is revoked, and nobody is told that it was paired', async () => {
    const confirming = confirm();
    refuse();
    await new Promise((resolve) => setImmediate(resolve));
    written.resolve(undefined);
    await expect(confirming).rejects.toMatchObject(isClosed);
    expect(revoked).toEqual(['new']);
    expect(events).toEqual(['opened', 'requested', 'closed']);
  });

  it('the same code makes no second client of it', async () => {
    const confirming = confirm();
    await expect(confirm()).rejects.toMatchObject(isClosed);
    written.resolve(undefined);
    expect(await confirming).toMatchObject({ id: 'new' });
    expect(added).toHaveLength(1);
    expect([revoked, events.at(-2)]).toEqual([[], 'paired']);
  });

  it('the time may run out, and then it is too late', async () => {
    const confirming = confirm();
    now = pairingWindowMs;
    expect(pairing.admits(caller.origin)).toBe(false);
    written.resolve(undefined);
    await expect(confirming).rejects.toMatchObject(isClosed);
    expect(revoked).toEqual(['new']);
  });

  it('that cannot be written may be tried again with the same code', async () => {
    const failing = confirm();
    written.reject(new Error('disk full'));
    await expect(failing).rejects.toThrow('disk full');
    written = Promise.withResolvers();
    written.resolve(undefined);
    expect(await confirm()).toMatchObject({ id: 'new' });
  });
});
