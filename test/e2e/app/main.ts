/**
 * The desktop over virtual cards: what src/main/index.ts is for the installed program, this is for the specs. It lies
 * outside src/main, so that no build of the product can contain the sandbox.
 */
import { app } from 'electron';
import path from 'node:path';
import { startSandboxAgent } from '../../../src/cli/sandbox/start-sandbox-agent.ts';
import { launch } from '../../../src/main/launch.ts';
import { openSandboxClinic, type SandboxClinic } from '../../../src/sandbox/sandbox-clinic.ts';

/** What a spec reaches by `app.evaluate`. */
export interface E2eSeam {
  readonly clinic: SandboxClinic;
  readonly port: number;
}

declare global {
  var e2e: E2eSeam | undefined;
}

launch(app, {
  dataRoot: path.join(app.getPath('userData'), 'data'),
  startAgent: async ({ prompts }) => {
    const clinic = await openSandboxClinic();
    const agent = await startSandboxAgent({ clinic, prompts, ports: [0] });
    globalThis.e2e = { clinic, port: agent.port };
    process.stdout.write(`agent on port ${agent.port}\n`);
    return agent;
  },
});
