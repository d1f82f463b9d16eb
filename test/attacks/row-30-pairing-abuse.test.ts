/**
 * Row 30: pairing abuse. If any page or program can raise a pairing window, people learn to approve. Here a window comes
 * only while a person keeps pairing open; the code stands in the agent's window and must be *typed* into the EHR, so an
 * attacker without the person's eyes has three guesses in a million.
 */
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { pairedAnswer, pairingAnswer } from '../../src/contract/api.ts';
import { ask, sha256Hex, startRunningApi, type HttpAnswer, type RunningApi } from '../support/running-api.ts';

const page = 'https://new-ehr.example';
const token = 'fresh-token-fresh-token-fresh-token-fresh-01';
let running: RunningApi;
beforeEach(async () => (running = await startRunningApi({ policy: { openRequestsPerMinute: 100_000 } })));
afterEach(() => running.close());

function send(path: string, body: unknown, origin?: string): Promise<HttpAnswer> {
  return ask(running.port, path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(origin === undefined ? {} : { origin }) },
    body: JSON.stringify(body),
  });
}

const begin = (origin?: string): Promise<HttpAnswer> => send('/v1/pairings', { clientName: 'New EHR' }, origin);
const confirm = (id: string, code: string, origin?: string): Promise<HttpAnswer> =>
  send(`/v1/pairings/${id}/confirm`, { code, tokenSha256: sha256Hex(token) }, origin);
const codeOf = (answer: HttpAnswer): unknown => (answer.json as { code?: unknown }).code;

async function began(origin?: string): Promise<{ id: string; code: string }> {
  running.pairing.open();
  const answer = await begin(origin);
  const window = running.windows.at(-1);
  if (window === undefined) throw new Error('no window');
  return { id: pairingAnswer.parse(answer.json).id, code: window.view.code };
}

const otherThan = (code: string): string => (code === '000000' ? '000001' : '000000');

describe('while pairing is closed', () => {
  it.each([undefined, page, 'https://ehr.example'])('a request with the Origin %j raises no window', async (origin) => {
    const answer = await begin(origin);
    expect({ status: answer.status, code: codeOf(answer) }).toEqual({ status: 403, code: 'PAIRING_CLOSED' });
    expect(running.windows).toEqual([]);
  });

  it('fifty tries are told once, not fifty times', async () => {
    for (let call = 0; call < 50; call += 1) await begin(page);
    expect(running.pairingEvents).toEqual([{ event: 'refused_while_closed', origin: page }]);
  });

  it('there is no way to open it over HTTP', async () => {
    const { text } = await ask(running.port, '/openapi.json');
    expect(text).not.toMatch(/pairing.?open|open.?pairing/i);
    for (const path of ['/v1/pairings/open', '/v1/pairing', '/v1/clients']) expect((await send(path, {})).status).toBe(404);
  });

  it('it stays closed where policy forbids it', async () => {
    await running.close();
    running = await startRunningApi({ pairingAllowed: false });
    expect(() => running.pairing.open()).toThrow('PAIRING_CLOSED');
    expect(codeOf(await begin())).toBe('PAIRING_CLOSED');
  });
});

describe('while a person keeps it open', () => {
  it('a page is paired by the typed code, and its token counts from then on with its Origin only', async () => {
    const { id, code } = await began(page);
    expect(running.windows[0]?.view).toMatchObject({ clientName: 'New EHR', origin: page, code: expect.stringMatching(/^\d{6}$/) as string });
    const answer = await confirm(id, code, page);
    expect(answer.status).toBe(201);
    expect(pairedAnswer.parse(answer.json).expiresAt).toBe(new Date(running.clock.now() + 400 * 86_400_000).toISOString());
    expect(running.windows[0]?.signal.aborted).toBe(true);
    const status = async (headers: Record<string, string>): Promise<number> => (await ask(running.port, '/v1/status', { headers: { authorization: `Bearer ${token}`, ...headers } })).status;
    expect(await status({ origin: page })).toBe(200);
    expect(await status({})).toBe(401);
    expect(await status({ origin: 'https://ehr.example' })).toBe(401);
  });

  it('a page may read the answers, and gets its preflight', async () => {
    running.pairing.open();
    const preflight = await ask(running.port, '/v1/pairings', { method: 'OPTIONS', headers: { origin: page, 'access-control-request-method': 'POST' } });
    expect({ status: preflight.status, origin: preflight.headers['access-control-allow-origin'] }).toEqual({ status: 204, origin: page });
    expect((await begin(page)).headers['access-control-allow-origin']).toBe(page);
  });

  it('other routes stay shut to the unknown page', async () => {
    running.pairing.open();
    expect((await ask(running.port, '/v1/status', { headers: { origin: page } })).status).toBe(403);
  });

  it.each(['null', 'file://', 'chrome-extension://abc', 'https://new-ehr.example/'])('the Origin %j cannot be paired', async (origin) => {
    running.pairing.open();
    expect(codeOf(await begin(origin))).toBe('ORIGIN_NOT_ALLOWED');
    expect(running.windows).toEqual([]);
  });

  it('the Origin shown is the one of the header; the body cannot name another', async () => {
    running.pairing.open();
    const answer = await send('/v1/pairings', { clientName: 'New EHR', origin: 'https://trusted.example' }, page);
    expect(answer.status).toBe(400);
    expect(running.windows).toEqual([]);
  });

  it('the shown name cannot hide or reorder text', async () => {
    running.pairing.open();
    await send('/v1/pairings', { clientName: 'EHR\u202e\u200b\nX' }, page);
    expect(running.windows[0]?.view.clientName).toBe('EHR⟨U+202E⟩⟨U+200B⟩⟨U+000A⟩X');
  });

  it('the answer never holds the code', async () => {
    running.pairing.open();
    const { text, headers } = await begin(page);
    const code = running.windows[0]?.view.code ?? 'none';
    expect(text + JSON.stringify(headers)).not.toContain(code);
    expect(JSON.stringify(running.logged)).not.toContain(code);
  });

  it('a second caller gets no window', async () => {
    await began(page);
    expect(codeOf(await begin('https://evil.example'))).toBe('PAIRING_CLOSED');
    expect(codeOf(await begin())).toBe('PAIRING_CLOSED');
    expect(running.windows).toHaveLength(1);
  });
});

