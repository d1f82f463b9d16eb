/** How often a phone login asks while the network fails (RFC 8628 §3.5). */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Configuration, customFetch, None } from 'openid-client';
import { ProblemError } from '../../../../src/contract/problem.ts';
import type { ServiceFetch } from '../../../../src/agent/remote/network/service-fetch.ts';
import { loginAnswerSeconds } from '../../../../src/agent/remote/providers/oauth/oauth-client.ts';
import type { IssuedToken, RemoteToken } from '../../../../src/agent/remote/remote-provider.ts';
import { loginByPhone } from '../../../../src/agent/remote/providers/csc/login-by-phone.ts';
import { discardUnlessTaken } from '../../../../src/agent/remote/providers/oauth/discard-unless-taken.ts';
import { loginProblem } from '../../../../src/agent/remote/providers/oauth/oauth-problems.ts';
import { systemClock } from '../../../../src/agent/system-clock.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** What becomes of the n-th poll, 1-based. */
type Poll = (n: number) => Promise<Response>;

const unreachable: Poll = () => Promise.reject(new ProblemError({ code: 'PROVIDER_UNREACHABLE', detail: null }));
/** How a request ends that openid-client has given up: by its own signal's reason. */
const silent: Poll = () => Promise.reject(new DOMException('The operation was aborted due to timeout', 'TimeoutError'));
const says = (error: string): Poll => () => Promise.resolve(Response.json({ error }, { status: 400 }));

const newClient = (): Configuration => {
  const issuer = 'https://login.example.jp';
  return new Configuration({ issuer, token_endpoint: `${issuer}/token`, device_authorization_endpoint: `${issuer}/device` }, 'terminal', {}, None());
};
const codeFor = (interval: number, uri: string): Response =>
  Response.json({ device_code: 'd', user_code: 'BCDF-GHJK', verification_uri: uri, expires_in: 120, interval });
const order = { method: 'smartphone' as const, staff: { id: 'D0012', name: '医者 三郎' }, facility: null, terminal: 'clinic-1' };
const begin = (client: Configuration, signal: AbortSignal): Promise<RemoteToken> =>
  loginByPhone({ client, order, steps: { showCode: () => undefined }, clock: systemClock, signal }, { scope: 'service', signInDetail: null });

/** How a login ended whose polls end as told, and the seconds before each of them. The person leaves at the one after the last. */
async function login(interval: number, polls: readonly Poll[], uri = 'https://login.example.jp/go'): Promise<{ readonly gaps: readonly number[]; readonly end: unknown }> {
  const client = newClient();
  const leave = new AbortController();
  const at = [Date.now()];
  client[customFetch] = (url) => {
    if (url.endsWith('/device')) return Promise.resolve(codeFor(interval, uri));
    const n = at.push(Date.now()) - 1;
    if (n > polls.length) leave.abort(new Error('enough'));
    return (polls[n - 1] ?? unreachable)(n);
  };
  const ended = begin(client, leave.signal).catch((error: unknown) => loginProblem(error, leave.signal));
  await vi.advanceTimersByTimeAsync(300_000);
  return { gaps: at.slice(1).map((moment, index) => (moment - (at[index] ?? 0)) / 1000), end: await ended };
}
const times = (count: number, poll: Poll): readonly Poll[] => Array<Poll>(count).fill(poll);

it('asks half as often after each failure, but at least every 20 seconds', async () => {
  expect((await login(2, times(6, unreachable))).gaps).toEqual([2, 4, 8, 16, 20, 20, 20]);
});

it('never asks more often than the service allows', async () => {
  expect((await login(30, times(2, unreachable))).gaps).toEqual([30, 30, 30]);
});

it('asks less often from slow_down on, also over connections that fail meanwhile', async () => {
  const slowDown = says('slow_down');
  expect((await login(2, [slowDown, ...times(3, unreachable)])).gaps).toEqual([2, 7, 14, 20, 20]);
  expect((await login(2, [slowDown, slowDown, unreachable, slowDown, unreachable])).gaps).toEqual([2, 7, 12, 20, 25, 20]);
});

it('waits for as long as the service asks', async () => {
  const busy: Poll = () => Promise.resolve(new Response('', { status: 429, headers: { 'retry-after': '50' } }));
  expect((await login(2, [busy, says('authorization_pending')])).gaps).toEqual([2, 50, 50]);
});

it('goes on after a poll that was never answered', async () => {
  const { gaps, end } = await login(2, [silent, says('authorization_pending'), says('access_denied')]);
  expect(gaps).toEqual([2, 4, 4]);
  expect(end).toMatchObject({ problem: { code: 'AUTHENTICATION_REFUSED' } });
});

it('whose unanswered poll may have had the token is no refusal by anybody', async () => {
  const { end } = await login(2, [silent, says('invalid_grant')]);
  expect(end).toMatchObject({ problem: { code: 'PROVIDER_UNREACHABLE', detail: { en: expect.stringContaining('did not arrive') as string } } });
});

