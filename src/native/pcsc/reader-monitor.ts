/**
 * Watches all readers in one wait, for ever. Whatever ends a context (the service was stopped, killed or
 * never there; Windows stops it with the last reader; the remote desktop session went), a new one is made.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Context, PcscApi } from './pcsc-api.ts';
import type { ReaderQuery } from './memory-layout.ts';
import { samePresence, SCARD_STATE_CHANGED, SCARD_STATE_UNAWARE, SCARD_STATE_UNKNOWN, trackReader } from './reader-presence.ts';
import type { TrackedReader } from './reader-presence.ts';
import type { SmartCardServiceState } from './smart-card-service.ts';
import { isStatus, statusName } from './status.ts';

const pnpReader = '\\\\?PnP?\\Notification';

/** Milliseconds. Tests shorten them. */
export interface MonitorTiming {
  /**
   * First and longest pause before a new context is tried. Nothing can be waited on while there is no
   * service, so this is a bounded wait; it doubles from the one to the other and {@link ReaderMonitor.lookAgain} ends it.
   */
  readonly firstRetry: number;
  readonly longestRetry: number;
  /**
   * Longest wait before the readers are listed again. On macOS that is how new readers are found; elsewhere
   * it only covers a reader that arrived between the list and the wait, which pcsclite does not tell.
   */
  readonly relist: number;
  readonly relistWithoutPnp: number;
  /** The same while a program holds a card exclusively: pcscd tells nobody when it begins and ends. */
  readonly relistWhileExclusive: number;
}

export const defaultTiming: MonitorTiming = {
  firstRetry: 50, longestRetry: 2000, relist: 5000, relistWithoutPnp: 500, relistWhileExclusive: 200,
};

/** Pause after a wait that said something changed when nothing had, so that no platform's quirk can make us spin. */
const quietPause = 100;

export class ReaderMonitor {
  readonly #api: PcscApi;
  readonly #publish: (state: SmartCardServiceState) => void;
  readonly #timing: MonitorTiming;
  /** Kept over contexts and unplugged readers: a number never comes twice. */
  readonly #insertions = new Map<string, number>();
  #published: SmartCardServiceState | undefined;
  #context: Context | undefined;
  #failures = 0;
  #lookNow = false;
  #closed = false;
  #wake: () => void = () => undefined;
  readonly #ended: Promise<void>;

  constructor(api: PcscApi, publish: (state: SmartCardServiceState) => void, timing: MonitorTiming = defaultTiming) {
    this.#api = api;
    this.#publish = publish;
    this.#timing = timing;
    this.#ended = this.#run();
  }

  /** Somebody has learned something that PC/SC may not have told us: the service is back, or a card is in use. */
  async lookAgain(): Promise<void> {
    this.#lookNow = true;
    this.#wake();
    if (this.#context !== undefined) await this.#api.cancel(this.#context);
  }

  async close(): Promise<void> {
    this.#closed = true;
    const ended = this.#ended.then(() => true);
    // SCardCancel is lost when it comes just before its wait; so it is said until the wait has heard it.
    do {
      await this.lookAgain();
    } while (!(await Promise.race([ended, delay(20, false)])));
  }

  async #run(): Promise<void> {
    while (!this.#isClosed()) {
      const reason = await this.#watchOneContext().catch((error: unknown) => String(error));
      if (this.#isClosed()) return;
      // The first failure may only mean that the context is stale: then a new one works at once.
      if (this.#failures > 0) {
        this.#tell({ service: 'unavailable', reason });
        await this.#pause(Math.min(this.#timing.firstRetry * 2 ** (this.#failures - 1), this.#timing.longestRetry));
      }
      this.#failures += 1;
    }
  }

  /** A method, because the compiler believes that a field does not change over an `await`. */
  #isClosed(): boolean {
    return this.#closed;
  }

