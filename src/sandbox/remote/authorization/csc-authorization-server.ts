import { Provider, type ClientMetadata, type KoaContextWithOIDC } from 'oidc-provider';
import { nameAttributes } from '../../../formats/pki/name.ts';
import type { FaultInjector } from '../faults/fault-injector.ts';
import type { Exchange } from '../http/exchange.ts';
import type { SignInDesk } from '../phone/sign-in-desk.ts';
import type { ServiceClock } from '../service-clock.ts';
import type { CardAssertions } from './card-assertion.ts';
import { jwtBearerGrant, registerCardGrant } from './card-assertion-grant.ts';
import { deviceGrant, type SignInInfo } from './device-grant.ts';
import { isIdTokenAnswer, moveIdToken } from './issuer-key.ts';
import { sharedConfiguration, type ProviderParts } from './shared-configuration.ts';
import { checkSignInDetail, readSignInDetail, signInDetailType } from './sign-in-detail.ts';

/** The client that a terminal is, without a secret: what proves it is its TLS client certificate. */
export const cscClientId = 'hpki-agent';

const deviceCodeGrant = 'urn:ietf:params:oauth:grant-type:device_code';

export interface CscAuthorizationParts extends ProviderParts {
  readonly issuer: string;
  /** Base address of the CSC API: the resource of RFC 8707 that tokens are for. */
  readonly resource: string;
  readonly phoneOrigin: string;
  readonly clock: ServiceClock;
  readonly desk: SignInDesk;
  readonly assertions: CardAssertions;
  readonly faults: FaultInjector;
  /** Exchange of a request that oidc-provider is serving. */
  readonly exchangeOf: (context: KoaContextWithOIDC) => Exchange | undefined;
}

/** OAuth 2.0 for the CSC API: RFC 8414 discovery, device grant (RFC 8628), card assertions (RFC 7523), revocation (RFC 7009). */
export function createCscAuthorizationServer(parts: CscAuthorizationParts): Provider {
  const { issuer, resource, tokenSeconds, storage, key } = parts;
  const shared = sharedConfiguration(parts);
  const client: ClientMetadata = {
    client_id: cscClientId,
    client_name: 'HPKI署名エージェント',
    grant_types: [deviceCodeGrant, jwtBearerGrant],
    redirect_uris: [],
    response_types: [],
    authorization_details_types: [signInDetailType],
  };
  const provider = new Provider(issuer, {
    ...shared,
    clients: [client],
    acrValues: ['FIDO', 'HPKI', 'JPKI'],
    features: {
      devInteractions: { enabled: false },
      userinfo: { enabled: false },
      rpInitiatedLogout: { enabled: false },
      revocation: { enabled: true, allowedPolicy: (_context, client, token) => token.clientId === client.clientId },
      deviceFlow: { enabled: true, charset: 'base-20', mask: '****-****', deviceInfo: (context) => displayOf(parts, context) },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => resource,
        useGrantedResource: () => true,
        getResourceServerInfo: () => ({ scope: 'service', audience: resource, accessTokenTTL: tokenSeconds, accessTokenFormat: 'opaque' }),
      },
      richAuthorizationRequests: {
        enabled: true,
        types: { [signInDetailType]: { validate: (_context, detail) => void checkSignInDetail(detail) } },
        // The detail is for the phone's eyes; no token carries it on.
        authorizationDetailsForGrantSource: () => undefined,
        authorizationDetailsForAccessToken: () => undefined,
      },
    },
  });
  registerCardGrant({ ...parts, provider });
  provider.use(async (context, next) => {
    await next();
    const body: unknown = context.body;
    if (isIdTokenAnswer(body)) context.body = { ...body, id_token: moveIdToken(body.id_token, storage.ahead, key) };
    else if (isMetadata(body)) context.body = withoutAuthorizationEndpoint(body);
  });
  provider.use(deviceGrant({ ...parts, provider }));
  return provider;
}

type Json = Readonly<Record<string, unknown>>;

const isMetadata = (body: unknown): body is Json => typeof body === 'object' && body !== null && 'grant_types_supported' in body;

/** RFC 8414 §2: a server whose grants need no authorization endpoint names none. */
function withoutAuthorizationEndpoint(metadata: Json): Json {
  const unneeded: readonly string[] = ['authorization_endpoint', 'response_modes_supported'];
  return {
    ...Object.fromEntries(Object.entries(metadata).filter(([name]) => !unneeded.includes(name))),
    response_types_supported: [],
    grant_types_supported: [deviceCodeGrant, jwtBearerGrant],
    token_endpoint_auth_methods_supported: ['none'],
  };
}

/** What the phone will show. Throws InvalidAuthorizationDetails before a code is made. */
function displayOf({ exchangeOf }: CscAuthorizationParts, context: KoaContextWithOIDC): SignInInfo {
  const { number, terminal, doctor, facility } = readSignInDetail(context.oidc.params?.['authorization_details']);
  return { number, display: { terminal, doctor, facility: organizationOf(exchangeOf(context)) ?? facility ?? '' } };
}

function organizationOf(exchange: Exchange | undefined): string | null {
  const subject = exchange?.clientCertificate?.subject;
  return subject?.attributes.find(({ type }) => type === nameAttributes.organization)?.value ?? null;
}
