import type { ProviderSettings } from '../../config/remote-settings.ts';
import type { Clock } from '../../ports.ts';
import type { ServiceFetch } from '../network/service-fetch.ts';
import type { RemoteProvider } from '../remote-provider.ts';
import { createCscProvider } from './csc/csc-provider.ts';
import { createKaguraProvider } from './kagura/kagura-provider.ts';

export interface ProvidersParts {
  /** The one way out (OutboundNetwork); each provider reaches the origins of its own addresses alone. */
  readonly network: { fetchFor(addresses: readonly string[]): ServiceFetch };
  readonly clock: Clock;
}

/** The signing services that policy names, in its order. */
export function createProviders(settings: readonly ProviderSettings[], { network, clock }: ProvidersParts): readonly RemoteProvider[] {
  return settings.map((provider) => {
    const parts = { fetch: network.fetchFor(addressesOf(provider)), clock };
    return provider.kind === 'csc' ? createCscProvider(provider, parts) : createKaguraProvider(provider, parts);
  });
}

/** What the agent itself calls. The login page is a window's affair. */
export function addressesOf(provider: ProviderSettings): readonly string[] {
  if (provider.kind === 'csc') return [provider.issuer, provider.serviceUrl];
  const { issuer, tokenUrl, signatureUrl, revocationUrl, jwksUrl } = provider;
  return [issuer, tokenUrl, signatureUrl, ...[revocationUrl, jwksUrl].filter((url) => url !== null)];
}
