/** `utilityProcess`: a Node child with `process.parentPort`; ports given to it are carried over its channel. */
import { fork as forkNode, type ChildProcess } from 'node:child_process';
import type { Readable } from 'node:stream';
import type * as Electron from 'electron';
import { app } from './app.ts';
import { CarriedPorts, type MessagePortMain } from './message-channel.ts';
import { ModelEmitter, notModelled, strict } from './refusal.ts';
import type { FromUtility, ToUtility } from './utility-messages.ts';

const childSetup = new URL('../utility.ts', import.meta.url).href;
const killedExitCode = 15; // SIGTERM, which kill() sends

class UtilityChild extends ModelEmitter implements Pick<Electron.UtilityProcess, 'postMessage' | 'kill'> {
  pid: number | undefined;
  readonly stdout: Readable | null;
  readonly stderr: Readable | null;
  readonly #child: ChildProcess;
  readonly #ports: CarriedPorts;

  constructor(child: ChildProcess, serviceName: string) {
    super('UtilityProcess', ['spawn', 'message', 'exit']);
    this.#child = child;
    this.#ports = new CarriedPorts('main', (message) => this.#send(message));
    this.stdout = child.stdout;
    this.stderr = child.stderr;
    const killChild = (): void => void child.kill('SIGKILL');
    process.on('exit', killChild);
    child.on('spawn', () => {
      this.pid = child.pid;
      this.emit('spawn');
    });
    child.on('message', (message) => this.#take(message as FromUtility));
    child.on('exit', (code) => {
      process.off('exit', killChild);
      this.pid = undefined;
      this.#ports.closeAll();
      const exitCode = code ?? killedExitCode;
      app.emit('child-process-gone', {}, { type: 'Utility', name: serviceName, serviceName, reason: code === 0 ? 'clean-exit' : code === null ? 'killed' : 'abnormal-exit', exitCode });
      this.emit('exit', exitCode);
    });
  }

  postMessage(message: unknown, transfer: readonly unknown[] = []): void {
    const ports = (transfer as readonly MessagePortMain[]).map((port) => this.#ports.give(port));
    this.#send({ kind: 'message', data: structuredClone(message), ports });
  }

  kill(): boolean {
    return this.#child.kill();
  }

  #send(message: ToUtility): void {
    if (this.#child.connected) this.#child.send(message);
  }

  #take(message: FromUtility): void {
    if (message.kind === 'message') this.emit('message', message.data);
    else if (message.kind === 'port-message') this.#ports.message(message.port, message.data);
    else this.#ports.close(message.port);
  }
}

/** Null or undefined is 'inherit', as in Electron. Its stdin is always ignored. */
function stdioOf(stdio: Electron.ForkOptions['stdio']): ('ignore' | 'inherit' | 'pipe' | 'ipc')[] {
  const known = (value: string | undefined): 'ignore' | 'inherit' | 'pipe' => {
    if (value === undefined || value === 'inherit') return 'inherit';
    if (value === 'ignore' || value === 'pipe') return value;
    throw notModelled(`utilityProcess.fork with stdio '${value}'`);
  };
  const [, out, error] = typeof stdio === 'string' ? [stdio, stdio, stdio] : (stdio ?? []);
  return ['ignore', known(out), known(error), 'ipc'];
}

export const utilityProcess = strict('utilityProcess', {
  fork: (...[modulePath, args = [], options = {}]: Parameters<typeof Electron.utilityProcess.fork>): UtilityChild => {
    if (!app.isReady()) throw new Error('utilityProcess cannot be created before app is ready');
    if (options.session !== undefined || options.partition !== undefined) throw notModelled('utilityProcess.fork with a session');
    const child = forkNode(modulePath, args, {
      execArgv: ['--import', childSetup, ...(options.execArgv ?? [])],
      serialization: 'advanced', // bytes stay bytes
      env: (options.env ?? process.env) as NodeJS.ProcessEnv,
      cwd: options.cwd ?? process.cwd(),
      stdio: stdioOf(options.stdio),
    });
    return new UtilityChild(child, options.serviceName ?? 'Node Utility Process');
  },
});
