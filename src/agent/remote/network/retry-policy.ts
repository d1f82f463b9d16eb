import { codeOf } from './network-failures.ts';
import type { NetworkError } from './network-error.ts';
import { ClosedEarly } from './socket-events.ts';

/** Tries of one call, the first one included. */
export const mostTries = 3;

/** No new try begins later than this after the call began, and no Retry-After is waited for beyond it, in milliseconds. */
export const retryWithinMs = 10_000;

/** How long the next try waits, in milliseconds, give or take a quarter, so that terminals do not march in step. */
export function pauseBefore(nextTry: number, random: number): number {
  return 250 * 4 ** (nextTry - 2) * (0.75 + random / 2);
}

/**
 * Whether a failure may pass by itself, and sending again can do no harm.
 * SECURITY: what may have been carried out is sent again only where that makes no difference; a signature never is.
 * test/unit/agent/remote/network/retry-policy.test.ts, test/integration/network-faults.test.ts
 */
export function mayTryAgain(error: NetworkError, repeatable: boolean): boolean {
  if (error.sent === 'maybe' && !repeatable) return false;
  if (error.code === 'PROXY_UPSTREAM') return true;
  if (error.code !== 'PROVIDER_UNREACHABLE') return false;
  // A certificate or a cipher will be the same in a second.
  return error.phase !== 'tls' || error.cause instanceof ClosedEarly || ['ECONNRESET', 'EPIPE'].includes(codeOf(error.cause));
}

/** Failures that say something about the host or the way to it, and so count for its breaker. */
export function speaksAgainstHost(error: NetworkError): boolean {
  return error.code === 'PROVIDER_UNREACHABLE' || error.code === 'PROXY_UPSTREAM' || error.code === 'REMOTE_ANSWER_LOST';
}

/** HTTP-date as RFC 9110 §5.6.7 has it written. JavaScript's parser makes a date of nearly anything that holds a digit. */
const httpDate = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/** Retry-After (RFC 9110 §10.2.3) in milliseconds from now; null where it is missing or says nothing. */
export function retryAfterMs(value: string | null, now: number): number | null {
  const said = value?.trim() ?? '';
  if (/^\d{1,8}$/.test(said)) return Number(said) * 1000;
  const date = httpDate.test(said) ? Date.parse(said) : Number.NaN;
  return Number.isNaN(date) ? null : Math.max(0, date - now);
}
