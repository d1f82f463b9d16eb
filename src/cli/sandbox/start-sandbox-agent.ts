import { rmSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import path from 'node:path';
import { createAgent, type Agent } from '../../agent/agent.ts';
import { settingsSchema, type Settings } from '../../agent/config/settings.ts';
import type { PeerPort } from '../../agent/api/peer-port.ts';
import { silentLog, type Log } from '../../agent/log.ts';
import type { Clock, Prompts, SecretStore } from '../../agent/ports.ts';
import type { RemoteProvider } from '../../agent/remote/remote-provider.ts';
import { dataDirectory } from '../../agent/storage/data-directory.ts';
import { fileSecretStore } from '../../agent/storage/file-secret-store.ts';
import { systemClock } from '../../agent/system-clock.ts';
import type { SandboxClinic } from '../../sandbox/sandbox-clinic.ts';

export interface SandboxAgentOptions {
  readonly clinic: SandboxClinic;
  readonly prompts: Prompts;
  readonly ports: readonly number[];
  /** Everything but ports; the defaults where left out. What it trusts is trusted besides the clinic's own authorities. */
  readonly settings?: Settings;
  /** Stays behind. Where left out: a folder that goes with the agent. */
  readonly root?: string;
  readonly secrets?: SecretStore;
  readonly clock?: Clock;
  /** Remote signing services; those of the settings where left out. */
  readonly providers?: readonly RemoteProvider[];
  readonly log?: Log;
  /** Who is at the other end of a connection; nobody is asked where left out. */
  readonly peers?: PeerPort;
}

/** The real agent over virtual cards. */
export async function startSandboxAgent(options: SandboxAgentOptions): Promise<Agent> {
  const { virtualCardHost } = await import('../../sandbox/virtual-card-host.ts');
  const { openTemporaryFolder } = await import('../../sandbox/temporary-folder.ts');
  const root = options.root ?? openTemporaryFolder('hpki-agent-sandbox');
  const trust = path.join(root, 'trust');
  await options.clinic.writeTrust(trust);
  const data = dataDirectory(root);
  const settings = options.settings ?? settingsSchema.parse({});
  const { anchors, chain, crlDir } = settings.trust;
  if (crlDir !== null) await cp(path.join(crlDir, 'crl.pem'), path.join(trust, 'crl-of-settings.pem'), { force: true });
  return createAgent({
    data,
    settings: {
      ...settings,
      trust: { anchors: [path.join(trust, 'trust.pem'), ...anchors], chain: [path.join(trust, 'chain.pem'), ...chain], crlDir: trust },
      api: { ...settings.api, ports: [...options.ports] },
    },
    cards: virtualCardHost(options.clinic.readers),
    prompts: options.prompts,
    secrets: options.secrets ?? fileSecretStore(data.secrets),
    clock: options.clock ?? systemClock,
    log: options.log ?? silentLog,
    ...(options.providers === undefined ? {} : { providers: options.providers }),
    peers: options.peers ?? null,
    terminal: 'sandbox',
    onClose: () => {
      if (options.root === undefined) rmSync(root, { recursive: true, force: true });
    },
  });
}
