import type { default as Provider } from 'oidc-provider';
import type { Exchange } from '../http/exchange.ts';
import type { PeopleDirectory, RemotePerson } from '../people.ts';
import { cscError } from './csc-errors.ts';

export type CscAccess = (exchange: Exchange) => Promise<RemotePerson>;

/** Finds the person of the bearer token (RFC 6750), or refuses as CSC API v2 §10 does. */
export function cscAccess(provider: Provider, people: PeopleDirectory, resource: string): CscAccess {
  return async ({ request, response }) => {
    const { authorization } = request.headers;
    const [, bearer] = /^Bearer ([\w~+/.-]+=*)$/.exec(authorization ?? '') ?? [];
    if (bearer === undefined) {
      response.setHeader('WWW-Authenticate', 'Bearer');
      if (authorization === undefined) throw cscError('The access token is missing', 'invalid_token', 401);
      throw cscError('Malformed authorization header');
    }
    const token = await provider.AccessToken.find(bearer, { ignoreExpiration: true });
    const person = token === undefined ? undefined : people.bySubject(token.accountId);
    const granted = token !== undefined && (await provider.Grant.find(token.grantId, { ignoreExpiration: true })) !== undefined;
    if (token === undefined || person === undefined || !granted || token.aud !== resource) {
      response.setHeader('WWW-Authenticate', 'Bearer error="invalid_token"');
      throw cscError('The access token is not valid', 'invalid_token', 401);
    }
    if (token.isExpired) {
      response.setHeader('WWW-Authenticate', 'Bearer error="invalid_token", error_description="expired"');
      throw cscError('The access token is expired or has been revoked', 'expired_token', 401);
    }
    return person;
  };
}
