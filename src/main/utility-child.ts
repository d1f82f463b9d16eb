import { fileURLToPath } from 'node:url';
import { utilityProcess, type MessagePortMain } from 'electron';
import type { SpawnChild } from '../native/host/child-channel.ts';

/** A card host as Electron's utility process, which takes ports. */
export const utilityChild: SpawnChild = (entry, environment) => {
  const child = utilityProcess.fork(fileURLToPath(entry), [], {
    serviceName: 'HPKI card host',
    env: { ...withoutNodeOptions(process.env), ...environment },
    execArgv: [],
    // SECURITY: what a vendor module prints may hold a PIN. Nobody reads it.
    stdio: 'ignore',
    // Vendor modules are signed by their vendors.
    allowLoadingUnsignedLibraries: process.platform === 'darwin',
  });
  let ended = false;
  child.once('exit', () => (ended = true));
  return {
    post: (message, ports = []) => {
      // The contract's ports are this process's own MessagePortMain.
      if (!ended) child.postMessage(message, ports as unknown as MessagePortMain[]);
    },
    onMessage: (listener) => void child.on('message', (message: unknown) => listener(message)),
    onExit: (listener) => void child.once('exit', (code) => listener(`exit ${code}`)),
    kill: () => {
      // SIGTERM would wait for a library's call that never returns.
      if (child.pid === undefined || ended) child.kill();
      else process.kill(child.pid, 'SIGKILL');
    },
  };
};

function withoutNodeOptions(environment: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(Object.entries(environment).filter((entry): entry is [string, string] => entry[1] !== undefined && !/^NODE_/i.test(entry[0])));
}
