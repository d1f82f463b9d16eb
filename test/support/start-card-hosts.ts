import { openCardHosts } from '../../src/agent/open-card-hosts.ts';
import type { CardHost } from '../../src/native/host/card-host.ts';

/** The card hosts of an agent with these settings, for a suite that cannot do without one. */
export function startCardHosts(...of: Parameters<typeof openCardHosts>): CardHost {
  const opened = openCardHosts(...of);
  if (opened === undefined) throw new Error('the settings name no card host');
  return opened;
}
