import type { Clock } from '../../ports.ts';
import type { ServiceFetch } from '../network/service-fetch.ts';

/** What a provider needs of the agent. */
export interface ProviderParts {
  /** For the origins of this provider's addresses and no other one. */
  readonly fetch: ServiceFetch;
  readonly clock: Clock;
}
