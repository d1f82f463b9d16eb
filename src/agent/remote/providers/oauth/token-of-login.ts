import type { TokenEndpointResponse, TokenEndpointResponseHelpers } from 'openid-client';
import type { SessionMethod } from '../../../../contract/api.ts';
import type { Clock } from '../../../ports.ts';
import type { IssuedToken, RemoteToken } from '../../remote-provider.ts';
import { refuseWrongClock } from './oauth-client.ts';
import { problem } from './oauth-problems.ts';

export type LoginAnswer = TokenEndpointResponse & TokenEndpointResponseHelpers;

/**
 * What a login brought: who it was, until when, and the bearer. openid-client has checked the ID token (OIDC Core §3.1.3.7).
 * The end comes from the answer; a token without one, or without a name, is of no use and is refused.
 */
export function tokenOfLogin(answer: LoginAnswer, bearer: 'access_token' | 'id_token', method: SessionMethod, clock: Clock): RemoteToken {
  const claims = answer.claims();
  const value = answer[bearer];
  if (claims === undefined || value === undefined) {
    throw problem('PROVIDER_REFUSED', { ja: 'サービスがIDトークンを返しませんでした。', en: 'The service returned no ID token.' });
  }
  // Where no answer has told its time, the token does.
  refuseWrongClock(claims.iat * 1000, clock);
  const ends = [
    ...(bearer === 'id_token' ? [claims.exp * 1000] : []),
    ...(bearer === 'access_token' && answer.expires_in !== undefined ? [clock.now() + answer.expires_in * 1000] : []),
  ];
  const [end] = ends;
  if (end === undefined) throw problem('PROVIDER_REFUSED', { ja: 'サービスが有効期限を返しませんでした。', en: 'The service did not say when the token ends.' });
  return { subject: claims.sub, method, expiresAt: new Date(end), secret: new Uint8Array(Buffer.from(value, 'utf8')) };
}

/** The bearer as it goes into a request. */
export function bearerOf(token: IssuedToken): string {
  return Buffer.from(token.secret).toString('utf8');
}
