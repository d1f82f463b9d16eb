/** `/v1/sessions` as an EHR meets it: the whole agent at the sandbox's service, a person with a phone, and nothing played in between. */
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { sessionAnswer, statusAnswer } from '../../src/contract/api.ts';
import { listenToEvents } from '../support/event-listener.ts';
import { beginSession, RemoteClinic, sessionBecomes, sessionOf, shownCode, signRemotely } from '../support/remote-clinic.ts';
import { approve } from '../support/remote-provider-desk.ts';
import { codeOf, ehrToken, otherEhrToken, prescription, staff, type RunningAgent } from '../support/running-agent.ts';
import { until } from '../support/running-api.ts';

vi.setConfig({ testTimeout: 120_000 });

let at: RemoteClinic;
beforeAll(async () => {
  at = await RemoteClinic.open();
});
afterEach(() => at.endAgents());
afterAll(() => at.close());

const hour = 3_600_000;
const windows = (running: RunningAgent): number => running.person.askedToAuthenticate('opened');
const end = (running: RunningAgent, staffId: string = staff.id) => running.ask(`/v1/sessions/${staffId}`, { method: 'DELETE' });

describe('an EHR that authenticates its doctor ahead of time', () => {
  it('hears at once that it is under way, then until when, and signs without another question', async () => {
    const running = await at.agent('csc');
    expect(sessionAnswer.parse(await sessionOf(running))).toMatchObject({ state: 'not_authenticated', ready: false, reason: null });
    const begun = await beginSession(running);
    expect([begun.status, begun.headers.location]).toEqual([201, `/v1/sessions/${staff.id}`]);
    expect(sessionAnswer.parse(begun.json)).toMatchObject({ state: 'authenticating', ready: false, method: null, until: null });
    await approve(at.service, await shownCode(running), 'doctor');
    const session = sessionAnswer.parse(await sessionBecomes(running, 'ready'));
    expect(session).toMatchObject({ staffId: staff.id, ready: true, method: 'smartphone' });
    expect(Math.abs(Date.parse(session.until ?? '') - Date.now() - 18 * hour)).toBeLessThan(60_000);
    const signed = await running.sign({ method: 'auto' }, { wait: 60 });
    expect(signed.json).toMatchObject({ state: 'signed', method: 'remote' });
    expect(windows(running)).toBe(1);
  });

  it('by a card hears of that method', async () => {
    const running = await at.ready('csc');
    await beginSession(running, 'hpki-card');
    expect(await sessionBecomes(running, 'ready')).toMatchObject({ method: 'hpki-card' });
  });

  it('asks twice and has one window, one code and one token', async () => {
    const running = await at.agent('csc');
    const both = await Promise.all([beginSession(running), beginSession(running), signRemotely(running, {}, { wait: 0 })]);
    expect(both.map(({ status }) => status)).toEqual([201, 201, 202]);
    await approve(at.service, await shownCode(running), 'doctor');
    await sessionBecomes(running, 'ready');
    const { id } = both[2].json as { id: string };
    for (const deadline = performance.now() + 60_000; ; ) {
      const { json } = await running.ask(`/v1/signatures/${id}`, { headers: { prefer: 'wait=20' } });
      if ((json as { state: string }).state === 'signed') break;
      expect(performance.now()).toBeLessThan(deadline);
    }
    expect(windows(running)).toBe(1);
    expect(at.service.calls.received('oauth.device_authorization')).toBe(1);
    // Another order for what is there already changes nothing.
    expect((await beginSession(running)).json).toMatchObject({ state: 'ready' });
    expect(windows(running)).toBe(1);
  });

  it('is told why it did not succeed, in its own language, until the next attempt', async () => {
    const running = await at.agent('csc');
    await beginSession(running);
    const { userCode } = await shownCode(running);
    await at.service.signIns.find(userCode)?.decline('a phone');
    expect((await sessionBecomes(running, 'not_authenticated')).reason).toMatch(/^認証が承認されませんでした \(AUTHENTICATION_REFUSED\)。.*もう一度認証してください/);
    const { json } = await running.ask(`/v1/sessions/${staff.id}`, { headers: { 'accept-language': 'en' } });
    expect((json as { reason: string }).reason).toMatch(/^The authentication was not approved \(AUTHENTICATION_REFUSED\)\./);
    running.person.code = () => 'silent';
    expect((await beginSession(running)).json).toMatchObject({ state: 'authenticating', reason: null });
  });
});

