import type { Settings } from '../config/settings.ts';
import { AgentNotRunning, askAgent } from '../control/control-client.ts';
import type { Clock, SecretStore } from '../ports.ts';
import { diagnoseService, type ServiceDiagnosis } from '../remote/network/diagnose-service.ts';
import { OutboundNetwork } from '../remote/network/outbound-network.ts';
import { addressesOf } from '../remote/providers/create-providers.ts';
import { describeProvider } from '../remote/providers/describe-provider.ts';
import type { DataDirectory } from '../storage/data-directory.ts';
import { systemClock } from '../system-clock.ts';

/** One address of each host that policy names for remote signing. */
function serviceAddresses({ remote }: Pick<Settings, 'remote'>): readonly URL[] {
  const addresses = remote.providers.flatMap((provider) => addressesOf(provider)).map((address) => new URL(address));
  return [...new Map(addresses.map((address) => [address.origin, address])).values()];
}

/** Looks at all of them, or at the one that a person names. */
export function diagnoseServices(parts: {
  readonly network: OutboundNetwork;
  readonly settings: Pick<Settings, 'remote'>;
  readonly address: string | null;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}): Promise<readonly ServiceDiagnosis[]> {
  const { network, settings, clock, signal } = parts;
  const named = serviceAddresses(settings);
  const addresses = parts.address === null ? named : [new URL(parts.address)];
  const isNamed = ({ origin }: URL): boolean => named.some((address) => address.origin === origin);
  return Promise.all(
    addresses.map(async (address) => {
      const found = await diagnoseService(network, address, isNamed(address) ? 'client' : 'anonymous', clock, signal);
      if (found.failure !== null || !isNamed(address)) return found;
      return { ...found, descriptions: await descriptionsAt(address.origin, network, settings, signal) };
    }),
  );
}

/** Of the providers that are at this origin; what each says elsewhere is asked and told there. */
async function descriptionsAt(origin: string, network: OutboundNetwork, { remote }: Pick<Settings, 'remote'>, signal: AbortSignal): Promise<ServiceDiagnosis['descriptions']> {
  const isHere = (address: string): boolean => new URL(address).origin === origin;
  const all = await Promise.all(
    remote.providers.map(async (provider) => {
      const apart = network.fetchApart(addressesOf(provider));
      return describeProvider(provider, isHere, apart.fetch, signal).finally(() => apart.close());
    }),
  );
  return all.flat();
}

/**
 * The same from outside: by the running agent, which knows the system's proxy and holds what was imported, else by a
 * network of its own. Throws OtherVersionRuns and ControlFailure.
 */
export async function lookAtServices(
  agent: Pick<DataDirectory, 'controlSocket' | 'portFile'>,
  settings: Settings,
  secrets: SecretStore,
  address: string | null = null,
): Promise<readonly ServiceDiagnosis[]> {
  try {
    return (await askAgent(agent, { command: 'network.diagnose', address })) as unknown as readonly ServiceDiagnosis[];
  } catch (error) {
    if (!(error instanceof AgentNotRunning)) throw error;
    const network = networkOfThisProcess(settings, secrets);
    try {
      return await diagnoseServices({ network, settings, address, clock: systemClock, signal: new AbortController().signal });
    } finally {
      network.close();
    }
  }
}

/** A network for a command that does its work without the agent. */
export function networkOfThisProcess(settings: Settings, secrets: SecretStore): OutboundNetwork {
  return new OutboundNetwork({ settings: settings.network, secrets, system: null, environment: process.env, clock: systemClock });
}
