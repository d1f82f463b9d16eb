/**
 * Row 6: another user or program takes the port first (Bitwarden #16123, qz #734) and collects prescriptions, or relays
 * to the real agent from another port. The agent proves itself in /health: an Ed25519 signature over the caller's
 * nonce, the port and the instance, by the key that was given at pairing. A caller checks it with the port that it
 * connected to, before it sends a patient's data.
 */
import { createPublicKey, generateKeyPairSync, randomBytes, verify } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { identityOf } from '../../src/agent/api/agent-identity.ts';
import { healthAnswer } from '../../src/contract/api.ts';
import { healthMessage } from '../../src/contract/health-signature.ts';
import { ask, startRunningApi, type RunningApi } from '../support/running-api.ts';

let running: RunningApi;
const servers: Server[] = [];
beforeAll(async () => (running = await startRunningApi()));
afterAll(async () => {
  for (const server of servers) await new Promise((resolve) => server.close(resolve));
  await running.close();
});

/** What an EHR does before it sends anything. */
async function isMyAgent(port: number, publicKey: string, nonce = randomBytes(24).toString('base64url')): Promise<boolean> {
  const answer = healthAnswer.parse((await ask(port, `/health?nonce=${nonce}`)).json);
  const key = createPublicKey({ key: Buffer.from(publicKey, 'base64'), format: 'der', type: 'spki' });
  const message = Buffer.from(healthMessage(nonce, port, answer.instance));
  return answer.signature !== undefined && verify(null, message, key, Buffer.from(answer.signature, 'base64'));
}

async function serve(handler: Parameters<typeof createServer>[1]): Promise<number> {
  const server = createServer(handler);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

describe('a caller that checks the signature', () => {
  it('knows its agent', async () => {
    expect(await isMyAgent(running.port, running.identity.publicKey)).toBe(true);
  });

  it('refuses a program that signs with another key', async () => {
    const other = identityOf(generateKeyPairSync('ed25519').privateKey);
    const port: number = await serve((request, response) => {
      const nonce = new URL(request.url ?? '', 'http://x').searchParams.get('nonce') ?? '';
      const squatter = { name: 'hpki-agent', version: '1', apiVersion: 1, instance: other.instance, nonce, port, signature: other.signHealth(nonce, port) };
      response.end(JSON.stringify(squatter));
    });
    expect(await isMyAgent(port, running.identity.publicKey)).toBe(false);
  });

  it('refuses a relay that passes the question on to the real agent', async () => {
    const port = await serve((request, response) => {
      void ask(running.port, request.url ?? '').then(({ text }) => response.end(text));
    });
    expect(await isMyAgent(port, running.identity.publicKey)).toBe(false);
  });

  it('refuses an answer to an earlier nonce', async () => {
    const { text } = await ask(running.port, `/health?nonce=${'a'.repeat(16)}`);
    const port = await serve((_request, response) => response.end(text));
    expect(await isMyAgent(port, running.identity.publicKey)).toBe(false);
  });
});

describe('the signed lines', () => {
  it('are different for different nonces, ports and instances', () => {
    const part = fc.record({ nonce: fc.stringMatching(/^[A-Za-z0-9_-]{16,20}$/), port: fc.integer({ min: 1, max: 65535 }), instance: fc.stringMatching(/^[0-9a-f]{32}$/) });
    fc.assert(
      fc.property(part, part, (a, b) => {
        const same = a.nonce === b.nonce && a.port === b.port && a.instance === b.instance;
        expect(healthMessage(a.nonce, a.port, a.instance) === healthMessage(b.nonce, b.port, b.instance)).toBe(same);
      }),
    );
  });

  it.each(['short', 'with space in the nonce', 'line%0Abreak-line%0Abreak', '%00'.repeat(20), 'x'.repeat(129), '0123456789abcdef&nonce=0123456789abcdef'])(
    'are never made with the nonce %j',
    async (nonce) => {
      const { status, text } = await ask(running.port, `/health?nonce=${nonce.replaceAll(' ', '%20')}`);
      expect(status).toBe(400);
      expect(text).not.toContain('signature');
    },
  );
});
