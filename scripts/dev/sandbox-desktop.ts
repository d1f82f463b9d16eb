/**
 * The desktop over virtual cards: what the main files of `npm run dev` and of the specs have in common. It lies outside of
 * src, so that no build of the product can contain the sandbox.
 */
import { app } from 'electron';
import type { Agent } from '../../src/agent/agent.ts';
import { readConfig, type ReadPolicy } from '../../src/agent/config/read-config.ts';
import { peersOfThisMachine } from '../../src/agent/peers-of-this-machine.ts';
import type { Clock } from '../../src/agent/ports.ts';
import { openFileLog } from '../../src/agent/storage/file-log.ts';
import { systemClock } from '../../src/agent/system-clock.ts';
import { startSandboxAgent } from '../../src/cli/sandbox/start-sandbox-agent.ts';
import { launch } from '../../src/main/launch.ts';
import type { SandboxClinic } from '../../src/sandbox/sandbox-clinic.ts';

export interface SandboxDesktop {
  readonly dataRoot: string;
  readonly openClinic: () => Promise<SandboxClinic>;
  /** Default: no machine policy. This machine's own is never read. */
  readonly readPolicy?: ReadPolicy;
  /** Default: policy's. */
  readonly ports?: readonly number[];
  readonly clock?: Clock;
  readonly loginPageTakesCards?: boolean | undefined;
  readonly started: (clinic: SandboxClinic, agent: Agent) => void | Promise<void>;
}

const noPolicy: ReadPolicy = () => Promise.resolve({ state: 'none', place: 'sandbox' });

export function launchSandboxDesktop({ dataRoot, openClinic, readPolicy = noPolicy, ports, clock = systemClock, loginPageTakesCards, started }: SandboxDesktop): void {
  launch(app, {
    dataRoot,
    readPolicy,
    loginPageTakesCards,
    startAgent: async ({ prompts, secrets, tries }) => {
      const { data, config } = await readConfig(dataRoot, readPolicy);
      const { settings } = config;
      const clinic = await openClinic();
      const log = tries.over(openFileLog(data.logs));
      const agent = await startSandboxAgent({ clinic, prompts, secrets, clock, log, settings, peers: peersOfThisMachine(), ports: ports ?? settings.api.ports, root: dataRoot });
      await started(clinic, agent);
      return agent;
    },
  });
}