describe('an end', () => {
  it('revokes the token at the service and is one: 204, then 404', async () => {
    const running = await at.ready('csc');
    await beginSession(running, 'hpki-card');
    await sessionBecomes(running, 'ready');
    expect((await end(running)).status).toBe(204);
    expect(at.service.calls.received('oauth.revocation')).toBe(1);
    const again = await end(running);
    expect([again.status, codeOf(again)]).toEqual([404, 'NOT_FOUND']);
    expect(await sessionOf(running)).toMatchObject({ state: 'not_authenticated', ready: false });
  });

  it('closes the window of what is only under way; an approval that comes then becomes nothing', async () => {
    const running = await at.agent('csc');
    await beginSession(running);
    const code = await shownCode(running);
    expect((await end(running)).status).toBe(204);
    await until(() => running.person.openWindows === 0, 'the window closes', 60_000);
    await approve(at.service, code, 'doctor');
    await sessionBecomes(running, 'not_authenticated');
    expect((await end(running)).status).toBe(404);
  });

  it('of the network does not keep a session alive here', async () => {
    const running = await at.ready('csc');
    await beginSession(running, 'hpki-card');
    await sessionBecomes(running, 'ready');
    at.arm({ kind: 'status', status: 500, on: 'oauth.revocation', times: null });
    expect((await end(running)).status).toBe(204);
    expect(await sessionOf(running)).toMatchObject({ ready: false });
    const last = running.audit().filter(({ event }) => event === 'token.revoked').at(-1);
    expect(last?.result).not.toBe('ok');
  });
});

describe('what is not there', () => {
  it.each(['none', '%E5%8C%BB', 'x'.repeat(65), '..%2F..'])('is no session, and ending it is 404 (%s)', async (id) => {
    const running = await at.agent('csc');
    expect((await end(running, id)).status).toBe(404);
    const got = await running.ask(`/v1/sessions/${id}`);
    expect(got.status === 404 || (got.json as { ready?: boolean }).ready === false).toBe(true);
  });

  it.each([
    ['no method', { staffId: staff.id }],
    ['an unknown method', { staffId: staff.id, method: 'password' }],
    ['an address of a provider', { staffId: staff.id, method: 'smartphone', issuer: 'https://evil.example' }],
    ['no staff', { method: 'smartphone' }],
  ])('a body with %s is REQUEST_INVALID, and no window opens', async (_what, body) => {
    const running = await at.agent('csc');
    const answer = await running.ask('/v1/sessions', { method: 'POST', body: JSON.stringify(body) });
    expect([answer.status, codeOf(answer)]).toEqual([400, 'REQUEST_INVALID']);
    expect(windows(running)).toBe(0);
  });
});

describe('the status and the events of a client', () => {
  it('tell its own sessions, as they begin and as they end, and no others', async () => {
    const running = await at.ready('csc');
    await using events = await listenToEvents(running, ehrToken);
    await beginSession(running, 'hpki-card');
    const { until: ends } = await sessionBecomes(running, 'ready');
    await until(() => events.last('readiness').includes(staff.id), 'the event of the beginning', 60_000);
    expect(statusAnswer.parse(JSON.parse(events.last('readiness'))).remote).toEqual({ configured: true, provider: 'sandbox-csc', sessions: [{ staffId: staff.id, method: 'hpki-card', until: ends }] });
    expect(statusAnswer.parse((await running.ask('/v1/status')).json).remote.sessions).toHaveLength(1);
    expect(statusAnswer.parse((await running.ask('/v1/status', { token: otherEhrToken })).json).remote).toMatchObject({ configured: true, sessions: [] });
    await end(running);
    await until(() => events.last('readiness').includes('"sessions":[]'), 'the event of the end', 60_000);
  });

  it('tell each step of a request that has to authenticate first', async () => {
    const running = await at.agent('csc');
    await using events = await listenToEvents(running, ehrToken);
    at.answerCodes(running);
    expect((await signRemotely(running)).status).toBe(201);
    await until(() => events.last('signature').includes('"signed"'), 'the event of the end', 60_000);
    const states = [...events.text.matchAll(/event: signature\ndata: (.*)\n/g)].map(([, data = '']) => (JSON.parse(data) as { state: string }).state);
    expect([...new Set(states)]).toEqual(['awaiting_consent', 'awaiting_phone', 'signing', 'signed']);
  });
});

describe('`method`', () => {
  it.each([
    ['auto', 'the cloud with a live token, also beside the card', true, true, 'remote'],
    ['auto', "the doctor's card where nobody is authenticated", false, true, 'local'],
    ['auto', 'an authentication where there is no card', false, false, 'remote'],
    ['remote', 'an authentication, also beside the card', false, true, 'remote'],
    ['local', 'the card, also with a live token', true, true, 'local'],
  ] as const)('%s is %s', async (method, _what, isAuthenticated, hasCard, way) => {
    const running = await at.agent('csc', {}, { inserted: hasCard ? at.loginCard() : null });
    if (hasCard) await until(() => running.cardsReady() > 0, 'the card is read', 60_000);
    at.answerCodes(running);
    if (isAuthenticated) {
      await beginSession(running);
      await sessionBecomes(running, 'ready');
    }
    const signed = await running.sign({ method, documents: [prescription()] }, { wait: 60 });
    expect(signed.json).toMatchObject({ state: 'signed', method: way });
    expect(at.service.signing.made).toEqual(way === 'remote' ? { doctor: 1 } : {});
  });
});
