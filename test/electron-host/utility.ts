/** Loaded first in a utility process: `process.parentPort`, and nothing of the channel it stands on. */
import { CarriedPorts } from './electron/message-channel.ts';
import type { FromUtility, ToUtility } from './electron/utility-messages.ts';
import { ModelEmitter } from './electron/refusal.ts';
import './register.ts';

Object.assign(process, { type: 'utility' });
const send = process.send?.bind(process) as ((message: FromUtility) => void) | undefined;
if (send === undefined) throw new Error('electron-host: a utility process is started by utilityProcess.fork alone');
Object.defineProperty(process, 'send', { value: undefined });

const ports = new CarriedPorts('child', (message) => send(message));

class ParentPort extends ModelEmitter {
  /** Messages wait for the first listener. */
  #waiting: object[] = [];

  constructor() {
    super('parentPort', ['message']);
  }

  override on(event: string | symbol, listener: (...args: never[]) => void): this {
    super.on(event, listener);
    if (event === 'message') for (const message of this.#waiting.splice(0)) this.emit('message', message);
    return this;
  }

  postMessage(data: unknown): void {
    send?.({ kind: 'message', data });
  }

  start(): void { /* Electron has it for symmetry with ports */ }

  take(message: object): void {
    if (this.listenerCount('message') > 0) this.emit('message', message);
    else this.#waiting.push(message);
  }
}

const parentPort = new ParentPort();
Object.defineProperty(process, 'parentPort', { value: parentPort });
process.on('message', (message: ToUtility) => {
  if (message.kind === 'message') parentPort.take({ data: message.data, ports: message.ports.map((name) => ports.take(name)) });
  else if (message.kind === 'port-message') ports.message(message.port, message.data);
  else ports.close(message.port);
});
process.on('disconnect', () => process.exit(0)); // the main process is gone
