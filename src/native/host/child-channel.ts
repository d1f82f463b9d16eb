import { fork } from 'node:child_process';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { PinPort } from './pin-port.ts';

/** A running child process as the host sees it. Electron's utilityProcess fits the same shape. */
export interface ChildChannel {
  /**
   * Bytes arrive as bytes. Posting to a child that has ended does nothing. Ports go to the child with the message;
   * throws where the channel cannot hand them on.
   */
  post(message: unknown, ports?: readonly PinPort[]): void;
  onMessage(listener: (message: unknown) => void): void;
  /** Called once. `how` is for the log: exit code or signal. */
  onExit(listener: (how: string) => void): void;
  /** At once and without asking: the child may be stuck in native code. */
  kill(): void;
}

export type SpawnChild = (entry: URL, environment: Readonly<Record<string, string>>) => ChildChannel;

let spawnHere: SpawnChild | undefined;

/**
 * Has every card host of this process started in another way. The desktop program calls it once, before any card is
 * looked at: its executable cannot run as plain Node.
 */
export function spawnChildrenBy(spawn: SpawnChild): void {
  spawnHere = spawn;
}

/** How this process starts its children. */
export const spawnChild: SpawnChild = (entry, environment) => (spawnHere ?? forkChild)(entry, environment);

/** Plain Node: child_process.fork with structured clone, so that bytes stay bytes. */
export const forkChild: SpawnChild = (entry, environment) => {
  const child = fork(fileURLToPath(entry), [], {
    execPath: process.execPath,
    // Debugger and loader flags of the parent are not for a process that holds PINs.
    execArgv: [],
    env: { ...withoutNodeOptions(process.env), ...environment },
    // SECURITY: a library that looks for its parts in the working directory finds the program's own folder.
    cwd: dirname(process.execPath),
    serialization: 'advanced',
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  // SECURITY: what a vendor module prints may hold a PIN. It is read, so that the module never blocks on a full
  // pipe, and dropped (test/integration/pkcs11-host.test.ts).
  child.stdout?.resume();
  child.stderr?.resume();
  return {
    post: (message, ports = []) => {
      if (ports.length > 0) throw new Error('a forked process takes no ports');
      if (child.connected) child.send(message as object, () => undefined);
    },
    onMessage: (listener) => void child.on('message', listener),
    onExit: (listener) => {
      let told = false;
      const tell = (how: string) => {
        if (told) return;
        told = true;
        listener(how);
      };
      child.on('exit', (code, signal) => tell(signal ?? `exit ${code ?? 'unknown'}`));
      child.on('error', (error) => tell(`not started: ${error.message}`));
    },
    kill: () => void child.kill('SIGKILL'),
  };
};

function withoutNodeOptions(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !/^NODE_/i.test(name)));
}
