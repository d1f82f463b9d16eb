import { randomBytes } from 'node:crypto';
import { Provider, type ClientMetadata, type KoaContextWithOIDC } from 'oidc-provider';
import { isIdTokenAnswer, moveIdToken, readClaims } from '../authorization/issuer-key.ts';
import { sharedConfiguration, type ProviderParts } from '../authorization/shared-configuration.ts';
import type { IdTokens } from './id-tokens.ts';
import { kaguraClientIds, type KaguraContract } from './kagura-contract.ts';

export interface KaguraAuthorizationParts extends ProviderParts {
  readonly issuer: string;
  readonly contract: KaguraContract;
  readonly tokens: IdTokens;
}

/** Address of the login page for one authorization request. */
export const loginPath = '/kagura/login';

/** OpenID Connect as the national platform has it: authorization code with PKCE S256, public clients, the ID token as bearer. */
export function createKaguraAuthorizationServer(parts: KaguraAuthorizationParts): Provider {
  const { issuer, contract, people, tokens, storage, key } = parts;
  const clients = kaguraClientIds.map(
    (client_id): ClientMetadata => ({ client_id, grant_types: ['authorization_code'], response_types: ['code'], redirect_uris: contract.redirectUris }),
  );
  const provider = new Provider(issuer, {
    ...sharedConfiguration(parts),
    clients,
    routes: {
      authorization: contract.authorizationPath,
      token: contract.tokenPath,
      revocation: contract.revocationPath,
      jwks: contract.keysPath,
    },
    acrValues: kaguraClientIds,
    responseTypes: ['code'],
    pkce: { required: () => true },
    extraParams: [contract.display.facility, contract.display.terminal],
    cookies: { keys: [randomBytes(32).toString('base64url')] },
    interactions: { url: (_context, interaction) => `${loginPath}/${interaction.uid}` },
    loadExistingGrant: (context) => consentAlreadyGiven(context),
    features: {
      devInteractions: { enabled: false },
      userinfo: { enabled: false },
      rpInitiatedLogout: { enabled: false },
      resourceIndicators: { enabled: false },
      revocation: { enabled: true, allowedPolicy: (_context, client, token) => token.clientId === client.clientId },
    },
  });
  provider.use(async (context, next) => {
    await next();
    const { oidc } = context as unknown as Partial<KoaContextWithOIDC>;
    const body: unknown = context.body;
    if (isIdTokenAnswer(body)) {
      const idToken = moveIdToken(body.id_token, storage.ahead, key);
      const { sub, exp, acr } = readClaims(idToken);
      const person = people.bySubject(String(sub));
      const grantId = oidc?.entities.Grant?.jti;
      if (person !== undefined && grantId !== undefined) {
        tokens.issue(idToken, { person, grantId, method: acr as (typeof kaguraClientIds)[number], expiresAt: Number(exp) * 1000 });
      }
      context.body = { ...body, id_token: idToken };
    }
    // oidc-provider revokes opaque tokens alone (RFC 7009); here the ID token is what opens doors.
    if (oidc?.route === 'revocation' && tokens.revoke(String(oidc.params?.['token']))) {
      context.status = 200;
      context.body = '';
    }
    moveCookies(context, storage.ahead);
  });
  provider.on('access_token.destroyed', ({ grantId }) => tokens.revokeGrant(grantId));
  return provider;
}

/** `expires` of cookies goes by our Date header, from which a browser sees how far its clock is off. */
function moveCookies({ response }: Parameters<Parameters<Provider['use']>[0]>[0], seconds: number): void {
  const cookies: unknown = response.headers['set-cookie'];
  if (!Array.isArray(cookies) || seconds === 0) return;
  const moved = (cookies as readonly string[]).map((cookie) =>
    cookie.replace(/expires=([^;]+)/i, (_all, date: string) => `expires=${new Date(Date.parse(date) + seconds * 1000).toUTCString()}`),
  );
  response.set('set-cookie', moved);
}

/** Doctors are asked who they are, not whether their own EHR may sign for them: that is what the service is for. */
async function consentAlreadyGiven({ oidc }: KoaContextWithOIDC) {
  const { provider, client, session } = oidc;
  if (client === undefined || session?.accountId === undefined) return undefined;
  const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
  grant.addOIDCScope('openid profile');
  await grant.save();
  return grant;
}
