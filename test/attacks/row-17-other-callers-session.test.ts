/**
 * Row 17 for the cloud: a doctor's authentication lies in the agent for a day, and every program on the computer can reach
 * the agent's port. Here it serves the one client for which it was opened and the one staff member who authenticated: nobody
 * else sees it, rides on it or ends it. At the sandbox's service, which counts what it signs and for whom.
 */
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { beginSession, RemoteClinic, sessionBecomes, sessionOf, signRemotely } from '../support/remote-clinic.ts';
import { codeOf, ehrToken, otherEhrToken, prescription, staff, type RunningAgent } from '../support/running-agent.ts';
import { sha256Hex, until } from '../support/running-api.ts';
import { listenToEvents } from '../support/event-listener.ts';

vi.setConfig({ testTimeout: 120_000 });

let at: RemoteClinic;
beforeAll(async () => {
  at = await RemoteClinic.open();
});
afterEach(() => at.endAgents());
afterAll(() => at.close());

/** An agent at which the first EHR's doctor has authenticated; from now on nobody does again. */
async function authenticated(): Promise<RunningAgent> {
  const running = await at.ready('csc');
  expect((await signRemotely(running)).status).toBe(201);
  running.person.method = () => 'cancelled';
  running.person.pin = () => 'cancelled';
  running.person.bind = () => 'cancelled';
  return running;
}
const signedByTheCloud = (): number => Object.values(at.service.signing.made).reduce((sum, count) => sum + count, 0);

describe('the session of another client', () => {
  it('is not there for whoever asks', async () => {
    const running = await authenticated();
    expect(await sessionOf(running)).toMatchObject({ state: 'ready', ready: true, method: 'hpki-card' });
    expect(await sessionOf(running, otherEhrToken)).toEqual({ staffId: staff.id, state: 'not_authenticated', ready: false, until: null, method: null, reason: null });
    expect((await running.ask('/v1/status', { token: otherEhrToken })).json).toMatchObject({ remote: { sessions: [] } });
  });

  it('is in no event of theirs, neither as it begins nor as it ends', async () => {
    const running = await at.ready('csc');
    await using own = await listenToEvents(running, ehrToken);
    await using other = await listenToEvents(running, otherEhrToken);
    expect((await signRemotely(running)).status).toBe(201);
    await until(() => own.text.includes(`"staffId":"${staff.id}"`), 'the own client hears of it', 60_000);
    expect((await running.ask(`/v1/sessions/${staff.id}`, { method: 'DELETE' })).status).toBe(204);
    await until(() => own.last('readiness').includes('"sessions":[]'), 'the own client hears of its end', 60_000);
    expect(other.text).not.toContain(staff.id);
    expect(other.text).toContain('event: readiness');
  });

  it.each(['remote', 'auto'])('signs nothing for them (%s): they are asked to authenticate, with their own name in the window', async (method) => {
    const running = await authenticated();
    running.readers.remove('Virtual Reader 1');
    const before = signedByTheCloud();
    const answer = await running.sign({ method }, { token: otherEhrToken, wait: 60 });
    expect([answer.status, codeOf(answer)]).toEqual([409, 'CANCELLED_BY_USER']);
    expect(running.person.shownAuthentication.findLast(({ what }) => what === 'opened')).toMatchObject({ view: { caller: { clientName: 'Other EHR' } } });
    expect(signedByTheCloud()).toBe(before);
  });

  it('is not ended by them', async () => {
    const running = await authenticated();
    const answer = await running.ask(`/v1/sessions/${staff.id}`, { method: 'DELETE', token: otherEhrToken });
    expect([answer.status, codeOf(answer)]).toEqual([404, 'NOT_FOUND']);
    expect(at.service.calls.received('oauth.revocation')).toBe(0);
    expect((await signRemotely(running)).status).toBe(201);
  });

  it('does not come to them by a key or a request of its owner', async () => {
    const running = await authenticated();
    const signed = await signRemotely(running, {}, { key: 'same' });
    expect(signed.status).toBe(201);
    const { id } = signed.json as { id: string };
    const stolen = await signRemotely(running, {}, { key: 'same', token: otherEhrToken });
    expect([codeOf(stolen), stolen.text.includes('"xml"')]).toEqual(['CANCELLED_BY_USER', false]);
    expect((await running.ask(`/v1/signatures/${id}`, { token: otherEhrToken })).status).toBe(404);
    expect(signedByTheCloud()).toBe(2);
  });
});

describe('the session of another doctor', () => {
  it('signs nothing for a colleague of the same client', async () => {
    const running = await authenticated();
    const before = signedByTheCloud();
    const answer = await signRemotely(running, { staff: { id: 'D0099', name: '別 次郎' }, documents: [prescription()] });
    expect(codeOf(answer)).toBe('CANCELLED_BY_USER');
    expect(signedByTheCloud()).toBe(before);
    expect((await running.ask('/v1/sessions/D0099')).json).toMatchObject({ ready: false });
  });

  it("is not begun for a colleague by the first doctor's card", async () => {
    const { sha256 } = at.clinic.people.otherDoctor.certificate;
    const running = await at.ready('csc', { staff: { binding: 'preset', preset: [{ staffId: 'D0099', certificateSha256: sha256 }] } });
    running.person.authenticationNeed = () => 'cancelled';
    expect((await signRemotely(running, { staff: { id: 'D0099', name: '別 次郎' } })).status).toBe(409);
    expect(running.person.shownAuthentication).toContainEqual({ what: 'need', need: 'other_doctor' });
    expect(signedByTheCloud()).toBe(0);
  });
});

describe('a client whose access was taken away', () => {
  it('has its session revoked at the service, and its events end', async () => {
    const running = await at.ready('csc');
    const token = 'fresh-token-fresh-token-fresh-token-fresh-01';
    const client = await running.agent.clients.add({ name: 'New EHR', origin: null, tokenSha256: sha256Hex(token) });
    expect((await signRemotely(running, {}, { token })).status).toBe(201);
    await running.agent.clients.revoke(client.id);
    await until(() => at.service.calls.received('oauth.revocation') === 1, 'the token is revoked', 60_000);
    expect((await signRemotely(running, {}, { token })).status).toBe(401);
    expect(running.audit().filter(({ event }) => event === 'token.revoked').map(({ result }) => result)).toEqual(['ok']);
  });

  it('has its open authentication ended: an approval that comes later becomes nothing', async () => {
    const running = await at.agent('csc');
    const token = 'fresh-token-fresh-token-fresh-token-fresh-01';
    const client = await running.agent.clients.add({ name: 'New EHR', origin: null, tokenSha256: sha256Hex(token) });
    expect((await beginSession(running, 'smartphone', token)).status).toBe(201);
    await sessionBecomes(running, 'authenticating', token);
    await running.agent.clients.revoke(client.id);
    await until(() => running.person.openWindows === 0, 'its window closes', 60_000);
    expect((await running.ask('/v1/status')).json).toMatchObject({ remote: { sessions: [] } });
  });
});
