import { defaultApiPolicy, type ApiPolicy } from './api/api-policy.ts';
import type { Settings } from './config/settings.ts';

/** The API's limits: what the settings name, and defaults for what no administrator needs to turn. */
export function apiPolicyOf(api: Settings['api']): ApiPolicy {
  return {
    ...defaultApiPolicy,
    ports: api.ports,
    bodyLimit: api.bodyLimitMiB * 1024 * 1024,
    requestsPerMinute: api.requestsPerMinute,
    otherUsers: api.otherUsers,
  };
}
