import { hostname, userInfo } from 'node:os';
import { combineCardHosts } from '../native/host/combined-card-host.ts';
import type { Agent } from './agent.ts';
import { createAgent } from './agent.ts';
import { readConfig } from './config/read-config.ts';
import { openCardHosts } from './open-card-hosts.ts';
import type { LogOfTries } from './log-of-tries.ts';
import type { Prompts, SecretStore } from './ports.ts';
import type { SystemProxy } from './remote/network/proxy-route.ts';
import { fileSecretStore } from './storage/file-secret-store.ts';
import { openFileLog } from './storage/file-log.ts';
import { prepareDataDirectory } from './storage/data-directory.ts';
import { peersOfThisMachine } from './peers-of-this-machine.ts';
import { keepMemorySmall } from './process-memory.ts';
import { systemClock } from './system-clock.ts';

export interface ProductOptions {
  readonly dataRoot?: string | undefined;
  readonly prompts: Prompts;
  /** Where the agent's own secrets lie; files of this user by default. */
  readonly secrets?: SecretStore;
  /** The operating system's proxy, where somebody knows it. */
  readonly systemProxy?: SystemProxy;
  /** Of whoever tries more than once. */
  readonly tries?: LogOfTries;
}

/** The agent as it is installed: this user's files, this machine's policy and cards. */
export async function startProduct(options: ProductOptions): Promise<Agent> {
  const memory = keepMemorySmall();
  const { data, config, policy } = await readConfig(options.dataRoot);
  await prepareDataDirectory(data);
  const file = openFileLog(data.logs);
  const log = options.tries?.over(file) ?? file;
  if (policy.state === 'refused') log.warn('policy.refused');
  for (const problem of config.problems) log.warn('config.problem', { fromPolicy: problem.source === 'policy' });
  const { settings } = config;
  const secrets = options.secrets ?? fileSecretStore(data.secrets);
  return createAgent({
    data,
    settings,
    // Without any stack the combined host is a service that is not there, which is what an administrator asked for.
    cards: openCardHosts(settings, data) ?? combineCardHosts([]),
    prompts: options.prompts,
    secrets,
    clock: systemClock,
    log,
    peers: peersOfThisMachine(),
    outbound: { system: options.systemProxy ?? null, environment: process.env },
    terminal: `${hostname()}/${userInfo().username}`,
    onActivity: () => memory.worked(),
    onClose: () => file.close(),
  });
}