describe('guessing', () => {
  it('ends with the third wrong code; the right one comes too late', async () => {
    const { id, code } = await began(page);
    const triesLeft = [];
    for (let guess = 0; guess < 3; guess += 1) {
      const answer = await confirm(id, otherThan(code), page);
      expect({ status: answer.status, code: codeOf(answer) }).toEqual({ status: 403, code: 'PAIRING_CODE_INCORRECT' });
      triesLeft.push((answer.json as { triesLeft: number }).triesLeft);
    }
    expect(triesLeft).toEqual([2, 1, 0]);
    expect(codeOf(await confirm(id, code, page))).toBe('PAIRING_CLOSED');
    expect(running.windows[0]?.signal.aborted).toBe(true);
    expect(running.clients.list().filter((client) => client.source === 'paired')).toEqual([]);
  });

  it('never succeeds by any sequence of wrong codes, and never gets a fourth try', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.stringMatching(/^[0-9]{6}$/), { minLength: 1, maxLength: 8 }), async (guesses) => {
        const { id, code } = await began(page);
        const before = running.pairingEvents.length;
        for (const guess of guesses.filter((candidate) => candidate !== code)) {
          expect((await confirm(id, guess, page)).status).toBe(403);
        }
        const tries = running.pairingEvents.slice(before).filter(({ event }) => event === 'code_incorrect').length;
        expect(tries).toBe(Math.min(3, guesses.filter((candidate) => candidate !== code).length));
      }),
      { numRuns: 25 },
    );
    expect(running.clients.list().filter((client) => client.source === 'paired')).toEqual([]);
  });

  it('from another page or program, or with another id, does not even count as a try', async () => {
    const { id, code } = await began(page);
    expect((await confirm(id, code, 'https://evil.example')).status).toBe(403);
    expect((await confirm(id, code, 'https://ehr.example')).status).toBe(404);
    expect((await confirm(id, code)).status).toBe(404);
    expect((await confirm('0'.repeat(32), code, page)).status).toBe(404);
    expect((await confirm(id, code, page)).status).toBe(201);
  });
});

describe('pairing closes', () => {
  it('when the person refuses', async () => {
    const { id, code } = await began(page);
    running.windows[0]?.refuse();
    await new Promise((resolve) => setImmediate(resolve));
    expect(codeOf(await confirm(id, code, page))).toBe('PAIRING_CLOSED');
    expect(running.pairingEvents.at(-2)).toEqual({ event: 'closed', reason: 'refused' });
  });

  it('after 120 seconds, before a caller came and after', async () => {
    running.pairing.open();
    running.clock.advance(120_000);
    expect(codeOf(await begin(page))).toBe('PAIRING_CLOSED');
    const { id, code } = await began(page);
    running.clock.advance(119_999);
    expect(codeOf(await confirm(id, otherThan(code), page))).toBe('PAIRING_CODE_INCORRECT');
    running.clock.advance(1);
    expect(codeOf(await confirm(id, code, page))).toBe('PAIRING_CLOSED');
    expect(running.windows[0]?.signal.aborted).toBe(true);
  });

  it('after one success: the code is good for one client', async () => {
    const { id, code } = await began(page);
    expect((await confirm(id, code, page)).status).toBe(201);
    expect(codeOf(await confirm(id, code, 'https://ehr.example'))).toBe('PAIRING_CLOSED');
    expect(codeOf(await begin(page))).toBe('PAIRING_CLOSED');
  });
});
