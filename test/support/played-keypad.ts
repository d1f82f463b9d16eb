/** The person at the keys of a reader (reader-keypad.c), and what the reader was told to ask for. */
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';

/** What a reader with keys needs to be compiled; suites say so with describeWith. */
export const neededByKeypad = ['gcc', 'libpcsclite-dev', 'pkg-config'] as const;

/** The reader waits for the person. */
export interface WaitingKeypad {
  /** PIN_VERIFY_STRUCTURE, as it reached the reader. */
  readonly order: Uint8Array;
  enter(pin: string): void;
  cancel(): void;
  /** As if the reader's own time were up. */
  timeOut(): void;
  /** Resolves when the reader waits no more, for whatever reason. */
  readonly over: Promise<void>;
}

export class PlayedKeypad {
  readonly port: number;
  /** Every order so far. */
  readonly orders: Uint8Array[] = [];
  readonly #close: () => Promise<void>;
  readonly #waiting: WaitingKeypad[] = [];
  #wanted: ((waiting: WaitingKeypad) => void)[] = [];

  private constructor(port: number, close: () => Promise<void>) {
    this.port = port;
    this.#close = close;
  }

  static async open(): Promise<PlayedKeypad> {
    const server = createServer();
    const sockets = new Set<Socket>();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no TCP port');
    const keypad = new PlayedKeypad(address.port, async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    });
    server.on('connection', (socket) => {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => sockets.delete(socket));
      keypad.#hear(socket);
    });
    return keypad;
  }

  /** The next time the reader waits, or now where it does already. */
  waits(): Promise<WaitingKeypad> {
    const waiting = this.#waiting.shift();
    return waiting === undefined ? new Promise((resolve) => this.#wanted.push(resolve)) : Promise.resolve(waiting);
  }

  close(): Promise<void> {
    return this.#close();
  }

  #hear(socket: Socket): void {
    let text = '';
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      if (!text.endsWith('\n')) return;
      const order = Uint8Array.from(Buffer.from(text.trim(), 'hex'));
      this.orders.push(order);
      const over = once(socket, 'close').then(() => undefined);
      const waiting: WaitingKeypad = {
        order,
        enter: (pin) => void socket.write(`enter ${pin}\n`),
        cancel: () => void socket.write('cancel\n'),
        timeOut: () => void socket.write('timeout\n'),
        over,
      };
      const next = this.#wanted.shift();
      if (next === undefined) this.#waiting.push(waiting);
      else next(waiting);
    });
  }
}