it.each([
  ['http://login.example.jp/go', false],
  [`https://login.example.jp/${'x'.repeat(60)}`, false],
  ['javascript:alert(1)', false],
  ['no address', false],
  ['https://login.example.jp/go', true],
  ['http://localhost:17203/s/BCDF-GHJK', true],
])('puts no address into the code that a phone could not open safely: %s', async (uri, isShown) => {
  const { gaps, end } = await login(2, [says('access_denied')], uri);
  expect(gaps).toHaveLength(isShown ? 1 : 0);
  expect(end).toMatchObject({ problem: { code: isShown ? 'AUTHENTICATION_REFUSED' : 'PROVIDER_REFUSED' } });
});

it('that fails hands each token over once, whatever else is answered after that', async () => {
  const keys = Promise.withResolvers<Response>();
  const discarded: Promise<IssuedToken | null>[] = [];
  const issued: ServiceFetch = (address) => (String(address).endsWith('/keys') ? keys.promise : Promise.resolve(Response.json({ access_token: 'issued' })));
  const login = discardUnlessTaken(issued, { bearer: 'access_token', method: 'smartphone' }, { discard: (late) => discarded.push(late) }, async (fetch) => {
    await fetch('https://login.example.jp/token', { method: 'POST', body: new URLSearchParams({ grant_type: 'some' }) });
    void fetch('https://login.example.jp/keys');
    throw new Error('refused');
  });
  await expect(login).rejects.toThrow('refused');
  keys.resolve(Response.json({ access_token: 'no token of this login' }));
  await vi.advanceTimersByTimeAsync(0);
  const secrets = (await Promise.all(discarded)).map((token) => token && Buffer.from(token.secret).toString());
  expect(secrets).toEqual(['issued']);
});

describe('a code that is over while a poll is under way', () => {
  /** A login whose first poll gets `answer`, and the end of its code and of the person's patience. */
  async function loginOverSilence() {
    const [over, answerTime, leave, answer] = [new AbortController(), new AbortController(), new AbortController(), Promise.withResolvers<Response>()];
    // The code's 120 s and one interval. No other time runs out here.
    vi.spyOn(AbortSignal, 'timeout').mockImplementation((ms) => (ms === 122_000 ? over : ms === loginAnswerSeconds * 1000 ? answerTime : new AbortController()).signal);
    let polls = 0;
    const discarded: string[] = [];
    const steps = { discard: (late: Promise<IssuedToken | null>): void => void late.then((token) => token && discarded.push(Buffer.from(token.secret).toString())) };
    let pollSignal: AbortSignal | null | undefined;
    const service: ServiceFetch = (address, init) => {
      if (String(address).endsWith('/device')) return Promise.resolve(codeFor(2, 'https://login.example.jp/go'));
      polls += 1;
      pollSignal = init?.signal;
      return answer.promise;
    };
    let end: unknown;
    discardUnlessTaken(service, { bearer: 'access_token', method: 'smartphone' }, steps, (fetch) => {
      const client = newClient();
      client[customFetch] = (url, init) => fetch(url, init);
      return begin(client, leave.signal);
    }).catch((error: unknown) => (end = error));
    while (polls === 0) await vi.advanceTimersByTimeAsync(100);
    return { over, answerTime, pollSignal: () => pollSignal, leave, end: () => end, discarded, bring: () => answer.resolve(Response.json({ access_token: 'late', token_type: 'bearer' })) };
  }

  it('ends the login at once, and a token which that poll still brings is revoked', async () => {
    const login = await loginOverSilence();
    login.over.abort(new DOMException('too late', 'TimeoutError'));
    await vi.waitFor(() => expect(login.end()).toMatchObject({ problem: { code: 'AUTHENTICATION_EXPIRED' } }), 10_000);
    expect(login.discarded).toEqual([]);
    login.bring();
    await vi.waitFor(() => expect(login.discarded).toEqual(['late']), 10_000);
  });

  it('has that poll end by its own time alone', async () => {
    const login = await loginOverSilence();
    login.leave.abort(new Error('left'));
    login.over.abort(new DOMException('too late', 'TimeoutError'));
    expect(login.pollSignal()?.aborted).toBe(false);
    login.answerTime.abort(new DOMException('no answer', 'TimeoutError'));
    expect(login.pollSignal()?.aborted).toBe(true);
    login.bring();
  });

  it('does not end one that the person has left: what it brings is waited for', async () => {
    const login = await loginOverSilence();
    login.leave.abort(new Error('left'));
    login.over.abort(new DOMException('too late', 'TimeoutError'));
    await vi.advanceTimersByTimeAsync(20_000);
    expect(login.end()).toBeUndefined();
    login.bring();
    // It names nobody, so nobody takes it.
    await vi.waitFor(() => expect(login.discarded).toEqual(['late']), 10_000);
  });
});
