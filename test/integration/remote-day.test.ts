/**
 * A day of remote signing by a clock that the test moves, at the sandbox's service, which lives by the same one: the terminal
 * closes after midnight, tokens end in the middle of a batch, and bounds are reached.
 */
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Clock } from '../../src/agent/ports.ts';
import type { StatusAnswer } from '../../src/contract/api.ts';
import { beginSession, RemoteClinic, sessionBecomes, sessionOf, signRemotely } from '../support/remote-clinic.ts';
import { codeOf, prescription, type RunningAgent } from '../support/running-agent.ts';
import type { HttpAnswer } from '../support/running-api.ts';

vi.setConfig({ testTimeout: 120_000 });

const hour = 3_600_000;
const moved = { ms: 0 };
const clock: Clock = { now: () => Date.now() + moved.ms, monotonic: () => performance.now() + moved.ms };

let at: RemoteClinic;
beforeAll(async () => {
  at = await RemoteClinic.open({ clock, multisign: 2 });
});
afterEach(async () => {
  await at.endAgents();
  moved.ms = 0;
});
afterAll(() => at.close());

const dayInJapan = (ms: number): number => Math.floor((ms + 9 * hour) / (24 * hour));
/** How long it is until eight in the evening in Japan, of the next day where that is over: midnight is never near. */
const eveningMs = (): number => 24 * hour - ((Date.now() + 13 * hour) % (24 * hour));

const logins = ({ person }: RunningAgent): number => person.askedToAuthenticate('opened');
const batch = (count: number): readonly unknown[] => Array.from({ length: count }, (_, number) => prescription(`rx-${number + 1}`));
const signed = ({ json }: HttpAnswer): number => (json as { documents?: { state: string }[] }).documents?.filter(({ state }) => state === 'signed').length ?? 0;
const made = (): number => at.service.signing.made.doctor ?? 0;

describe.each(['csc', 'kagura'] as const)('at a service of the kind %s', (kind) => {
  it('one authentication lasts the 18 hours that the service gave it, across midnight, and not one second longer', async () => {
    moved.ms = eveningMs();
    const running = await at.ready(kind, {}, { clock });
    expect((await signRemotely(running)).status).toBe(201);
    const ends = Date.parse((await sessionOf(running)).until ?? '');
    expect(Math.abs(ends - clock.now() - 18 * hour)).toBeLessThan(60_000);
    expect(dayInJapan(ends)).toBe(dayInJapan(clock.now()) + 1);
    moved.ms = ends - Date.now() - 60_000;
    expect(await sessionOf(running)).toMatchObject({ ready: true });
    expect((await signRemotely(running)).status).toBe(201);
    expect(logins(running)).toBe(1);
    moved.ms += 61_000;
    expect(await sessionOf(running)).toMatchObject({ ready: false, state: 'not_authenticated', until: null });
    expect((await signRemotely(running)).status).toBe(201);
    expect(logins(running)).toBe(2);
    expect(made()).toBe(3);
  });

  it('a token that is revoked in the middle of a batch asks for one more authentication; every document is signed once', async () => {
    const running = await at.ready(kind, {}, { clock });
    const endpoint = kind === 'csc' ? 'csc.signatures.signHash' : 'kagura.sign';
    at.arm({ kind: 'revoke-tokens', on: endpoint, after: 1 });
    const answer = await signRemotely(running, { documents: batch(5) });
    expect([answer.status, signed(answer)]).toEqual([201, 5]);
    expect(made()).toBe(5);
    expect(logins(running)).toBe(2);
    expect(running.audit().map(({ event }) => event)).toContain('token.refused');
  });

  it('a token that is revoked in the middle, and nobody there: with `partial` what was signed is released, the rest is named', async () => {
    const running = await at.ready(kind, {}, { clock });
    const again = running.person.method;
    running.person.method = (question) => (logins(running) > 1 ? 'cancelled' : again(question));
    at.arm({ kind: 'revoke-tokens', on: kind === 'csc' ? 'csc.signatures.signHash' : 'kagura.sign', after: 1 });
    const answer = await signRemotely(running, { documents: batch(5), partial: true });
    const before = kind === 'csc' ? 2 : 1;
    expect([answer.status, signed(answer), made()]).toEqual([201, before, before]);
  });
});

it('a clock that drifts from its service’s while somebody is authenticated signs, and the EHR is told with each document and in the status', async () => {
  const running = await at.ready('csc', {}, { clock });
  const warnings = ({ json }: HttpAnswer) => (json as { documents?: { warnings?: string[] }[] }).documents?.map((document) => document.warnings);
  const problems = async () => ((await running.ask('/v1/status')).json as StatusAnswer).problems.map(({ code }) => code);
  expect(warnings(await signRemotely(running))).toEqual([[]]);
  expect(await problems()).not.toContain('CLOCK_WRONG');
  at.service.control.setClockOffset(10 * 60_000);
  const drifted = [expect.stringMatching(/約\d+分遅れて|about \d+ minutes behind/)];
  const answer = await signRemotely(running, { documents: batch(2) });
  expect([answer.status, warnings(answer)]).toEqual([201, [drifted, drifted]]);
  expect(await problems()).toContain('CLOCK_WRONG');
  expect(logins(running)).toBe(1);
});

it('a session that ends within the hour may be renewed by its EHR: the old token is revoked', async () => {
  const running = await at.ready('csc', {}, { clock });
  await beginSession(running, 'hpki-card');
  const ends = Date.parse((await sessionBecomes(running, 'ready')).until ?? '');
  moved.ms = ends - Date.now() - 2 * hour;
  expect((await beginSession(running, 'hpki-card')).json).toMatchObject({ state: 'ready' });
  moved.ms += hour + 1000;
  expect((await beginSession(running, 'hpki-card')).json).toMatchObject({ state: 'authenticating' });
  expect(Date.parse((await sessionBecomes(running, 'ready')).until ?? '')).toBeGreaterThan(ends + 16 * hour);
  expect(at.service.calls.received('oauth.revocation')).toBe(1);
});

describe('the bound of one authentication', () => {
  it('is one confirmation without a PIN, after which it goes on; two requests that reach it at once ask once', async () => {
    const running = await at.ready('csc', { bounds: { documentsPerSession: 4, requestsPerHour: 60 } }, { clock });
    expect(signed(await signRemotely(running, { documents: batch(4) }))).toBe(4);
    expect(running.person.asked('consent')).toBe(0);
    const both = await Promise.all([signRemotely(running), signRemotely(running)]);
    expect(both.map(({ status }) => status)).toEqual([201, 201]);
    expect(running.person.asked('consent')).toBe(1);
    expect(running.person.shown.find(({ what }) => what === 'consent')).toMatchObject({ question: { why: 'bound_reached' } });
    expect(logins(running)).toBe(1);
    expect(made()).toBe(6);
  });

  it('that nobody confirms sends nothing', async () => {
    const running = await at.ready('csc', { bounds: { documentsPerSession: 1, requestsPerHour: 60 } }, { clock });
    expect((await signRemotely(running)).status).toBe(201);
    running.person.consent = () => 'cancelled';
    expect(codeOf(await signRemotely(running))).toBe('CANCELLED_BY_USER');
    expect(made()).toBe(1);
  });
});
