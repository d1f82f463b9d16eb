/** The machine's PC/SC service as a {@link SmartCardService}. */
import { beginInTime } from './begin-in-time.ts';
import { runTransaction } from './card-transaction.ts';
import { loadPcscApi } from './pcsc-api.ts';
import type { Context, PcscApi } from './pcsc-api.ts';
import { defaultTiming, ReaderMonitor } from './reader-monitor.ts';
import type { MonitorTiming } from './reader-monitor.ts';
import { SmartCardError } from './smart-card-service.ts';
import type { CardChannel, SmartCardService, SmartCardServiceState } from './smart-card-service.ts';
import { statusName } from './status.ts';
import { Turns } from './turns.ts';

/**
 * Every blocking call takes one of libuv's threads, four by default. The monitor has one, two transactions
 * (two readers) have two, and one is left for files, names and SCardCancel.
 */
const transactionsAtOnce = 2;

/**
 * How long a transaction may wait for other programs, in milliseconds: less than the shortest deadline that policy may
 * give one card call (5 s), or the whole card host would be killed for what another program does.
 */
const defaultPatienceMs = 4_000;

export interface ConnectOptions {
  /** The library; tests play their own. */
  readonly load?: () => PcscApi;
  readonly timing?: Partial<MonitorTiming>;
  readonly patienceMs?: number;
}

/**
 * Begins to watch the readers at once; the first state comes through `subscribe`. Never throws: where
 * there is no PC/SC library the state says so. {@link SmartCardService.close} must be called, or the process stays.
 */
export function connectPcsc(options: ConnectOptions = {}): SmartCardService {
  try {
    const api = (options.load ?? loadPcscApi)();
    return new PcscService(api, { ...defaultTiming, ...options.timing }, options.patienceMs ?? defaultPatienceMs);
  } catch (cause) {
    return withoutLibrary(cause instanceof Error ? cause.message : String(cause));
  }
}

function withoutLibrary(reason: string): SmartCardService {
  return {
    state: () => ({ service: 'unavailable', reason }),
    subscribe: () => () => undefined,
    transaction: () => Promise.reject(new SmartCardError('SERVICE_UNAVAILABLE', reason)),
    close: () => Promise.resolve(),
  };
}

class PcscService implements SmartCardService {
  readonly #api: PcscApi;
  readonly #patienceMs: number;
  readonly #monitor: ReaderMonitor;
  readonly #turns = new Turns(transactionsAtOnce);
  readonly #listeners = new Set<(state: SmartCardServiceState) => void>();
  readonly #running = new Set<Promise<unknown>>();
  /** PC/SC wants one context per thread; these wait for the next transaction. */
  readonly #idle: Context[] = [];
  #state: SmartCardServiceState = { service: 'unavailable', reason: 'not asked yet', starting: true };
  #closed = false;

  constructor(api: PcscApi, timing: MonitorTiming, patienceMs: number) {
    this.#api = api;
    this.#patienceMs = patienceMs;
    this.#monitor = new ReaderMonitor(api, (state) => this.#changed(state), timing);
  }

  state(): SmartCardServiceState {
    return this.#state;
  }

  subscribe(listener: (state: SmartCardServiceState) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async transaction<T>(reader: string, work: (card: CardChannel) => Promise<T>): Promise<T> {
    // One that has waited in vain keeps its turn until it gets through: it still has one of libuv's threads.
    const running = beginInTime(this.#patienceMs, (late, begun) =>
      this.#turns.run(reader, () => {
        late.throwIfAborted();
        return this.#transaction(reader, (card) => {
          late.throwIfAborted();
          begun();
          return work(card);
        });
      }),
    );
    const settled = running.catch(() => undefined);
    this.#running.add(settled);
    try {
      return await running;
    } finally {
      this.#running.delete(settled);
    }
  }

  /** Lets what runs come to its end. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#listeners.clear();
    await Promise.all([this.#monitor.close(), ...this.#running]);
    await this.#releaseIdle();
  }

  async #transaction<T>(reader: string, work: (card: CardChannel) => Promise<T>): Promise<T> {
    if (this.#closed) throw new SmartCardError('SERVICE_UNAVAILABLE', 'closed');
    const progress = { begun: false };
    const onceBegun = (card: CardChannel): Promise<T> => {
      progress.begun = true;
      return work(card);
    };
    const kept = this.#idle.pop();
    if (kept !== undefined) {
      try {
        return await this.#within(kept, reader, onceBegun);
      } catch (error) {
        // A context from before a restart of the service: a new one is worth one try, as nothing was sent.
        const stale = error instanceof SmartCardError && (error.code === 'SERVICE_UNAVAILABLE' || error.code === 'COMMUNICATION');
        if (progress.begun || !stale) throw error;
        await this.#releaseIdle();
      }
    }
    const { status, context } = await this.#api.establishContext();
    // Whatever the status: a service that dies while it is asked, or that turns this program away (polkit), is none for us.
    if (status !== 0) throw new SmartCardError('SERVICE_UNAVAILABLE', statusName(status));
    if (this.#state.service === 'unavailable') await this.#monitor.lookAgain();
    return this.#within(context, reader, onceBegun);
  }

  async #within<T>(context: Context, reader: string, work: (card: CardChannel) => Promise<T>): Promise<T> {
    let usable = true;
    try {
      return await runTransaction(this.#api, context, reader, work);
    } catch (error) {
      const code = error instanceof SmartCardError ? error.code : undefined;
      usable = code !== 'SERVICE_UNAVAILABLE' && code !== 'COMMUNICATION';
      if (code === 'SHARING_VIOLATION') await this.#monitor.lookAgain();
      throw error;
    } finally {
      if (usable && !this.#closed) this.#idle.push(context);
      else await this.#api.releaseContext(context);
    }
  }

  async #releaseIdle(): Promise<void> {
    await Promise.all(this.#idle.splice(0).map((context) => this.#api.releaseContext(context)));
  }

  #changed(state: SmartCardServiceState): void {
    this.#state = state;
    for (const listener of this.#listeners) {
      try {
        listener(state);
      } catch (error) {
        // A listener's fault is nobody else's: the readers stay watched, and Node reports it as uncaught.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}
