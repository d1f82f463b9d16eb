/**
 * Row 7: on a terminal server, or with fast user switching, every user's programs reach every user's loopback ports.
 * The EHR of user A must not have doctor B's card sign. The owner of the other end of the connection is looked up once
 * per connection: another user is refused unless policy names them, and an unknown owner is refused as soon as somebody
 * else is logged on.
 */
import { Agent, request } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import type { PeerOwner, PeerPort } from '../../src/agent/api/peer-port.ts';
import { ask, nativeHeaders, sideEffects, signatureBody, startRunningApi, type RunningApi } from '../support/running-api.ts';

let running: RunningApi | undefined;
afterEach(async () => {
  await running?.close();
});

class ScriptedPeers implements PeerPort {
  asked = 0;
  readonly #owner: () => Promise<PeerOwner>;
  readonly #others: () => Promise<boolean>;

  constructor(owner: () => Promise<PeerOwner>, others: () => Promise<boolean> = () => Promise.resolve(false)) {
    this.#owner = owner;
    this.#others = others;
  }

  ownerOf(): Promise<PeerOwner> {
    this.asked += 1;
    return this.#owner();
  }

  othersLoggedOn(): Promise<boolean> {
    return this.#others();
  }
}

const other: PeerOwner = { owner: 'other', user: 'CLINIC\\nurse', program: '/opt/ehr' };

async function post(peers: PeerPort, otherUsers: readonly string[] = []): Promise<number> {
  running = await startRunningApi({ peers, policy: { otherUsers } });
  const { status } = await ask(running.port, '/v1/signatures', { method: 'POST', headers: nativeHeaders({ 'idempotency-key': 'k' }), body: signatureBody() });
  return status;
}

describe("another user's program", () => {
  it('is refused although it has a token', async () => {
    expect(await post(new ScriptedPeers(() => Promise.resolve(other)))).toBe(403);
    expect(running === undefined ? null : sideEffects(running)).toEqual([]);
  });

  it('does not even learn the health of this agent', async () => {
    running = await startRunningApi({ peers: new ScriptedPeers(() => Promise.resolve(other)) });
    const { status, json } = await ask(running.port, '/health');
    expect({ status, json }).toMatchObject({ status: 403, json: { code: 'PEER_NOT_ALLOWED' } });
  });

  it('passes when policy names its user, and no other', async () => {
    expect(await post(new ScriptedPeers(() => Promise.resolve(other)), ['CLINIC\\nurse'])).toBe(202);
    await running?.close();
    expect(await post(new ScriptedPeers(() => Promise.resolve(other)), ['CLINIC\\nurse2', 'nurse'])).toBe(403);
  });
});

describe('a program whose owner is unknown', () => {
  const unknown = (): Promise<PeerOwner> => Promise.resolve({ owner: 'unknown' });

  it('passes while nobody else is logged on', async () => {
    expect(await post(new ScriptedPeers(unknown))).toBe(202);
  });

  it('is refused when somebody else is logged on', async () => {
    expect(await post(new ScriptedPeers(unknown, () => Promise.resolve(true)))).toBe(403);
  });

  it('is refused when that cannot be told', async () => {
    expect(await post(new ScriptedPeers(unknown, () => Promise.reject(new Error('no such call'))))).toBe(403);
  });

  it('is one whose lookup failed', async () => {
    const failing = (): Promise<PeerOwner> => Promise.reject(new Error('EACCES'));
    expect(await post(new ScriptedPeers(failing, () => Promise.resolve(true)))).toBe(403);
  });
});

describe('the own program', () => {
  it('is looked up once per connection, and its path is only a label', async () => {
    const peers = new ScriptedPeers(() => Promise.resolve({ owner: 'self', program: '/opt/ehr/bin/ehr' }));
    running = await startRunningApi({ peers });
    const { port } = running;
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    for (let call = 0; call < 5; call += 1) {
      const status = await new Promise((resolve, reject) => {
        const outgoing = request({ port, host: '127.0.0.1', agent, path: '/v1/signatures', method: 'POST', headers: nativeHeaders({ 'idempotency-key': `k${call}` }) }, (incoming) => {
          incoming.resume().on('end', () => resolve(incoming.statusCode));
        });
        outgoing.on('error', reject).end(signatureBody());
      });
      expect(status).toBe(202);
    }
    agent.destroy();
    expect(peers.asked).toBe(1);
    expect(running.signatures.submitted[0]?.caller.program).toBe('/opt/ehr/bin/ehr');
  });
});
