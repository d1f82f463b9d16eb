import { CallTurns } from './call-turns.ts';
import {
  CardError,
  isStarting,
  type CardHost,
  type CardStackState,
  type CertificateSha256,
  type CounterOrder,
  type PinEntry,
  type PinOrder,
  type PinSessionId,
  type PinTries,
  type ReadCounter,
  type Tries,
} from './card-host.ts';
import { systemHostClock, type HostClock } from './host-clock.ts';
import type { HostAnswer, HostCall } from './host-messages.ts';
import type { HostProcess } from './host-process.ts';
import { KeptProcess, type HostDeadlines, type KeptProcessOptions } from './kept-process.ts';
import { keypadSeconds } from './keypad.ts';
import type { PinPort } from './pin-port.ts';
import { cardWasRemoved } from './pin-vault.ts';

const defaultDeadlines: HostDeadlines = { start: 20_000, card: 20_000, sign: 60_000, heartbeat: 15_000 };

export interface StartCardHostOptions extends KeptProcessOptions {
  readonly clock?: HostClock;
  readonly deadlines?: Partial<HostDeadlines>;
}

export interface StartedCardHost extends CardHost {
  /** The counter of a card that another host's module owns, if this host's stack reaches it now. */
  readonly readCounter: ReadCounter;
}

/** Runs one card stack in a process of its own, and starts it again when it crashes or hangs. */
export function startCardHost(options: StartCardHostOptions): StartedCardHost {
  return new ProcessCardHost(options);
}

class ProcessCardHost implements StartedCardHost {
  readonly #clock: HostClock;
  readonly #deadlines: HostDeadlines;
  readonly #turns = new CallTurns();
  readonly #kept: KeptProcess;
  /** Sessions whose PIN is entered on the reader's own keys. */
  readonly #atKeypad = new Set<PinSessionId>();

  constructor(options: StartCardHostOptions) {
    this.#clock = options.clock ?? systemHostClock;
    this.#deadlines = { ...defaultDeadlines, ...options.deadlines };
    this.#kept = new KeptProcess(options, this.#turns, this.#clock, this.#deadlines);
  }

  state(): CardStackState {
    return this.#kept.state;
  }

  isStarting(): boolean {
    return isStarting(this.#kept.state);
  }

  subscribe(listener: (state: CardStackState) => void): () => void {
    return this.#kept.subscribe(listener);
  }

  async pinTries(card: CertificateSha256): Promise<PinTries> {
    const answer = await this.#call({ type: 'pinTries', card }, this.#deadlines.card);
    if (answer.type !== 'tries') throw unfitting(answer);
    return { triesLeft: answer.triesLeft, failuresSeen: answer.failuresSeen, consentNeeded: answer.consentNeeded };
  }

  /**
   * Past the turns: no other call of this host waits for a card. A module's host waits for the answer with a deadline of its
   * own, so this one has half of that, and the first look at the readers, which a module may be faster than, a quarter.
   */
  readonly readCounter = async (order: CounterOrder): Promise<Tries> => {
    if (this.isStarting()) await this.#firstLook(this.#deadlines.card / 4);
    const process = this.#kept.current;
    if (process === undefined || this.isStarting()) return 'unknown';
    try {
      const answer = await process.call({ type: 'readCounter', order }, this.#deadlines.card / 2);
      return answer.type === 'counter' ? answer.tries : 'unknown';
    } catch (error) {
      if (error instanceof CardError) return 'unknown';
      throw error;
    }
  };

  #firstLook(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        cancelTimer();
        forget();
        resolve();
      };
      const cancelTimer = this.#clock.after(ms, end);
      const forget = this.subscribe(() => {
        if (!this.isStarting()) end();
      });
    });
  }

  async holdPin(entry: PinEntry): Promise<PinSessionId> {
    if (entry.pin === 'keypad') {
      const session = await this.#holdPin(entry);
      this.#atKeypad.add(session);
      return session;
    }
    // The caller zeroes its bytes when it likes; these are ours until they have been handed over.
    const pin = Uint8Array.from(entry.pin);
    try {
      return await this.#holdPin({ ...entry, pin });
    } finally {
      pin.fill(0);
    }
  }

  async #holdPin(entry: PinEntry): Promise<PinSessionId> {
    const answer = await this.#call({ type: 'holdPin', entry }, this.#deadlines.card);
    if (answer.type !== 'held') throw unfitting(answer);
    return answer.session;
  }

  async holdPinFrom(order: PinOrder, port: PinPort, signal: AbortSignal): Promise<PinSessionId> {
    const deadline = this.#deadlines.card;
    const { process, opened } = await this.#turns.take(async () => {
      const process = await this.#kept.ready();
      return { process, opened: await process.openPinPort(order, port, deadline) };
    });
    const close = (): void => void process.call({ type: 'closePinPort', port: opened.number }, deadline).catch(() => undefined);
    if (signal.aborted) close();
    else signal.addEventListener('abort', close, { once: true });
    try {
      const session = await opened.held;
      // It came in the moment in which the question ended: nobody will use it.
      if (signal.aborted) await this.endPinSession(session);
      signal.throwIfAborted();
      return session;
    } finally {
      signal.removeEventListener('abort', close);
    }
  }

  async sign(session: PinSessionId, hash: Uint8Array): Promise<Uint8Array> {
    if (hash.length !== 32) throw new RangeError('a SHA-256 hash has 32 bytes');
    const answer = await this.#turns.sign(
      () => this.#readyFor(session),
      (process, signatures) => process.call({ type: 'sign', session, hash }, this.#signDeadline(this.#atKeypad.has(session)) * signatures),
    );
    if (answer.type !== 'signed') throw unfitting(answer);
    return answer.signature;
  }

  async endPinSession(session: PinSessionId): Promise<void> {
    // Without a live process there is no PIN.
    const process = this.#kept.current;
    if (process === undefined) return;
    const ending = this.#atKeypad.delete(session)
      ? this.#endAtKeypad(process, session)
      : this.#call({ type: 'endPinSession', session }, this.#deadlines.card);
    await ending.catch((error: unknown) => {
      if (!(error instanceof CardError)) throw error;
    });
  }

  /**
   * Past the turns: while the reader waits for the person, the signature has the turn, and it must know before a PIN comes
   * that nobody wants it any more. A module is deaf until its C_Login returns, so this has the time of a signature.
   */
  #endAtKeypad(process: HostProcess, session: PinSessionId): Promise<HostAnswer> {
    return process.call({ type: 'endPinSession', session }, this.#signDeadline(true) * Math.max(1, this.#turns.signatures));
  }

  /** With a PIN at the reader's keys a person is waited for too. Beyond it the process is taken for stuck. */
  #signDeadline(atKeypad: boolean): number {
    return this.#deadlines.sign + (atKeypad ? keypadSeconds * 1000 : 0);
  }

  revive(anew = false): Promise<void> {
    return this.#kept.revive(anew);
  }

  close(): Promise<void> {
    return this.#kept.close();
  }

  #call(call: HostCall, deadlineMs: number): Promise<HostAnswer> {
    return this.#turns.take(async () => (await this.#kept.ready()).call(call, deadlineMs));
  }

  async #readyFor(session: PinSessionId): Promise<HostProcess> {
    const process = await this.#kept.ready();
    if (this.#kept.wasEndedByRemoval(session)) throw cardWasRemoved();
    return process;
  }
}

function unfitting(answer: HostAnswer): CardError {
  return new CardError('CARD_MODULE_FAILED', `unfitting answer ${answer.type}`);
}
