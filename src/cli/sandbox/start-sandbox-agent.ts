import { rmSync } from 'node:fs';
import path from 'node:path';
import { createAgent, type Agent } from '../../agent/agent.ts';
import { settingsSchema, type Settings } from '../../agent/config/settings.ts';
import { silentLog } from '../../agent/log.ts';
import type { Prompts } from '../../agent/ports.ts';
import { dataDirectory } from '../../agent/storage/data-directory.ts';
import { fileSecretStore } from '../../agent/storage/file-secret-store.ts';
import { systemClock } from '../../agent/system-clock.ts';
import type { SandboxClinic } from '../../sandbox/sandbox-clinic.ts';

/** The real agent over virtual cards, in a data folder of its own that goes with it. */
export async function startSandboxAgent(options: {
  readonly clinic: SandboxClinic;
  readonly prompts: Prompts;
  readonly ports: readonly number[];
}): Promise<Agent> {
  const { virtualCardHost } = await import('../../sandbox/virtual-card-host.ts');
  const { openTemporaryFolder } = await import('../../sandbox/temporary-folder.ts');
  const root = openTemporaryFolder('hpki-agent-sandbox');
  const trust = path.join(root, 'trust');
  await options.clinic.writeTrust(trust);
  const data = dataDirectory(root);
  const settings: Settings = {
    ...settingsSchema.parse({ trust: { anchors: [path.join(trust, 'trust.pem')], chain: [path.join(trust, 'chain.pem')], crlDir: trust } }),
    api: { ...settingsSchema.parse({}).api, ports: [...options.ports] },
  };
  return createAgent({
    data,
    settings,
    cards: virtualCardHost(options.clinic.readers),
    prompts: options.prompts,
    secrets: fileSecretStore(data.secrets),
    clock: systemClock,
    log: silentLog,
    peers: null,
    terminal: 'sandbox',
    onClose: () => rmSync(root, { recursive: true, force: true }),
  });
}
