import type { default as Provider, Client, Grant } from 'oidc-provider';
import type { RemotePerson } from '../people.ts';

/** How a person was authenticated: `acr` of tokens, and kagura's client ids. */
export type AuthenticationMethod = 'FIDO' | 'HPKI' | 'JPKI';

/** RFC 8176: a key in the phone's hardware with its user verified; a smart card with its PIN. */
export const amrOf = (method: AuthenticationMethod): string[] => (method === 'FIDO' ? ['hwk', 'user'] : ['sc', 'pin']);

/** What a person lets a client do: identify them, and sign as them at the resource. */
export async function grantService(provider: Provider, client: Pick<Client, 'clientId'>, person: RemotePerson, resource: string): Promise<Grant> {
  const grant = new provider.Grant({ clientId: client.clientId, accountId: person.subject });
  grant.addOIDCScope('openid profile');
  grant.addResourceScope(resource, 'service');
  await grant.save();
  return grant;
}
