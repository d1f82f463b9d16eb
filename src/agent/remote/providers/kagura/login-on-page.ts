import {
  authorizationCodeGrant,
  buildAuthorizationUrl,
  calculatePKCECodeChallenge,
  randomNonce,
  randomPKCECodeVerifier,
  randomState,
} from 'openid-client';
import type { SessionMethod } from '../../../../contract/api.ts';
import type { RemoteToken } from '../../remote-provider.ts';
import type { Login } from '../oauth/login.ts';
import { tokenOfLogin } from '../oauth/token-of-login.ts';
import type { KaguraSettings } from '../../../config/remote-settings.ts';

/** Methods whose login page asks for TLS client authentication. */
const cardOf: Readonly<Record<SessionMethod, 'hpki' | 'jpki' | null>> = { smartphone: null, 'hpki-card': 'hpki', 'mynumber-card': 'jpki' };

/**
 * Authorization code with PKCE (RFC 7636, S256) on the provider's own page. State, nonce and verifier are made for this one
 * login and forgotten with it, so that a second or a late answer fits nothing.
 * SECURITY: test/integration/remote-providers/kagura.test.ts
 */
export async function loginOnPage(
  { client, order, steps, clock, signal }: Login<'showLogin'>,
  { redirectUrl, callbackListener, allowedOrigins, authorizationUrl, scope, names }: KaguraSettings,
): Promise<RemoteToken> {
  const [state, nonce, verifier] = [randomState(), randomNonce(), randomPKCECodeVerifier()];
  const url = buildAuthorizationUrl(client, {
    redirect_uri: redirectUrl,
    scope,
    prompt: 'login',
    state,
    nonce,
    code_challenge: await calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    ...(names.facility === null || order.facility === null ? {} : { [names.facility]: order.facility }),
    ...(names.terminal === null ? {} : { [names.terminal]: order.terminal }),
    ...(names.doctor === null ? {} : { [names.doctor]: order.staff.name }),
  });
  const origins = [new URL(authorizationUrl).origin, ...allowedOrigins.map((origin) => new URL(origin).origin)];
  const page = { url, redirectUrl: new URL(redirectUrl), listens: callbackListener, allowedOrigins: [...new Set(origins)], card: cardOf[order.method] };
  const ended = await steps.showLogin(page, signal);
  signal.throwIfAborted();
  const answer = await authorizationCodeGrant(client, ended, {
    pkceCodeVerifier: verifier,
    expectedState: state,
    expectedNonce: nonce,
    idTokenExpected: true,
  });
  return tokenOfLogin(answer, 'id_token', order.method, clock);
}
