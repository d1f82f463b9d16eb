import type { ProviderSettings } from '../../config/remote-settings.ts';
import type { Clock } from '../../ports.ts';
import type { ServiceFetch } from '../network/service-fetch.ts';
import type { RemoteProvider } from '../remote-provider.ts';

export interface ProvidersParts {
  /** The one way out (OutboundNetwork); each provider reaches the origins of its own addresses alone. */
  readonly network: { fetchFor(addresses: readonly string[]): ServiceFetch };
  readonly clock: Clock;
}

/** The signing services that policy names, in its order. A terminal without any does not load what speaks to them. */
export function createProviders(settings: readonly ProviderSettings[], { network, clock }: ProvidersParts): Promise<readonly RemoteProvider[]> {
  return Promise.all(
    settings.map(async (provider) => {
      const parts = { fetch: network.fetchFor(addressesOf(provider)), clock };
      if (provider.kind === 'csc') return (await import('./csc/csc-provider.ts')).createCscProvider(provider, parts);
      return (await import('./kagura/kagura-provider.ts')).createKaguraProvider(provider, parts);
    }),
  );
}

/** What the agent itself calls. The login page is a window's affair. */
export function addressesOf(provider: ProviderSettings): readonly string[] {
  if (provider.kind === 'csc') return [provider.issuer, provider.serviceUrl];
  const { issuer, tokenUrl, signatureUrl, revocationUrl, jwksUrl } = provider;
  return [issuer, tokenUrl, signatureUrl, ...[revocationUrl, jwksUrl].filter((url) => url !== null)];
}
