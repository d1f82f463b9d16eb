import { randomInt } from 'node:crypto';
import { initiateDeviceAuthorization, pollDeviceAuthorizationGrant, type Configuration, type DeviceAuthorizationResponse } from 'openid-client';
import { ProblemError } from '../../../../contract/problem.ts';
import type { Clock } from '../../../ports.ts';
import type { AuthenticationOrder, AuthenticationSteps, RemoteToken } from '../../remote-provider.ts';
import { loginProblem, problem } from '../oauth/oauth-problems.ts';
import { tokenOfLogin, type LoginAnswer } from '../oauth/token-of-login.ts';
import type { CscSettings } from '../../../config/remote-settings.ts';

/** RFC 8628 §5.4 and BCP 247: a code that lies about is a code that somebody else may use. */
const longestCodeSeconds = 120;
/** RFC 8628 §3.2. */
const usualIntervalSeconds = 5;
const longestUri = 80;

/**
 * Device authorization grant: the phone scans the code and types the number that only this terminal shows. An approval in the
 * code's last second still counts, so polling goes on for one interval more.
 */
export async function loginByPhone(
  client: Configuration,
  settings: Pick<CscSettings, 'scope' | 'signInDetail'>,
  order: AuthenticationOrder,
  steps: Pick<AuthenticationSteps, 'showCode'>,
  clock: Clock,
  signal: AbortSignal,
): Promise<RemoteToken> {
  const number = settings.signInDetail === null ? null : String(randomInt(100, 1000));
  const details = { type: settings.signInDetail, number, terminal: order.terminal, doctor: order.staff.name };
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

/** A QR code with a longer address is hard to scan from a dim screen. */
function shortUri({ verification_uri_complete: complete, verification_uri: plain }: DeviceAuthorizationResponse): string {
  const uri = complete ?? plain;
  if (uri.length <= longestUri && /^https?:\/\//.test(uri)) return uri;
  throw problem('PROVIDER_REFUSED', { ja: 'QRコードにするアドレスが長すぎるか、Webのアドレスではありません。', en: 'The address for the QR code is too long, or no web address.' });
}

/** RFC 8628 §3.5: a connection that fails is no answer; asking goes on until the code is over. */
async function poll(client: Configuration, device: DeviceAuthorizationResponse, seconds: number, signal: AbortSignal): Promise<LoginAnswer> {
  const over = AbortSignal.timeout(seconds * 1000);
  const either = AbortSignal.any([signal, over]);
  for (;;) {
    try {
      return await pollDeviceAuthorizationGrant(client, device, undefined, { signal: either });
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (over.aborted) throw new ProblemError({ code: 'AUTHENTICATION_EXPIRED', detail: null }, { cause: error });
      if (!isPassing(loginProblem(error, signal))) throw error;
    }
  }
}

function isPassing(error: unknown): boolean {
  return error instanceof ProblemError && (error.problem.code === 'PROVIDER_UNREACHABLE' || error.problem.code === 'PROXY_UPSTREAM');
}
