import { randomInt } from 'node:crypto';
import { customFetch, initiateDeviceAuthorization, pollDeviceAuthorizationGrant, ResponseBodyError, type Configuration, type DeviceAuthorizationResponse } from 'openid-client';
import type { ErrorCode } from '../../../../contract/error-codes.ts';
import { ProblemError } from '../../../../contract/problem.ts';
import type { RemoteToken } from '../../remote-provider.ts';
import { isLoopback } from '../../network/proxy-route.ts';
import type { Login } from '../oauth/login.ts';
import { loginAnswerSeconds } from '../oauth/oauth-client.ts';
import { isAnswerLost, loginProblem, problem } from '../oauth/oauth-problems.ts';
import { tokenOfLogin, type LoginAnswer } from '../oauth/token-of-login.ts';
import type { CscSettings } from '../../../config/remote-settings.ts';

/** RFC 8628 §5.4 and BCP 247: a code that lies about is a code that somebody else may use. */
const longestCodeSeconds = 120;
/** RFC 8628 §3.2. */
const usualIntervalSeconds = 5;
/** RFC 8628 §3.5: by which each `slow_down` lengthens the interval, for all polls that follow. */
const slowDownSeconds = 5;
/** Asking less often after failures must not cost the doctor more than this once the network is back. */
const longestBackOffSeconds = 20;
const longestUri = 80;

/**
 * Device authorization grant: the phone scans the code and types the number that only this terminal shows. An approval in the
 * code's last second still counts, so polling goes on for one interval more.
 */
export async function loginByPhone(
  { client, order, steps, clock, signal }: Login<'showCode'>,
  settings: Pick<CscSettings, 'scope' | 'signInDetail'>,
): Promise<RemoteToken> {
  const number = settings.signInDetail === null ? null : String(randomInt(100, 1000));
  const { facility, terminal, staff } = order;
  const details = { type: settings.signInDetail, number, terminal, doctor: staff.name, ...(facility === null ? {} : { facility }) };
  const device = await initiateDeviceAuthorization(client, {
    scope: settings.scope,
    ...(number === null ? {} : { authorization_details: JSON.stringify([details]) }),
  });
  signal.throwIfAborted();
  const seconds = Math.min(device.expires_in, longestCodeSeconds);
  steps.showCode({ uri: shortUri(device), userCode: device.user_code, number, expiresAt: new Date(clock.now() + seconds * 1000) });
  const answer = await poll(client, device, seconds + (device.interval ?? usualIntervalSeconds), signal);
  return tokenOfLogin(answer, 'access_token', 'smartphone', clock);
}

/**
 * A QR code with a longer address is hard to scan from a dim screen. Phones are in networks that anybody may be in, so the
 * page has to come over TLS; on this machine itself there is no network.
 * SECURITY: test/unit/agent/remote/login-by-phone.test.ts
 */
function shortUri({ verification_uri_complete: complete, verification_uri: plain }: DeviceAuthorizationResponse): string {
  const uri = complete ?? plain;
  const { protocol, hostname } = URL.parse(uri) ?? { protocol: '', hostname: '' };
  if (uri.length <= longestUri && (protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname)))) return uri;
  throw problem('PROVIDER_REFUSED', { ja: 'QRコードにするアドレスが長すぎるか、httpsではありません。', en: 'The address for the QR code is too long, or not https.' });
}

/**
 * RFC 8628 §3.5: a connection that fails is no answer; asking goes on until the code is over, half as often each time down
 * to every {@link longestBackOffSeconds}, or as the server wants it where that is longer. The answer that was lost may
 * have been the token. It is handed out once, so the next poll says that the code is used up: that login is over, nobody
 * has its token, and the person is told that the answer got lost, not that somebody refused.
 * Whoever leaves ends the asking, and no poll that is under way: its answer may be the token, which is then to be revoked.
 * A code that is over waits for no such poll either, because a code that nobody can use must not stand where people scan it.
 */
async function poll(client: Configuration, device: DeviceAuthorizationResponse, seconds: number, signal: AbortSignal): Promise<LoginAnswer> {
  const over = AbortSignal.timeout(seconds * 1000);
  const either = AbortSignal.any([signal, over]);
  const codeIsOver = new Promise<never>((_resolve, reject) => {
    const end = (): void => (signal.aborted ? undefined : reject(over.reason as Error));
    over.addEventListener('abort', end, { once: true });
  });
  askWhole(client);
  const slowDowns = countSlowDowns(client);
  let lost: Error | null = null;
  for (let interval = device.interval ?? usualIntervalSeconds; ; ) {
    try {
      return await Promise.race([pollDeviceAuthorizationGrant(client, { ...device, interval }, undefined, { signal: either }), codeIsOver]);
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (over.aborted) throw new ProblemError({ code: 'AUTHENTICATION_EXPIRED', detail: null }, { cause: error });
      if (lost !== null && isUsedUp(error)) throw lost;
      const failure = loginProblem(error, signal);
      if (!isPassing(failure)) throw error;
      if (isAnswerLost(error)) lost = error;
      const shortest = (device.interval ?? usualIntervalSeconds) + slowDowns() * slowDownSeconds;
      const backOff = Math.min(2 * Math.max(interval, shortest), longestBackOffSeconds);
      interval = Math.max(shortest, backOff, failure.problem.retryAfterSeconds ?? 0);
    }
  }
}

/**
 * openid-client ends a request with the asking; here only its own time does.
 * SECURITY: test/integration/remote-providers/csc.test.ts
 */
function askWhole(client: Configuration): void {
  const ask = client[customFetch];
  if (ask === undefined) return;
  client[customFetch] = (address, init) => ask(address, { ...init, signal: AbortSignal.timeout(loginAnswerSeconds * 1000) });
}

/** openid-client keeps count within one call of it, which a lost connection ends. */
function countSlowDowns(client: Configuration): () => number {
  let count = 0;
  const ask = client[customFetch];
  if (ask === undefined) return () => count;
  client[customFetch] = async (...request) => {
    const response = await ask(...request);
    const answer: unknown = response.ok ? null : await response.clone().json().catch(() => null);
    if (typeof answer === 'object' && answer !== null && 'error' in answer && answer.error === 'slow_down') count += 1;
    return response;
  };
  return () => count;
}

/** RFC 6749 §5.2: the grant was used, or never was one. */
function isUsedUp(error: unknown): boolean {
  return error instanceof ResponseBodyError && error.error === 'invalid_grant';
}

const passing: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['PROVIDER_UNREACHABLE', 'PROXY_UPSTREAM', 'SERVICE_SUSPENDED']);

function isPassing(error: unknown): error is ProblemError {
  return error instanceof ProblemError && passing.has(error.problem.code);
}
