/**
 * Every entry of the table of errors is reached by a real request, and answered as the table says: status, number, title
 * and remedy in both languages. A code that is added without a way to reach it does not compile here, or in
 * remote-error-table.test.ts, where those of remote signing are.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { jstMidnight } from '../../src/sandbox/ca/jst-midnight.ts';
import { errorCodes, type ErrorCode } from '../../src/contract/error-codes.ts';
import type { Settings } from '../../src/agent/config/settings.ts';
import { dataDirectory } from '../../src/agent/storage/data-directory.ts';
import type { CardHost } from '../../src/native/host/card-host.ts';
import type { VirtualHpkiCard } from '../../src/sandbox/cards/virtual-hpki-card.ts';
import { virtualCardHost } from '../../src/sandbox/virtual-card-host.ts';
import { overridden } from '../support/overridden-card-host.ts';
import { expectAsTheTableSays, type RemoteCode } from '../support/error-table.ts';
import { ask, sayRaw, until, type HttpAnswer } from '../support/running-api.ts';
import { ehrToken, firstReader, prescription, RunningAgent, secondReader, staff, type RunningAgentOptions } from '../support/running-agent.ts';
import { TestClinic } from '../support/test-clinic.ts';

type LocalCode = Exclude<ErrorCode, RemoteCode>;

let clinic: TestClinic;
let running: RunningAgent | undefined;
beforeAll(async () => {
  clinic = await TestClinic.open();
});
afterEach(async () => {
  await running?.close();
  running = undefined;
});

const impatient: Partial<Settings> = { deadlines: { consentSeconds: 1, cardSeconds: 0.2, cardCallSeconds: 20, loginAndSignSeconds: 60 } };

async function agent(options: Partial<RunningAgentOptions> = {}, cards = 1): Promise<RunningAgent> {
  running = await RunningAgent.start({ clinic, settings: impatient, ...options });
  const started = running;
  await until(() => started.cardsReady() >= cards, 'the cards are read');
  return started;
}
const agentWithCard = (card: VirtualHpkiCard): Promise<RunningAgent> => agent({ inserted: card });
const without = (options: Partial<RunningAgentOptions> = {}): Promise<RunningAgent> => agent({ inserted: null, ...options }, 0);
const played = (methods: (cards: CardHost) => Partial<CardHost>): Partial<RunningAgentOptions> => ({
  cards: (_data, readers) => {
    const cards = virtualCardHost(readers);
    return overridden(cards, methods(cards));
  },
});
const api = (change: Partial<Settings['api']>): Partial<Settings> => ({ api: { ports: [0], bodyLimitMiB: 4, otherUsers: [], requestsPerMinute: 6000, ...change } });
const post = (port: number, path: string, body: unknown, headers: Record<string, string> = {}): Promise<HttpAnswer> =>
  ask(port, path, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) });

/** A real request for each. The answer is a problem, or a request that holds one. */
const reach: Readonly<Record<LocalCode, () => Promise<HttpAnswer>>> = {
  HOST_NOT_ALLOWED: async () => {
    const { port } = await without();
    return ask(port, '/health', { headers: { host: 'evil.example' } });
  },
  ORIGIN_NOT_ALLOWED: async () => (await without()).ask('/v1/status', { headers: { origin: 'https://evil.example' } }),
  PEER_NOT_ALLOWED: async () =>
    (await without({ peers: { ownerOf: () => Promise.resolve({ owner: 'other', user: 'somebody', program: null }), othersLoggedOn: () => Promise.resolve(true) } })).ask('/v1/status'),
  PAIRING_CLOSED: async () => post((await without()).port, '/v1/pairings', { clientName: 'EHR' }),
  PAIRING_CODE_INCORRECT: async () => {
    const { port, agent: { pairing }, person } = await without();
    pairing.open();
    const { id } = (await post(port, '/v1/pairings', { clientName: 'EHR' })).json as { id: string };
    const code = person.pairings[0]?.code === '000000' ? '000001' : '000000';
    return post(port, `/v1/pairings/${id}/confirm`, { code, tokenSha256: 'ab'.repeat(32) });
  },
  NOT_PAIRED: async () => ask((await without()).port, '/v1/status'),
  NOT_FOUND: async () => (await without()).ask('/v1/signatures/none'),
  METHOD_NOT_ALLOWED: async () => (await without()).ask('/v1/status', { method: 'DELETE' }),
  MEDIA_TYPE: async () => (await without()).ask('/v1/signatures', { method: 'POST', body: '{}', headers: { 'content-type': 'text/plain' } }),
  TOO_LARGE: async () => (await without({ settings: { ...impatient, ...api({ bodyLimitMiB: 1 }) } })).ask('/v1/signatures', { method: 'POST', body: ' '.repeat(1024 * 1024 + 1) }),
  RATE_LIMITED: async () => {
    const limited = await without({ settings: { ...impatient, ...api({ requestsPerMinute: 10 }) } });
    for (;;) {
      const answer = await limited.ask('/v1/status');
      if (answer.status !== 200) return answer;
    }
  },
  REQUEST_INVALID: async () => (await without()).sign({ documents: [] }),
  DOCUMENT_INVALID: async () => (await without()).sign({ documents: [prescription('rx-1', Buffer.from('XX'))] }),
  ROLE_NOT_ALLOWED: async () => (await agentWithCard(clinic.card('pharmacist'))).sign(),
  STAFF_MISMATCH: async () => (await agent({ settings: { ...impatient, staff: { binding: 'preset', preset: [{ staffId: staff.id, certificateSha256: 'ab'.repeat(32) }] } } })).sign(),
  CERTIFICATE_EXPIRED: async () => {
    const { now } = clinic.ca;
    return (await agentWithCard(await clinic.cardWith({ notBefore: jstMidnight(now, -3), notAfter: jstMidnight(now, -1) }))).sign();
  },
  NO_CARD_SERVICE: async () => {
    const stopped = await without();
    stopped.readers.stopService();
    return stopped.sign();
  },
  NO_READER: async () => (await without({ readers: [] })).sign(),
  NO_CARD: async () => (await without()).sign(),
  CARD_UNKNOWN: async () => (await agentWithCard(await clinic.cardWith({ kind: 'authentication' }))).sign(),
  CARD_AMBIGUOUS: async () => {
    const both = await agent();
    both.readers.insert(clinic.card('otherDoctor'), secondReader);
    await until(() => both.cardsReady() === 2, 'both are read');
    return both.sign();
  },
  CARD_IN_USE: async () => {
    const used = await without();
    used.readers.holdExclusively(firstReader);
    used.readers.insert(clinic.card('doctor'), firstReader);
    await until(() => used.cardsRead() === 1, 'the card is seen');
    return used.sign();
  },
  CARD_REMOVED: async () => {
    const card = clinic.card('doctor');
    card.setFaults({ at: 'signature', when: 'during', what: { kind: 'remove' } });
    return (await agentWithCard(card)).sign();
  },
  CARD_MODULE_FAILED: async () => {
    const card = clinic.card('doctor');
    card.setFaults({ at: 'signature', when: 'before', what: { kind: 'answer', bytes: Uint8Array.of(0x6f, 0x00) } });
    return (await agentWithCard(card)).sign();
  },
  PIN_INCORRECT: async () => {
    const wrong = await agent();
    const typed = ['0000'];
    wrong.person.pin = () => typed.shift() ?? 'cancelled';
    return wrong.sign();
  },
  PIN_LOCKED: async () => {
    const locked = await agentWithCard(clinic.card('doctor', { maxTries: 1 }));
    locked.person.spendLastTries = true;
    locked.person.pin = () => '0000';
    return locked.sign();
  },
  IDEMPOTENCY_CONFLICT: async () => {
    const twice = await agent();
    await twice.sign({}, { key: 'same' });
    return twice.sign({ documents: [prescription('rx-other')] }, { key: 'same' });
  },
  CANCELLED_BY_USER: async () => {
    const cancelled = await agent();
    cancelled.person.pin = () => 'cancelled';
    return cancelled.sign();
  },
  EXPIRED: async () => {
    const silent = await agent();
    silent.person.pin = () => 'silent';
    return silent.sign();
  },
  BUSY: async () => {
    const busy = await agent({ settings: {} });
    busy.person.pin = () => 'silent';
    await Promise.all(Array.from({ length: 21 }, () => busy.sign({}, { wait: 0 })));
    return busy.sign({}, { wait: 0 });
  },
  RESULT_NOT_HELD: async () => {
    const signed = await agent();
    const { id } = (await signed.sign()).json as { id: string };
    await signed.restart();
    return signed.ask(`/v1/signatures/${id}`);
  },
  INTERRUPTED: async () => {
    const ended = await agent();
    const { id } = (await ended.sign()).json as { id: string };
    await ended.agent.close();
    // As a kill between the recipe and the signature leaves it.
    writeFileSync(ended.data.journal, ended.journal().split('\n').filter((line) => line.includes('"type":"recipe"')).join('\n') + '\n');
    await ended.restart();
    return ended.ask(`/v1/signatures/${id}`);
  },
  NOT_AUTHENTICATED: async () => (await without()).sign({ method: 'remote' }),
  SIGNATURE_MISMATCH: async () => (await agent(played((cards) => ({ sign: (session) => cards.sign(session, new Uint8Array(32)) })))).sign(),
  STORAGE_FAILED: async () => {
    const blocked = await agent();
    mkdirSync(dataDirectory(blocked.data.root).journal);
    return blocked.sign();
  },
  INTERNAL: async () => (await agent(played(() => ({ holdPin: () => Promise.reject(new TypeError('a fault of the program')) })))).sign(),
};

describe('the table of errors', () => {
  it.each(Object.entries(reach))('%s is reached', async (code, request) => {
    expectAsTheTableSays(code as LocalCode, await request());
  });

  it('is told in the language of the caller, Japanese first', async () => {
    const { port } = await without();
    const titles = await Promise.all(['ja', 'en', 'en-GB,en;q=0.9', 'fr', ''].map(async (language) => {
      const { json } = await ask(port, '/v1/status', { headers: language === '' ? {} : { 'accept-language': language } });
      return (json as { title: string }).title;
    }));
    const { ja, en } = errorCodes.NOT_PAIRED;
    expect(titles).toEqual([ja, en, en, ja, ja]);
  });

  it('is kept for requests that are broken before they are one', async () => {
    const { port } = await without();
    for (const bytes of ['GARBAGE\r\n\r\n', 'GET / HTTP/1.1\r\n\r\n', `POST /v1/signatures HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAuthorization: Bearer ${ehrToken}\r\nContent-Length: -1\r\n\r\n`]) {
      expect(await sayRaw(port, bytes)).toMatch(/^HTTP\/1\.1 4\d\d [^]*application\/problem\+json[^]*"code":"[A-Z_]+"/);
    }
  });
});
