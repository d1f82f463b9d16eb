import { extname } from 'node:path';
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
import type { CardStackSpec } from './card-stack-spec.ts';
import { spawnChild, type SpawnChild } from './child-channel.ts';
import { systemHostClock, type HostClock } from './host-clock.ts';
import type { HostAnswer, HostCall } from './host-messages.ts';
import { HostProcess } from './host-process.ts';
import { keypadSeconds } from './keypad.ts';
import type { PinLedger } from './pin-ledger.ts';
import type { PinPort } from './pin-port.ts';
import { cardWasRemoved } from './pin-vault.ts';
import { defaultRestartLimit, RestartBudget, type RestartLimit } from './restart-budget.ts';

/** How long one call may take before its process is taken for stuck, in milliseconds. */
export interface HostDeadlines {
  readonly start: number;
  /** Reading the counter, taking a PIN over, ending a session, a sign of life. */
  readonly card: number;
  /** Login and signature. Some readers ask the person to press a key. */
  readonly sign: number;
  /** How often an idle process is asked for a sign of life: a hung module would else freeze the reader list. */
  readonly heartbeat: number;
}

export const defaultDeadlines: HostDeadlines = { start: 20_000, card: 20_000, sign: 60_000, heartbeat: 15_000 };

export interface StartCardHostOptions {
  readonly stack: CardStackSpec;
  readonly ledger: PinLedger;
  /** For a module's cards: how another host reads their counter. */
  readonly readCounter?: ReadCounter;
  readonly clock?: HostClock;
  readonly deadlines?: Partial<HostDeadlines>;
  readonly restarts?: RestartLimit;
  /** How this process starts its children by default. */
  readonly spawn?: SpawnChild;
}

type Life =
  | { readonly phase: 'alive'; readonly process: HostProcess; readonly ready: Promise<void> }
  /** Waits for {@link CardHost.revive}. */
  | { readonly phase: 'given_up'; readonly error: CardError }
  | { readonly phase: 'closed' };

/** Source and bundle stand side by side: .ts in development, .js when built. */
const entry = new URL(`./card-host-process${extname(import.meta.url)}`, import.meta.url);

export interface StartedCardHost extends CardHost {
  /** The counter of a card that another host's module owns, if this host's stack reaches it now. */
  readonly readCounter: ReadCounter;
}

/** Runs one card stack in a process of its own, and starts it again when it crashes or hangs. */
export function startCardHost(options: StartCardHostOptions): StartedCardHost {
  return new ProcessCardHost(options);
}

class ProcessCardHost implements StartedCardHost {
  readonly #options: StartCardHostOptions;
  readonly #clock: HostClock;
  readonly #deadlines: HostDeadlines;
  readonly #budget: RestartBudget;
  readonly #listeners = new Set<(state: CardStackState) => void>();
  #state: CardStackState;
  #life: Life;
  #turn: Promise<unknown> = Promise.resolve();
  /** When a signature may be posted: the signature before it was, and any other call has ended. */
  #posted: Promise<unknown> = Promise.resolve();
  #signing = 0;
  #calls = 0;
  /** Sessions whose PIN is entered on the reader's own keys. */
  readonly #atKeypad = new Set<PinSessionId>();
  /** What the process before this one knew about its sessions. */
  #endedByRemoval: ReadonlySet<PinSessionId> = new Set();
  #cancelHeartbeat: () => void = () => undefined;

  constructor(options: StartCardHostOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemHostClock;
    this.#deadlines = { ...defaultDeadlines, ...options.deadlines };
    this.#budget = new RestartBudget(options.restarts ?? defaultRestartLimit);
    const code = options.stack.kind === 'pcsc' ? 'NO_CARD_SERVICE' : 'CARD_MODULE_FAILED';
    this.#state = { service: 'unavailable', code, detail: 'the card host is starting', starting: true };
    this.#life = this.#startProcess();
    this.#beat();
  }

  state(): CardStackState {
    return this.#state;
  }

