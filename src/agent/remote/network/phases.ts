import type { Clock } from '../../ports.ts';

/** How long each phase may take, in milliseconds. */
export interface Deadlines {
  readonly dns: number;
  readonly tcp: number;
  /** The proxy's answer to one CONNECT, its own way to the service included. */
  readonly connect: number;
  readonly tls: number;
  /** From the last byte of the request to the answer's first. */
  readonly firstByte: number;
  /** Between two pieces of the answer. */
  readonly silence: number;
}

export const usualDeadlines: Deadlines = { dns: 5_000, tcp: 8_000, connect: 15_000, tls: 10_000, firstByte: 60_000, silence: 15_000 };

/** How long each phase took, in milliseconds; null where the way had none of it. Several tries of one phase are summed. */
export interface ConnectionTimings {
  readonly dns: number;
  readonly tcp: number;
  /** TLS with the proxy itself, where it speaks https. */
  readonly proxyTls: number | null;
  readonly connect: number | null;
  readonly tls: number;
}

/** The phase did not end in time. */
export class PhaseTimeout extends Error {
  override readonly name = 'PhaseTimeout';
}

/** Runs the phases of one connection one after the other: each with its deadline, all of them until the caller gives up. */
export class PhaseRunner {
  readonly #clock: Clock;
  /** Of the caller. */
  readonly signal: AbortSignal;
  readonly #taken = new Map<keyof ConnectionTimings, number>();

  constructor(clock: Clock, signal: AbortSignal) {
    this.#clock = clock;
    this.signal = signal;
  }

  /** The caller has given up: whatever fails now fails because of that. */
  get isAborted(): boolean {
    return this.signal.aborted;
  }

  get timings(): ConnectionTimings {
    const of = (phase: keyof ConnectionTimings): number | null => this.#taken.get(phase) ?? null;
    return { dns: of('dns') ?? 0, tcp: of('tcp') ?? 0, proxyTls: of('proxyTls'), connect: of('connect'), tls: of('tls') ?? 0 };
  }

  /**
   * `run` must end, with any error, when its signal aborts. Throws the caller's reason when the caller has given up,
   * {@link PhaseTimeout} when time is up, and what `run` throws else.
   */
  async run<T>(phase: keyof ConnectionTimings, milliseconds: number, run: (signal: AbortSignal) => Promise<T>): Promise<T> {
    this.signal.throwIfAborted();
    const begun = this.#clock.monotonic();
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(new PhaseTimeout(`${phase} took longer than ${milliseconds} ms`)), milliseconds);
    try {
      return await run(AbortSignal.any([this.signal, late.signal]));
    } catch (error) {
      this.signal.throwIfAborted();
      late.signal.throwIfAborted();
      throw error;
    } finally {
      clearTimeout(timer);
      this.#taken.set(phase, (this.#taken.get(phase) ?? 0) + this.#clock.monotonic() - begun);
    }
  }
}
