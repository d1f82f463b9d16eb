/** How often a phone login asks while the network fails (RFC 8628 §3.5). */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Configuration, customFetch, None } from 'openid-client';
import { ProblemError } from '../../../../src/contract/problem.ts';
import { loginByPhone } from '../../../../src/agent/remote/providers/csc/login-by-phone.ts';
import { systemClock } from '../../../../src/agent/system-clock.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Seconds between the polls of a login whose every poll fails. */
async function gaps(interval: number, polls: number): Promise<number[]> {
  const issuer = 'https://login.example.jp';
  const client = new Configuration({ issuer, token_endpoint: `${issuer}/token`, device_authorization_endpoint: `${issuer}/device` }, 'terminal', {}, None());
  const leave = new AbortController();
  const at = [Date.now()];
  client[customFetch] = (url) => {
    if (url.endsWith('/device')) {
      const answer = { device_code: 'd', user_code: 'BCDF-GHJK', verification_uri: `${issuer}/go`, expires_in: 120, interval };
      return Promise.resolve(Response.json(answer));
    }
    at.push(Date.now());
    if (at.length > polls) leave.abort(new Error('enough'));
    return Promise.reject(new ProblemError({ code: 'PROVIDER_UNREACHABLE', detail: null }));
  };
  const order = { method: 'smartphone' as const, staff: { id: 'D0012', name: '医者 三郎' }, terminal: 'clinic-1' };
  const ended = loginByPhone(client, { scope: 'service', signInDetail: null }, order, { showCode: () => undefined }, systemClock, leave.signal).catch((error: unknown) => error);
  await vi.advanceTimersByTimeAsync(300_000);
  expect(await ended).toBe(leave.signal.reason);
  return at.slice(1).map((moment, index) => (moment - (at[index] ?? 0)) / 1000);
}

it('asks half as often after each failure, but at least every 20 seconds', async () => {
  expect(await gaps(2, 7)).toEqual([2, 4, 8, 16, 20, 20, 20]);
});

it('never asks more often than the service allows', async () => {
  expect(await gaps(30, 3)).toEqual([30, 30, 30]);
});
