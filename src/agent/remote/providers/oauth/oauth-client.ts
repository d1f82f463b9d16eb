import { clockSkew, clockTolerance, Configuration, customFetch, enableNonRepudiationChecks, None, type CustomFetch, type CustomFetchOptions, type ServerMetadata } from 'openid-client';
import { clockOffsetWords } from '../../../../formats/duration-words.ts';
import { ProblemError } from '../../../../contract/problem.ts';
import type { Clock } from '../../../ports.ts';
import type { ServiceFetch } from '../../network/service-fetch.ts';
import { tolerableSkewMs } from '../../service-time.ts';
import type { ProviderParts } from '../provider-parts.ts';

/** Beyond this nobody can tell a fresh answer from a stale one (HTTP Date, `iat`, `exp`). */
const tolerableSkewSeconds = tolerableSkewMs / 1000;

/** How long one answer of a login may take: less than the network gives a signature, because nothing is lost but a login. */
export const loginAnswerSeconds = 30;

/**
 * An authorization server and this client of it, for one login. Public: what proves the terminal is its TLS certificate.
 * `until` ends whatever it asks; a login has none, so that what it still brings can be revoked.
 */
export function oauthClient(server: ServerMetadata, clientId: string, { fetch, clock }: ProviderParts, until?: AbortSignal): Configuration {
  const skew = (clock.now() - Date.now()) / 1000;
  const client = new Configuration(server, clientId, { [clockSkew]: skew, [clockTolerance]: tolerableSkewSeconds }, None());
  // SECURITY: an ID token is checked by the server's key, although it comes over TLS (test/integration/remote-providers/csc.test.ts).
  if (server.jwks_uri !== undefined) enableNonRepudiationChecks(client);
  client[customFetch] = oauthFetch(fetch, clock, until);
  client.timeout = loginAnswerSeconds;
  return client;
}

/**
 * What openid-client calls. Requests that only ask are repeatable; one that may use something up is not: a code, an assertion,
 * and a poll, whose answer may be the one token of its device code (RFC 8628 §3.5).
 * An answer whose Date is far from this clock ends the login, because no time in a token could be relied on. What revokes
 * a token (RFC 7009 §2.1) relies on none.
 */
export function oauthFetch(fetch: ServiceFetch, clock: Clock, until?: AbortSignal): CustomFetch {
  return async (address, init) => {
    const signal = AbortSignal.any([init.signal, until].filter((one) => one !== undefined));
    const response = await fetch(address, { ...init, signal, repeatable: isOnlyAsking(init) });
    if (!isRevocation(init)) refuseWrongClock(Date.parse(response.headers.get('date') ?? ''), clock);
    return response;
  };
}

function isOnlyAsking({ method, body }: CustomFetchOptions): boolean {
  if (method !== 'POST') return true;
  // A device authorization or a revocation has none.
  return !(body instanceof URLSearchParams && body.has('grant_type'));
}

function isRevocation({ body }: CustomFetchOptions): boolean {
  return body instanceof URLSearchParams && body.has('token');
}

/** `theirs`: the service's time in milliseconds, NaN where it told none. Throws CLOCK_WRONG. */
export function refuseWrongClock(theirs: number, clock: Clock): void {
  const offset = Math.round((clock.now() - theirs) / 1000);
  if (Number.isNaN(offset) || Math.abs(offset) <= tolerableSkewSeconds) return;
  const apart = clockOffsetWords(offset);
  throw new ProblemError({
    code: 'CLOCK_WRONG',
    detail: { ja: `このPCの時計はサービスの時計より${apart.ja}います。`, en: `This computer's clock is ${apart.en} the service's.` },
  });
}
