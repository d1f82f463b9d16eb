import { tokenRevocation } from 'openid-client';
import type { CscSettings } from '../../../config/remote-settings.ts';
import type { RemoteProvider } from '../../remote-provider.ts';
import { discardUnlessTaken } from '../oauth/discard-unless-taken.ts';
import { loginProblem } from '../oauth/oauth-problems.ts';
import { bearerOf } from '../oauth/token-of-login.ts';
import type { ProviderParts } from '../provider-parts.ts';
import { CscAuthorizationServer } from './csc-authorization-server.ts';
import { cscApi } from './csc-api.ts';
import { listCredentials } from './csc-credentials.ts';
import { signHashes } from './csc-signatures.ts';
import { loginByCard } from './login-by-card.ts';
import { loginByPhone } from './login-by-phone.ts';

/** Cloud Signature Consortium API 2.0 over OAuth 2.0: a phone by the device grant (RFC 8628), a card by an assertion (RFC 7523). */
export function createCscProvider(settings: CscSettings, parts: ProviderParts): RemoteProvider {
  const server = new CscAuthorizationServer(settings, parts);
  const api = cscApi(settings.serviceUrl, parts.fetch);
  return {
    name: settings.name,
    methods: settings.methods,
    cardLogin: 'driver',
    signing: {
      form: 'value',
      credentials: (token, signal) => listCredentials(api, bearerOf(token), signal),
      sign: (token, credential, hashes, signal) => signHashes(api, bearerOf(token), credential, hashes, signal),
    },
    async authenticate(order, steps, signal) {
      try {
        const { method } = order;
        return await discardUnlessTaken(parts.fetch, { bearer: 'access_token', method }, steps, async (fetch) => {
          const login = { client: await server.client({ fetch }), order, steps, clock: parts.clock, signal };
          return method === 'smartphone' ? loginByPhone(login, settings) : loginByCard(login, method, settings);
        });
      } catch (error) {
        throw loginProblem(error, signal);
      }
    },
    async revoke(token, signal) {
      try {
        await tokenRevocation(await server.client({ until: signal }), bearerOf(token), { token_type_hint: 'access_token' });
      } catch (error) {
        throw loginProblem(error, signal);
      }
    },
  };
}