  isStarting(): boolean {
    return isStarting(this.#state);
  }

  subscribe(listener: (state: CardStackState) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
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
    if (this.#life.phase !== 'alive' || this.isStarting()) return 'unknown';
    try {
      const answer = await this.#life.process.call({ type: 'readCounter', order }, this.#deadlines.card / 2);
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
    const { process, opened } = await this.#inTurn(async () => {
      const process = await this.#readyProcess();
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
    const answer = await this.#sign(session, hash);
    if (answer.type !== 'signed') throw unfitting(answer);
    return answer.signature;
  }

  async endPinSession(session: PinSessionId): Promise<void> {
    // Without a live process there is no PIN.
    if (this.#life.phase !== 'alive') return;
    const ending = this.#atKeypad.delete(session)
      ? this.#endAtKeypad(this.#life.process, session)
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
    return process.call({ type: 'endPinSession', session }, this.#signDeadline(true) * Math.max(1, this.#signing));
  }

  /** With a PIN at the reader's keys a person is waited for too. Beyond it the process is taken for stuck. */
  #signDeadline(atKeypad: boolean): number {
    return this.#deadlines.sign + (atKeypad ? keypadSeconds * 1000 : 0);
  }

  async revive(): Promise<void> {
    this.#budget.refill();
    if (this.#life.phase === 'given_up') this.#life = this.#startProcess();
    if (this.#life.phase === 'alive') await this.#life.ready;
  }

  async close(): Promise<void> {
    const life = this.#life;
    if (life.phase === 'alive') {
      // The library may finish in peace, but not for long.
      await life.process.call({ type: 'retire' }, Math.min(2_000, this.#deadlines.card)).catch(() => undefined);
    }
    this.#cancelHeartbeat();
    const now = this.#life;
    this.#life = { phase: 'closed' };
    if (now.phase === 'alive') await now.process.dismiss();
    this.#listeners.clear();
  }

  #call(call: HostCall, deadlineMs: number): Promise<HostAnswer> {
    return this.#inTurn(async () => {
      const process = await this.#readyProcess();
      return process.call(call, deadlineMs);
    });
  }

  /**
   * Signatures follow each other into the process, which takes them one by one: with the next hash at hand the card does
   * not wait for two messages between them. A deadline allows for the signatures before it. Every other call waits until
   * all of them have ended.
   */
  async #sign(session: PinSessionId, hash: Uint8Array): Promise<HostAnswer> {
    this.#calls += 1;
    const posted = this.#posted.then(async () => {
      const process = await this.#readyProcess();
      if (this.#endedByRemoval.has(session)) throw cardWasRemoved();
      this.#signing += 1;
      return { answer: process.call({ type: 'sign', session, hash }, this.#signDeadline(this.#atKeypad.has(session)) * this.#signing) };
    });
    const settled = posted.then(({ answer }) => answer.finally(() => (this.#signing -= 1)));
    this.#posted = posted.catch(() => undefined);
    this.#turn = Promise.all([this.#turn, settled.catch(() => undefined)]);
    try {
      return await settled;
    } finally {
      this.#calls -= 1;
    }
  }

  async #readyProcess(): Promise<HostProcess> {
    if (this.#life.phase === 'given_up') throw this.#life.error;
    if (this.#life.phase === 'closed') throw new CardError('CARD_MODULE_FAILED', 'the card host is closed', undefined, { pinNotPresented: true });
    await this.#life.ready;
    return this.#life.process;
  }

  #startProcess(): Life {
    const { stack, ledger, readCounter, spawn = spawnChild } = this.#options;
    const environment = stack.kind === 'pkcs11' ? (stack.module.environment ?? {}) : {};
    const process: HostProcess = new HostProcess(spawn(entry, environment), { ledger, readCounter }, this.#clock, {
      state: (state) => {
        if (this.#isCurrent(process)) this.#setState(state);
      },
      replaceMe: () => void this.#inTurn(() => this.#replace(process)),
      died: (why) => {
        if (this.#isCurrent(process)) this.#startAgain(why);
      },
    });
    const ready = process.start(stack, this.#deadlines.start).then(
      () => undefined,
      async (error: unknown) => {
        const cause = error instanceof CardError ? error : new CardError('CARD_MODULE_FAILED', 'the card host did not start');
        // It lives and says that it cannot: the file is missing, or is no such module. Starting again would not help.
        if (this.#isCurrent(process) && !process.hasEnded) {
          this.#giveUp(cause);
          await process.dismiss();
        }
        throw cause;
      },
    );
    ready.catch(() => undefined);
    return { phase: 'alive', process, ready };
  }

  #isCurrent(process: HostProcess): boolean {
    return this.#life.phase === 'alive' && this.#life.process === process;
  }

  #startAgain(why: string): void {
    if (!this.#budget.take(this.#clock.monotonic())) {
      this.#giveUp(new CardError('CARD_MODULE_FAILED', `given up after repeated failures, the last: ${why}`, undefined, { pinNotPresented: true }));
      return;
    }
    this.#setState({ service: 'unavailable', code: 'CARD_MODULE_FAILED', detail: `restarted after: ${why}`, starting: true });
    this.#life = this.#startProcess();
  }

  #giveUp(error: CardError): void {
    this.#life = { phase: 'given_up', error };
    const code = error.code === 'NO_CARD_SERVICE' ? error.code : 'CARD_MODULE_FAILED';
    this.#setState({ service: 'unavailable', code, detail: error.detail });
  }

  /** A fresh process for one that may still hold a PIN. Planned, so it costs no budget and the readers stay as shown. */
  async #replace(process: HostProcess): Promise<void> {
    if (!this.#isCurrent(process)) return;
    const answer = await process.call({ type: 'retire' }, this.#deadlines.card).catch(() => undefined);
    const newPinIsHeld = answer?.type === 'retired' && !answer.idle;
    if (newPinIsHeld || !this.#isCurrent(process)) return;
    if (answer?.type === 'retired') this.#endedByRemoval = new Set(answer.endedByRemoval);
    this.#life = this.#startProcess();
    await process.dismiss();
  }

  #setState(state: CardStackState): void {
    this.#state = state;
    for (const listener of [...this.#listeners]) listener(state);
  }

  #beat(): void {
    this.#cancelHeartbeat = this.#clock.after(this.#deadlines.heartbeat, () => {
      if (this.#life.phase === 'alive' && this.#calls === 0) {
        this.#call({ type: 'ping' }, this.#deadlines.card).catch(() => undefined);
      }
      if (this.#life.phase !== 'closed') this.#beat();
    });
  }

  /** One call at a time, so that a deadline measures the card and not the queue. Only signatures follow closer: {@link #sign}. */
  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    this.#calls += 1;
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => undefined);
    this.#posted = this.#turn;
    try {
      return await turn;
    } finally {
      this.#calls -= 1;
    }
  }
}

function unfitting(answer: HostAnswer): CardError {
  return new CardError('CARD_MODULE_FAILED', `unfitting answer ${answer.type}`);
}
