import type { Configuration } from 'oidc-provider';
import type { PeopleDirectory } from '../people.ts';
import type { IssuerKey } from './issuer-key.ts';
import type { ProviderStorage } from './provider-storage.ts';

export interface ProviderParts {
  readonly storage: ProviderStorage;
  readonly key: IssuerKey;
  readonly people: PeopleDirectory;
  /** How long an authentication lasts. */
  readonly tokenSeconds: number;
  /** How long a QR code lives. */
  readonly codeSeconds: number;
}

/** Names of OAuth's endpoints, alike for both authorization servers; where CSC names one, as CSC does (§8.4). */
export const oauthRoutes = {
  authorization: '/oauth2/authorize',
  token: '/oauth2/token',
  revocation: '/oauth2/revoke',
  device_authorization: '/oauth2/device_authorization',
  code_verification: '/oauth2/device',
  jwks: '/oauth2/jwks',
} as const;

/** What both authorization servers have in common. */
export function sharedConfiguration({ storage, key, people, tokenSeconds, codeSeconds }: ProviderParts): Configuration {
  return {
    adapter: storage.adapter,
    jwks: { keys: [key.jwk] },
    routes: oauthRoutes,
    scopes: ['openid', 'profile'],
    claims: { openid: ['sub', 'acr', 'amr', 'auth_time'], profile: ['name'] },
    // The terminal has no userinfo request to spare: the name comes with the ID token.
    conformIdTokenClaims: false,
    enabledJWA: { idTokenSigningAlgValues: ['ES256'] },
    clientDefaults: { id_token_signed_response_alg: 'ES256', token_endpoint_auth_method: 'none' },
    ttl: {
      AccessToken: tokenSeconds,
      IdToken: tokenSeconds,
      Grant: tokenSeconds,
      Session: tokenSeconds,
      DeviceCode: codeSeconds,
      Interaction: 600,
      AuthorizationCode: 60,
    },
    findAccount(_context, subject) {
      const person = people.bySubject(subject);
      return person && { accountId: subject, claims: () => ({ sub: subject, name: person.name }) };
    },
  };
}
