import { tokenRevocation, type ServerMetadata } from 'openid-client';
import type { SessionMethod } from '../../../../contract/api.ts';
import type { KaguraSettings } from '../../../config/remote-settings.ts';
import type { ServiceFetch } from '../../network/service-fetch.ts';
import type { RemoteProvider } from '../../remote-provider.ts';
import { discardUnlessTaken } from '../oauth/discard-unless-taken.ts';
import { oauthClient } from '../oauth/oauth-client.ts';
import { loginProblem, problem } from '../oauth/oauth-problems.ts';
import { bearerOf } from '../oauth/token-of-login.ts';
import type { ProviderParts } from '../provider-parts.ts';
import { loginOnPage } from './login-on-page.ts';
import { signDigests } from './kagura-signatures.ts';

/**
 * Shaped like the national platform (HPKI-KAGURA): an authorization code with PKCE, one client id for each method, the ID
 * token as the bearer, and a signature element that the service makes over a digest. Every address and name is policy's:
 * docs/admin/remote-signing.md says what is assumed.
 */
export function createKaguraProvider(settings: KaguraSettings, parts: ProviderParts): RemoteProvider {
  const server: ServerMetadata = {
    issuer: settings.issuer,
    authorization_endpoint: settings.authorizationUrl,
    token_endpoint: settings.tokenUrl,
    // SECURITY: no `none`, no HMAC: the token is signed by a key that the service alone has (RFC 8725 §3.1).
    id_token_signing_alg_values_supported: ['RS256', 'PS256', 'ES256', 'ES384'],
    ...(settings.jwksUrl === null ? {} : { jwks_uri: settings.jwksUrl }),
    ...(settings.revocationUrl === null ? {} : { revocation_endpoint: settings.revocationUrl }),
  };
  const clientFor = (method: SessionMethod, { fetch = parts.fetch, until }: { readonly fetch?: ServiceFetch; readonly until?: AbortSignal }) => {
    const clientId = settings.clientIds[method];
    if (clientId === undefined) throw problem('AUTHENTICATION_NOT_OFFERED', { ja: 'この方法のclient_idがポリシーにありません。', en: 'Policy names no client id for this method.' });
    return oauthClient(server, clientId, { ...parts, fetch }, until);
  };
  return {
    name: settings.name,
    methods: (Object.keys(settings.clientIds) as SessionMethod[]).filter((method) => settings.clientIds[method] !== undefined),
    cardLogin: 'page',
    signing: {
      form: 'element',
      reference1: settings.reference1,
      sign: (token, documents, signal) => signDigests(settings, parts.fetch, bearerOf(token), documents, signal),
    },
    async authenticate(order, steps, signal) {
      try {
        const { method } = order;
        return await discardUnlessTaken(parts.fetch, { bearer: 'id_token', method }, steps, async (fetch) =>
          loginOnPage({ client: clientFor(method, { fetch }), order, steps, clock: parts.clock, signal }, settings),
        );
      } catch (error) {
        throw loginProblem(error, signal);
      }
    },
    async revoke(token, signal) {
      // A service without revocation ends its tokens by time alone; here the token is forgotten all the same.
      if (settings.revocationUrl === null) return;
      try {
        await tokenRevocation(clientFor(token.method, { until: signal }), bearerOf(token));
      } catch (error) {
        throw loginProblem(error, signal);
      }
    },
  };
}
