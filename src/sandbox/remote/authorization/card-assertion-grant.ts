import { errors, type default as Provider, type TokenEndpointGrantContext } from 'oidc-provider';
import type { PeopleDirectory } from '../people.ts';
import { amrOf, grantService } from './authenticated-person.ts';
import { AssertionRefused, type CardAssertions, type ProvenCard } from './card-assertion.ts';

export const jwtBearerGrant = 'urn:ietf:params:oauth:grant-type:jwt-bearer';

export interface CardGrantParts {
  readonly provider: Provider;
  readonly assertions: CardAssertions;
  readonly people: PeopleDirectory;
  readonly resource: string;
  readonly tokenSeconds: number;
}

/** RFC 7523 §2.1: a card's assertion in, an access token and an ID token out. */
export function registerCardGrant(parts: CardGrantParts): void {
  parts.provider.registerGrantType<{ assertion?: string }>(jwtBearerGrant, (context) => answerAssertion(parts, context), ['assertion', 'scope']);
}

async function answerAssertion(parts: CardGrantParts, context: TokenEndpointGrantContext<{ assertion?: string }>): Promise<void> {
  const { provider, people, resource, tokenSeconds } = parts;
  const { client, params } = context.oidc;
  if (params.assertion === undefined) throw new errors.InvalidRequest("missing required parameter 'assertion'");
  const { method, certificate } = proveCard(parts, params.assertion, context.oidc.urlFor('token'));
  const person = people.byAuthenticationCertificate(certificate);
  if (person === undefined) throw refused('the certificate belongs to nobody who is registered here');

  const grant = await grantService(provider, client, person, resource);
  const accessToken = new provider.AccessToken({ client, accountId: person.subject, grantId: grant.jti, gty: 'jwt_bearer', scope: 'service' });
  accessToken.setAudience(resource);
  const token = await accessToken.save();
  context.body = {
    access_token: token,
    token_type: 'Bearer',
    expires_in: tokenSeconds,
    scope: 'service',
    ...(params.scope?.split(' ').includes('openid') === true ? { id_token: await idToken() } : {}),
  };

  function idToken(): Promise<string> {
    const claims = { sub: person?.subject, name: person?.name, acr: method, amr: amrOf(method), auth_time: Math.floor(Date.now() / 1000) };
    const issued = new provider.IdToken(claims, { ctx: context });
    for (const [name, value] of Object.entries(claims)) issued.set(name, value);
    return issued.issue({ use: 'idtoken' });
  }
}

function proveCard({ provider, assertions }: CardGrantParts, assertion: string, tokenEndpoint: string): ProvenCard {
  try {
    return assertions.check(assertion, [provider.issuer, tokenEndpoint]);
  } catch (error) {
    if (error instanceof AssertionRefused) throw refused(error.message);
    throw error;
  }
}

/** oidc-provider's own InvalidGrant says nothing of the reason; in a sandbox it is what one wants to know. */
const refused = (reason: string): Error => new errors.CustomOIDCProviderError('invalid_grant', `the assertion was refused: ${reason}`);
