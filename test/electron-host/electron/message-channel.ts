/**
 * `MessageChannelMain` and `MessagePortMain`. Both ends live in this process until one is transferred; from then on
 * its messages are handed to a carrier, which takes them to a page or a utility process. Unlike in Electron they pass
 * through the main process on that way.
 */
import type * as Electron from 'electron';
import { ModelEmitter, notModelled } from './refusal.ts';

/** Takes what comes out of a transferred port to where it went. */
export interface Carrier {
  message(data: unknown): void;
  closed(): void;
}

/** What the place it went to sends back. */
export interface CarriedPort {
  post(data: unknown): void;
  close(): void;
}

/** How a message of a carried port, or its end, is named on the way. */
export type PortMessage =
  | { readonly kind: 'port-message'; readonly port: string; readonly data: unknown }
  | { readonly kind: 'port-close'; readonly port: string };

export class MessagePortMain extends ModelEmitter implements Pick<Electron.MessagePortMain, 'postMessage' | 'start' | 'close'> {
  #other: MessagePortMain | undefined;
  #queue: unknown[] = [];
  #state: 'waiting' | 'started' | 'carried' | 'closed' = 'waiting';
  #carrier: Carrier | undefined;

  constructor() {
    super('MessagePortMain', ['message', 'close']);
  }

  static entangle(): readonly [MessagePortMain, MessagePortMain] {
    const [one, other] = [new MessagePortMain(), new MessagePortMain()];
    one.#other = other;
    other.#other = one;
    return [one, other];
  }

  postMessage(message: unknown, transfer: readonly unknown[] = []): void {
    if (this.#state === 'carried') throw new Error('electron-host: this port was transferred and cannot be used here any more');
    if (transfer.length > 0) throw notModelled('a port inside a message of another port');
    this.#send(structuredClone(message));
  }

  start(): void {
    if (this.#state !== 'waiting') return;
    this.#state = 'started';
    for (const data of this.#queue.splice(0)) this.#deliver(data);
  }

  close(): void {
    if (this.#state === 'closed' || this.#state === 'carried') return;
    this.#end();
  }

  /** The model's own: this end goes elsewhere. */
  transfer(carrier: Carrier): CarriedPort {
    if (this.#state === 'carried' || this.#state === 'closed') throw new Error('Port at index 0 is already neutered');
    this.#state = 'carried';
    this.#carrier = carrier;
    for (const data of this.#queue.splice(0)) carrier.message(data);
    return { post: (data) => this.#send(data), close: () => this.#end() };
  }

  #send(data: unknown): void {
    const other = this.#other;
    if (other === undefined) return;
    if (other.#state === 'carried') other.#carrier?.message(data);
    else if (other.#state === 'started') other.#deliver(data);
    else if (other.#state === 'waiting') other.#queue.push(data);
  }

  #deliver(data: unknown): void {
    queueMicrotask(() => this.emit('message', { data, ports: [] }));
  }

  #end(): void {
    const ends = [this, this.#other];
    for (const end of ends) {
      if (end === undefined || end.#state === 'closed') continue;
      const carrier = end.#carrier;
      end.#state = 'closed';
      end.#other = undefined;
      end.#carrier = undefined;
      if (carrier !== undefined && end !== this) carrier.closed();
      queueMicrotask(() => end.emit('close'));
    }
  }
}

export class MessageChannelMain {
  readonly port1: MessagePortMain;
  readonly port2: MessagePortMain;

  constructor() {
    [this.port1, this.port2] = MessagePortMain.entangle();
  }
}

/** The ports that went to one place (a document, a child process), by the names that both sides use for them. */
export class CarriedPorts {
  readonly #send: (message: PortMessage) => void;
  readonly #ports = new Map<string, CarriedPort>();
  readonly #prefix: string;
  #last = 0;

  constructor(prefix: string, send: (message: PortMessage) => void) {
    this.#prefix = prefix;
    this.#send = send;
  }

  /** Sends a port there; the returned name goes with the message that hands it over. */
  give(port: MessagePortMain): string {
    const name = `${this.#prefix}-${++this.#last}`;
    this.#carry(name, port);
    return name;
  }

  /** Takes a port that came from there. */
  take(name: string): MessagePortMain {
    const [here, away] = MessagePortMain.entangle();
    this.#carry(name, away);
    return here;
  }

  message(name: string, data: unknown): void {
    this.#ports.get(name)?.post(data);
  }

  close(name: string): void {
    const port = this.#ports.get(name);
    this.#ports.delete(name);
    port?.close();
  }

  closeAll(): void {
    for (const name of [...this.#ports.keys()]) this.close(name);
  }

  #carry(name: string, port: MessagePortMain): void {
    const carried = port.transfer({
      // Later than the message that hands the port over: that one is sent in the same turn.
      message: (data) => queueMicrotask(() => this.#send({ kind: 'port-message', port: name, data })),
      closed: () => {
        this.#ports.delete(name);
        queueMicrotask(() => this.#send({ kind: 'port-close', port: name }));
      },
    });
    this.#ports.set(name, carried);
  }
}
