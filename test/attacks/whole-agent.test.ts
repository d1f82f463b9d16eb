/**
 * Rows 1 to 7, 23 and 30 once more, on the whole agent. Their own files attack the HTTP server with a played signing core,
 * which shows what reached it; here the real core, driver and card stand behind, and what must not have happened is read off
 * the card, the window, the journal and the audit log.
 */
import { networkInterfaces } from 'node:os';
import type { Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { VirtualHpkiCard } from '../../src/sandbox/cards/virtual-hpki-card.ts';
import { NotOurAgent, proveAgent } from '../../src/sandbox/ehr/ehr-client.ts';
import { ask, openSocket, sayRaw, statusOf, until } from '../support/running-api.ts';
import { codeOf, ehrToken, prescription, RunningAgent, staff } from '../support/running-agent.ts';
import { TestClinic } from '../support/test-clinic.ts';

let running: RunningAgent;
let other: RunningAgent;
let card: VirtualHpkiCard;
const sockets: Socket[] = [];
beforeAll(async () => {
  const clinic = await TestClinic.open();
  card = clinic.card('doctor');
  [running, other] = await Promise.all([RunningAgent.start({ clinic, inserted: card }), RunningAgent.start({ clinic, inserted: null })]);
  await until(() => running.cardsReady() > 0, 'the card is read');
  card.resetStatistics();
});
afterAll(() => Promise.all([running.close(), other.close()]));
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
});

function expectNothingHappened(): void {
  expect(running.person.shown).toEqual([]);
  expect(running.person.pairings).toEqual([]);
  expect(card.statistics.commands).toBe(0);
  expect(running.journal()).toBe('');
  expect(running.audit().filter(({ event }) => event.startsWith('signature'))).toEqual([]);
}

const body = JSON.stringify({ staff, documents: [prescription()] });
const headers = { 'idempotency-key': 'k', 'content-type': 'application/json', authorization: `Bearer ${ehrToken}` };
const routes = ['GET /health', 'GET /openapi.json', 'GET /v1/status', 'POST /v1/signatures', 'GET /v1/signatures/x', 'DELETE /v1/signatures/x', 'GET /v1/events', 'POST /v1/pairings', 'POST /v1/pairings/x/confirm', 'POST /v1/verifications', 'GET /v1/sessions/x', 'POST /v1/sessions'];

describe('before anything has been signed', () => {
  it.each(['https://evil.example', 'null', 'http://127.0.0.1', 'https://localhost', 'file://'])('row 1: a page of the Origin %j does nothing with a stolen token', async (origin) => {
    const answer = await ask(running.port, '/v1/signatures', { method: 'POST', headers: { ...headers, origin }, body });
    expect([answer.status, codeOf(answer)]).toEqual([403, 'ORIGIN_NOT_ALLOWED']);
    expectNothingHappened();
  });

  it.each(['evil.example', '0.0.0.0', 'localhost.evil.example', '127.0.0.1.nip.io'])('rows 3 and 4: the Host %j is refused on every route, raw', async (host) => {
    for (const route of routes) {
      const heard = await sayRaw(running.port, `${route} HTTP/1.1\r\nHost: ${host}:${running.port}\r\nAuthorization: Bearer ${ehrToken}\r\nContent-Type: application/json\r\nIdempotency-Key: k\r\nContent-Length: 2\r\n\r\n{}`);
      expect({ route, status: statusOf(heard) }).toEqual({ route, status: 421 });
    }
    expectNothingHappened();
  });

  it('row 4: no other interface of this machine has the port open', async () => {
    const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []).filter(({ internal, family }) => !internal && family === 'IPv4');
    for (const { address } of addresses) {
      await expect(ask(running.port, '/health', { host: address })).rejects.toMatchObject({ code: expect.stringMatching(/ECONNREFUSED|EHOSTUNREACH|ETIMEDOUT/) as string });
    }
    expect((await ask(running.port, '/health')).status).toBe(200);
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x'])('row 5: what a form can post as %s is not read', async (type) => {
    const answer = await ask(running.port, '/v1/signatures', { method: 'POST', headers: { ...headers, 'content-type': type }, body });
    expect([answer.status, codeOf(answer)]).toEqual([415, 'MEDIA_TYPE']);
    expectNothingHappened();
  });

  it('row 6: the EHR takes this agent for itself, and no other agent of the same make for it', async () => {
    const { publicKey } = running.agent;
    await proveAgent({ port: running.port, token: ehrToken, publicKey });
    await expect(proveAgent({ port: other.port, token: ehrToken, publicKey })).rejects.toThrow(NotOurAgent);
  });

  it('row 30: no page and no program raises a pairing window', async () => {
    for (const origin of [undefined, 'https://evil.example']) {
      const answer = await ask(running.port, '/v1/pairings', { method: 'POST', headers: { 'content-type': 'application/json', ...(origin === undefined ? {} : { origin }) }, body: JSON.stringify({ clientName: 'EHR' }) });
      expect([answer.status, codeOf(answer)]).toEqual([403, 'PAIRING_CLOSED']);
    }
    expectNothingHappened();
  });
});

describe('row 23: 200 half-open sockets', () => {
  it.each([['that say nothing', ''], ['in the middle of a header', 'POST /v1/signatures HTTP/1.1\r\nHost: ']])('%s do not keep a doctor from signing', async (_what, words) => {
    for (let count = 0; count < 200; count += 1) {
      const socket = await openSocket(running.port);
      socket.on('error', () => undefined).resume();
      socket.write(words);
      sockets.push(socket);
    }
    for (let count = 0; count < 3; count += 1) expect((await running.sign()).status).toBe(201);
  });
});
