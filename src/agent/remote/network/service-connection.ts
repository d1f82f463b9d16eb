import { Client, type Dispatcher } from 'undici';
import type { Clock } from '../../ports.ts';
import { ExchangeLost } from './exchange-lost.ts';
import type { OpenConnection } from './open-connection.ts';
import type { Deadlines } from './phases.ts';

export interface WireRequest {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | null;
}

export interface WireAnswer {
  readonly status: number;
  readonly statusText: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Uint8Array<ArrayBuffer>;
  /** From the beginning of the exchange, in milliseconds. */
  readonly firstByteMs: number;
}

/** How long a connection is kept without use, in milliseconds; a shorter time that the server names (Keep-Alive) wins. */
const keptMs = 60_000;

/** Largest answer: a few hundred signatures with their certificates stay far below. */
const largestAnswer = 16 * 1024 * 1024;

/**
 * One connection and what goes over it, one exchange at a time. HTTP is undici's; its client would connect anew by itself
 * and gets the one socket only, so that no request can travel twice without anybody having decided it.
 */
export class ServiceConnection {
  readonly opened: OpenConnection;
  readonly #client: Client;
  readonly #clock: Clock;
  #exchanges = 0;
  #lastUsed: number;
  #isOver = false;

  constructor(origin: string, opened: OpenConnection, deadlines: Deadlines, clock: Clock) {
    this.opened = opened;
    this.#clock = clock;
    this.#lastUsed = clock.monotonic();
    let socket: OpenConnection['socket'] | null = opened.socket;
    socket.once('close', () => (this.#isOver = true));
    this.#client = new Client(origin, {
      connect: (_options, callback) => {
        const given = socket;
        socket = null;
        // Not at once: undici does not expect its answer while it still asks.
        queueMicrotask(() => {
          if (given === null || given.destroyed) callback(new Error('the connection is over'), null);
          else callback(null, given);
        });
      },
      allowH2: false,
      pipelining: 1,
      headersTimeout: deadlines.firstByte,
      bodyTimeout: deadlines.silence,
      keepAliveTimeout: keptMs,
      keepAliveMaxTimeout: keptMs,
      maxHeaderSize: 32 * 1024,
      maxResponseSize: largestAnswer,
    });
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  get isFresh(): boolean {
    return this.#exchanges === 0;
  }

  /** Milliseconds since it last carried something. */
  get idleMs(): number {
    return this.#clock.monotonic() - this.#lastUsed;
  }

  /** Throws {@link ExchangeLost}, or the signal's reason; the connection is over then. */
  async exchange(request: WireRequest, signal: AbortSignal): Promise<WireAnswer> {
    const wasFirst = this.isFresh;
    this.#exchanges += 1;
    try {
      return await this.#dispatch(request, wasFirst, signal);
    } catch (error) {
      this.destroy();
      throw error;
    } finally {
      this.#lastUsed = this.#clock.monotonic();
    }
  }

  destroy(): void {
    this.#isOver = true;
    void this.#client.destroy().catch(() => undefined);
    this.opened.socket.destroy();
  }

  #dispatch({ method, path, headers, body }: WireRequest, wasFirst: boolean, signal: AbortSignal): Promise<WireAnswer> {
    signal.throwIfAborted();
    const startedAt = this.#clock.monotonic();
    return new Promise((resolve, reject) => {
      let begun = false;
      let status: Pick<WireAnswer, 'status' | 'statusText' | 'headers' | 'firstByteMs'> | null = null;
      const pieces: Buffer[] = [];
      const lost = (cause: unknown): ExchangeLost => new ExchangeLost(begun, wasFirst && status === null, cause);
      const onAbort = (): void => {
        end();
        reject(signal.reason as Error);
        this.destroy();
      };
      const end = (): void => signal.removeEventListener('abort', onAbort);
      signal.addEventListener('abort', onAbort);
      const handler: Dispatcher.DispatchHandler = {
        // Called right before the first byte is written.
        onRequestStart: () => {
          begun = true;
        },
        onResponseStart: (_controller, statusCode, fields, statusMessage = '') => {
          // 1xx comes before the answer.
          if (statusCode < 200) return;
          status = { status: statusCode, statusText: statusMessage, headers: headerPairs(fields), firstByteMs: this.#clock.monotonic() - startedAt };
        },
        onResponseData: (_controller, piece) => void pieces.push(piece),
        onResponseEnd: () => {
          end();
          if (status === null) reject(lost(new Error('an answer without a head')));
          else resolve({ ...status, body: Uint8Array.from(Buffer.concat(pieces)) });
        },
        onResponseError: (_controller, error) => {
          end();
          reject(lost(error));
        },
      };
      this.#client.dispatch({ method, path, headers, body }, handler);
    });
  }
}

function headerPairs(fields: NodeJS.Dict<string | string[]>): (readonly [string, string])[] {
  return Object.entries(fields).flatMap(([name, value]) => (value === undefined ? [] : Array.isArray(value) ? value.map((one) => [name, one] as const) : [[name, value] as const]));
}
