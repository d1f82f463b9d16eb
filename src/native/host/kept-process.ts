import { extname } from 'node:path';
import type { CallTurns } from './call-turns.ts';
import { CardError, type CardStackState, type PinSessionId, type ReadCounter } from './card-host.ts';
import type { CardStackSpec } from './card-stack-spec.ts';
import { spawnChild, type SpawnChild } from './child-channel.ts';
import type { HostClock } from './host-clock.ts';
import { HostProcess } from './host-process.ts';
import type { PinLedger } from './pin-ledger.ts';
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

export interface KeptProcessOptions {
  readonly stack: CardStackSpec;
  readonly ledger: PinLedger;
  /** For a module's cards: how another host reads their counter. */
  readonly readCounter?: ReadCounter;
  readonly restarts?: RestartLimit;
  /** How this process starts its children by default. */
  readonly spawn?: SpawnChild;
}

type Life =
  | { readonly phase: 'alive'; readonly process: HostProcess; readonly ready: Promise<void> }
  /** Waits for {@link KeptProcess.revive}. */
  | { readonly phase: 'given_up'; readonly error: CardError }
  | { readonly phase: 'closed' };

/** Source and bundle stand side by side: .ts in development, .js when built. */
const entry = new URL(`./card-host-process${extname(import.meta.url)}`, import.meta.url);

/** Keeps one card host process alive: from a crash, a hang or a planned end to the next one, as long as the budget lasts. */
export class KeptProcess {
  readonly #options: KeptProcessOptions;
  readonly #turns: CallTurns;
  readonly #clock: HostClock;
  readonly #deadlines: HostDeadlines;
  readonly #budget: RestartBudget;
  readonly #listeners = new Set<(state: CardStackState) => void>();
  #state: CardStackState;
  #life: Life;
  /** What the process before this one knew about its sessions. */
  #endedByRemoval: ReadonlySet<PinSessionId> = new Set();
  #cancelHeartbeat: () => void = () => undefined;

  constructor(options: KeptProcessOptions, turns: CallTurns, clock: HostClock, deadlines: HostDeadlines) {
    this.#options = options;
    this.#turns = turns;
    this.#clock = clock;
    this.#deadlines = deadlines;
    this.#budget = new RestartBudget(options.restarts ?? defaultRestartLimit);
    const code = options.stack.kind === 'pcsc' ? 'NO_CARD_SERVICE' : 'CARD_MODULE_FAILED';
    this.#state = { service: 'unavailable', code, detail: 'the card host is starting', starting: true };
    this.#life = this.#startProcess();
    this.#beat();
  }

  /** What the process told last; between two processes, why there is none. */
  get state(): CardStackState {
    return this.#state;
  }

  /** The process as it is, perhaps still starting; undefined where none is kept. */
  get current(): HostProcess | undefined {
    return this.#life.phase === 'alive' ? this.#life.process : undefined;
  }

  subscribe(listener: (state: CardStackState) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** A process that takes calls. Throws CardError where there is none. */
  async ready(): Promise<HostProcess> {
    if (this.#life.phase === 'given_up') throw this.#life.error;
    if (this.#life.phase === 'closed') throw new CardError('CARD_MODULE_FAILED', 'the card host is closed', undefined, { pinNotPresented: true });
    await this.#life.ready;
    return this.#life.process;
  }

  /** Whether a session of the process before this one ended because its card was removed. */
  wasEndedByRemoval(session: PinSessionId): boolean {
    return this.#endedByRemoval.has(session);
  }

  async revive(anew: boolean): Promise<void> {
    this.#budget.refill();
    const life = this.#life;
    if (life.phase === 'given_up') this.#life = this.#startProcess();
    else if (anew && life.phase === 'alive') await this.#turns.take(() => this.#replace(life.process));
    if (this.#life.phase === 'alive') await this.#life.ready;
  }

  async close(): Promise<void> {
    // The library may finish in peace, but not for long.
    await this.current?.call({ type: 'retire' }, Math.min(2_000, this.#deadlines.card)).catch(() => undefined);
    this.#cancelHeartbeat();
    const last = this.current;
    this.#life = { phase: 'closed' };
    await last?.dismiss();
    this.#listeners.clear();
  }

  #startProcess(): Life {
    const { stack, ledger, readCounter, spawn = spawnChild } = this.#options;
    const environment = stack.kind === 'pkcs11' ? (stack.module.environment ?? {}) : {};
    const process: HostProcess = new HostProcess(spawn(entry, environment), { ledger, readCounter }, this.#clock, {
      state: (state) => {
        if (this.#isCurrent(process)) this.#setState(state);
      },
      replaceMe: () => void this.#turns.take(() => this.#replace(process)),
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
    return this.current === process;
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
      if (this.#life.phase === 'alive' && this.#turns.idle) {
        this.#turns.take(async () => (await this.ready()).call({ type: 'ping' }, this.#deadlines.card)).catch(() => undefined);
      }
      if (this.#life.phase !== 'closed') this.#beat();
    });
  }
}
