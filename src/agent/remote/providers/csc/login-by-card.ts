import { createHash, randomUUID } from 'node:crypto';
import { genericGrantRequest, ResponseBodyError, type Configuration } from 'openid-client';
import type { SessionMethod } from '../../../../contract/api.ts';
import type { Clock } from '../../../ports.ts';
import type { CardAuthenticationKey, RemoteToken } from '../../remote-provider.ts';
import type { Login } from '../oauth/login.ts';
import { problem } from '../oauth/oauth-problems.ts';
import { tokenOfLogin, type LoginAnswer } from '../oauth/token-of-login.ts';
import type { CscSettings } from '../../../config/remote-settings.ts';

const jwtBearerGrant = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
/** From the signature to the server; nothing waits for a person in between. */
const assertionSeconds = 120;

/** RFC 7523 §2.1: an assertion signed by the card's authentication key, whose certificate comes along (RFC 7515 §4.1.6). */
export async function loginByCard(
  { client, steps, clock, signal }: Omit<Login<'openCardKey'>, 'order'>,
  method: Exclude<SessionMethod, 'smartphone'>,
  settings: Pick<CscSettings, 'scope'>,
): Promise<RemoteToken> {
  const key = await steps.openCardKey(method === 'hpki-card' ? 'hpki' : 'jpki', signal);
  const assertion = await signAssertion(client, key, clock);
  signal.throwIfAborted();
  const answer: LoginAnswer = await genericGrantRequest(client, jwtBearerGrant, { assertion, scope: settings.scope }).catch((error: unknown) => {
    throw error instanceof ResponseBodyError && error.error === 'invalid_grant' ? problem('AUTHENTICATION_REFUSED', cardRefused, error) : error;
  });
  return tokenOfLogin(answer, 'access_token', method, clock);
}

/** RFC 7523 §3.1: `invalid_grant` is all that a service says, of a card that it refuses as of an assertion whose times do not fit its clock. */
const cardRefused = {
  ja: 'サービスがこのカードを受け付けませんでした。登録されていない、失効または期限切れのカードの可能性があります。PCの時計も確かめてください。',
  en: "The service does not accept this card: it may not be enrolled there, or be revoked or expired. Check this computer's clock too.",
};

async function signAssertion(client: Configuration, key: CardAuthenticationKey, clock: Clock): Promise<string> {
  const { client_id: clientId } = client.clientMetadata();
  const at = Math.floor(clock.now() / 1000);
  const header = { alg: 'RS256', typ: 'JWT', x5c: [Buffer.from(key.certificate).toString('base64')] };
  const claims = { iss: clientId, sub: clientId, aud: client.serverMetadata().issuer, iat: at, exp: at + assertionSeconds, jti: randomUUID() };
  const signed = `${encode(header)}.${encode(claims)}`;
  const signature = await key.sign(createHash('sha256').update(signed).digest());
  return `${signed}.${Buffer.from(signature).toString('base64url')}`;
}

function encode(part: object): string {
  return Buffer.from(JSON.stringify(part), 'utf8').toString('base64url');
}
