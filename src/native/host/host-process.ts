import { CardError, type CardStackState, type PinOrder, type PinSessionId, type ReadCounter } from './card-host.ts';
import type { CardStackSpec } from './card-stack-spec.ts';
import type { ChildChannel } from './child-channel.ts';
import type { HostClock } from './host-clock.ts';
import { rebuildError } from './card-error-message.ts';
import { fromHostSchema, toHostSchema, type FromHost, type HostAnswer, type HostCall, type ToHost } from './host-messages.ts';
import type { PinLedger } from './pin-ledger.ts';
import type { PinPort } from './pin-port.ts';

export interface HostProcessEvents {
  state(state: CardStackState): void;
  /** The process would like to end, because a library may still hold a PIN. */
  replaceMe(): void;
  /** The process has ended without having been asked to. */
  died(why: string): void;
}

/** What a card host process asks its agent for. */
export interface HostServices {
  readonly ledger: PinLedger;
  /** Missing where no host of the agent has PC/SC. */
  readonly readCounter?: ReadCounter | undefined;
}

/**
 * One life of one card host process, from fork to exit: calls with deadlines, answers by number, and
 * what the process asks of this side. It knows nothing of restarts.
 */
export class HostProcess {
  readonly #channel: ChildChannel;
  readonly #services: HostServices;
  readonly #clock: HostClock;
  readonly #events: HostProcessEvents;
  readonly #waiting = new Map<number, { done: (answer: HostAnswer) => void; failed: (error: CardError) => void }>();
  readonly #pinPorts = new Map<number, { held: (session: PinSessionId) => void; failed: (error: CardError) => void }>();
  readonly #exited: Promise<void>;
  #lastCall = 0;
  #lastPort = 0;
  #over: string | undefined;
  #killedFor: string | undefined;

  constructor(channel: ChildChannel, services: HostServices, clock: HostClock, events: HostProcessEvents) {
    this.#channel = channel;
    this.#services = services;
    this.#clock = clock;
    this.#events = events;
    channel.onMessage((raw) => this.#receive(raw));
    this.#exited = new Promise((resolve) => {
      channel.onExit((how) => {
        this.#end(this.#killedFor ?? how);
        resolve();
      });
    });
  }

  get hasEnded(): boolean {
    return this.#over !== undefined;
  }

  start(stack: CardStackSpec, deadlineMs: number): Promise<HostAnswer> {
    return this.call({ type: 'start', stack }, deadlineMs);
  }

  /** Rejects with CARD_MODULE_FAILED when the process dies, or does not answer in time and is killed for it. */
  call(call: HostCall, deadlineMs: number, ports: readonly PinPort[] = []): Promise<HostAnswer> {
    if (this.#over !== undefined) return Promise.reject(moduleFailed(this.#over));
    this.#lastCall += 1;
    const number = this.#lastCall;
    const message = toHostSchema.safeParse({ ...call, call: number });
    if (!message.success) return Promise.reject(new RangeError(`malformed ${call.type}`));
    return new Promise((resolve, reject) => {
      const cancelTimer = this.#clock.after(deadlineMs, () => this.kill(`no answer to ${call.type} within ${deadlineMs} ms`));
      this.#waiting.set(number, {
        done: (answer) => {
          cancelTimer();
          resolve(answer);
        },
        failed: (error) => {
          cancelTimer();
          reject(error);
        },
      });
      this.#channel.post(message.data, ports);
    });
  }

  /** Hands the port over. `held` settles when a person has typed, which no deadline of a call measures. */
  async openPinPort(order: PinOrder, port: PinPort, deadlineMs: number): Promise<{ readonly number: number; readonly held: Promise<PinSessionId> }> {
    this.#lastPort += 1;
    const number = this.#lastPort;
    const held = new Promise<PinSessionId>((resolve, reject) => {
      this.#pinPorts.set(number, { held: resolve, failed: reject });
    });
    // Also reported by the call below, when that is what fails.
    held.catch(() => undefined);
    try {
      await this.call({ type: 'openPinPort', port: number, order }, deadlineMs, [port]);
    } catch (error) {
      this.#pinPorts.delete(number);
      throw error;
    }
    return { number, held };
  }

  /** Ends the process at once; calls under way fail with `why`. */
  kill(why: string): void {
    if (this.#over !== undefined || this.#killedFor !== undefined) return;
    this.#killedFor = why;
    this.#channel.kill();
  }

  /** Ends a process that is not wanted any more: it is not told as a death. */
  async dismiss(): Promise<void> {
    this.#over ??= 'dismissed';
    this.#failWaiting(this.#over);
    this.#channel.kill();
    await this.#exited;
  }

  #receive(raw: unknown): void {
    if (this.#over !== undefined) return;
    const message = fromHostSchema.safeParse(raw);
    // SECURITY: the process runs vendor code. What it says is checked before it is used.
    if (message.success) this.#take(message.data);
    else this.kill('the card host sent a malformed message');
  }

  #take(message: FromHost): void {
    switch (message.type) {
      case 'state':
        this.#events.state(message.state);
        break;
      case 'replaceMe':
        this.#events.replaceMe();
        break;
      case 'ledgerLoad':
        this.#answer(message.question, async () => {
          const record = await this.#services.ledger.load(message.card);
          return { type: 'ledgerLoaded', question: message.question, record: { ...record } };
        });
        break;
      case 'ledgerSave':
        this.#answer(message.question, async () => {
          await this.#services.ledger.save(message.card, message.record);
          return { type: 'ledgerSaved', question: message.question };
        });
        break;
      case 'readCounter':
        this.#answer(message.question, async () => {
          const tries = (await this.#services.readCounter?.(message.order)) ?? 'unknown';
          return { type: 'counterRead', question: message.question, tries };
        });
        break;
      case 'pinHeld':
        this.#settlePort(message.port, (waiting) => waiting.held(message.session));
        break;
      case 'pinNotHeld':
        this.#settlePort(message.port, (waiting) => waiting.failed(rebuildError(message.error)));
        break;
      case 'failed':
        this.#settle(message.call, (waiting) => waiting.failed(rebuildError(message.error)));
        break;
      default:
        this.#settle(message.call, (waiting) => waiting.done(message));
    }
  }

  #answer(question: number, work: () => Promise<ToHost>): void {
    work().then(
      (answer) => this.#channel.post(answer),
      (error: unknown) => {
        const detail = error instanceof Error ? error.name : 'storage';
        this.#channel.post({ type: 'ledgerFailed', question, detail } satisfies ToHost);
      },
    );
  }

  #settle(call: number, how: (waiting: { done: (answer: HostAnswer) => void; failed: (error: CardError) => void }) => void): void {
    const waiting = this.#waiting.get(call);
    this.#waiting.delete(call);
    if (waiting !== undefined) how(waiting);
  }

  #settlePort(port: number, how: (waiting: { held: (session: PinSessionId) => void; failed: (error: CardError) => void }) => void): void {
    const waiting = this.#pinPorts.get(port);
    this.#pinPorts.delete(port);
    if (waiting !== undefined) how(waiting);
  }

  #end(why: string): void {
    if (this.#over !== undefined) return;
    this.#over = why;
    this.#failWaiting(why);
    this.#events.died(why);
  }

  #failWaiting(why: string): void {
    const waiting = [...this.#waiting.values(), ...this.#pinPorts.values()];
    this.#waiting.clear();
    this.#pinPorts.clear();
    for (const one of waiting) one.failed(moduleFailed(why));
  }
}

function moduleFailed(why: string): CardError {
  return new CardError('CARD_MODULE_FAILED', `the card host process ended: ${why}`);
}