  /** Watches until the context fails, and answers why. */
  async #watchOneContext(): Promise<string> {
    const { status, context } = await this.#api.establishContext();
    if (status !== 0) return statusName(status);
    this.#context = context;
    try {
      return await this.#watch(context);
    } finally {
      this.#context = undefined;
      await this.#api.releaseContext(context);
    }
  }

  async #watch(context: Context): Promise<string> {
    let tracked = new Map<string, TrackedReader>();
    let pnpState = SCARD_STATE_UNAWARE;
    while (!this.#isClosed()) {
      const list = await this.#api.listReaders(context);
      if (list.status !== 0 && !isStatus(list.status, 'SCARD_E_NO_READERS_AVAILABLE')) return statusName(list.status);
      const gone = tracked.size;
      tracked = new Map([...tracked].filter(([reader]) => list.readers.includes(reader)));
      const arrived = list.readers.some((reader) => !tracked.has(reader));
      let news = arrived || gone !== tracked.size;
      // A reader that arrived is answered for at once; otherwise what is known now is all there is.
      if (!arrived) this.#tellReaders(tracked);

      const queries: ReaderQuery[] = list.readers.map((reader) => ({ reader, currentState: tracked.get(reader)?.seen ?? SCARD_STATE_UNAWARE }));
      if (this.#api.hasPnpReader) queries.push({ reader: pnpReader, currentState: pnpState });
      if (queries.length === 0) {
        this.#failures = 0;
        await this.#pause(this.#timing.relistWithoutPnp);
        continue;
      }

      const wait = await this.#api.getStatusChange(context, this.#waitMs(tracked), queries);
      if (isStatus(wait.status, 'SCARD_E_CANCELLED')) continue;
      // A reader went between the list and the wait.
      if (isStatus(wait.status, 'SCARD_E_UNKNOWN_READER', 'SCARD_E_READER_UNAVAILABLE')) {
        await this.#pause(quietPause);
        continue;
      }
      const timedOut = isStatus(wait.status, 'SCARD_E_TIMEOUT');
      if (wait.status !== 0 && !timedOut) return statusName(wait.status);
      this.#failures = 0;

      for (const answer of wait.readers) {
        const changed = (answer.eventState & SCARD_STATE_CHANGED) !== 0;
        if (answer.reader === pnpReader) {
          pnpState = (answer.eventState & ~SCARD_STATE_CHANGED) >>> 0;
        } else if ((answer.eventState & SCARD_STATE_UNKNOWN) !== 0) {
          news = tracked.delete(answer.reader) || news;
        } else if (answer.eventState !== SCARD_STATE_UNAWARE) {
          // Also after a time-out and without CHANGED: pcscd does not call it a change when a card becomes exclusive.
          news ||= changed;
          const known = trackReader(answer, tracked.get(answer.reader), this.#insertions.get(answer.reader) ?? 0);
          this.#insertions.set(answer.reader, known.presence.insertion);
          tracked.set(answer.reader, known);
        }
      }
      this.#tellReaders(tracked);
      if (!news && !timedOut) await this.#pause(quietPause);
    }
    return 'closed';
  }

  #waitMs(tracked: ReadonlyMap<string, TrackedReader>): number {
    if (this.#lookNow) {
      this.#lookNow = false;
      return 0;
    }
    const relist = this.#api.hasPnpReader ? this.#timing.relist : this.#timing.relistWithoutPnp;
    const exclusive = [...tracked.values()].some(({ presence }) => presence.exclusive);
    return exclusive ? Math.min(relist, this.#timing.relistWhileExclusive) : relist;
  }

  #tellReaders(tracked: ReadonlyMap<string, TrackedReader>): void {
    this.#tell({ service: 'running', readers: [...tracked.values()].map(({ presence }) => presence) });
  }

  #tell(state: SmartCardServiceState): void {
    if (this.#closed || (this.#published !== undefined && sameState(this.#published, state))) return;
    this.#published = state;
    this.#publish(state);
  }

  #pause(ms: number): Promise<void> {
    if (this.#closed) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

function sameState(a: SmartCardServiceState, b: SmartCardServiceState): boolean {
  if (a.service === 'unavailable') return b.service === 'unavailable' && a.reason === b.reason;
  return b.service === 'running' && a.readers.length === b.readers.length && a.readers.every((presence, index) => {
    const other = b.readers[index];
    return other !== undefined && samePresence(presence, other);
  });
}
