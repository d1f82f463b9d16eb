import {
  CardError,
  isStarting,
  type CardHost,
  type CardStackState,
  type CertificateSha256,
  type PinEntry,
  type PinOrder,
  type PinSessionId,
  type PinTries,
} from './card-host.ts';
import type { CardStack } from './card-stack.ts';
import { findKey, stillInserted, whyNoCard, type CardKeyPlace } from './card-place.ts';
import { isKeypadEnd } from './keypad.ts';
import { systemHostClock, type HostClock } from './host-clock.ts';
import type { PinLedger } from './pin-ledger.ts';
import { pinForms } from './pin-form.ts';
import type { PinPort } from './pin-port.ts';
import { PinVault, type PinSession } from './pin-vault.ts';
import { takePin } from './take-pin.ts';
import { isRefusal, TriesOnRecord } from './tries-on-record.ts';

export interface GuardedCardHostOptions {
  readonly stack: CardStack;
  readonly ledger: PinLedger;
  readonly clock?: HostClock;
  /** The stack's library may still hold a PIN in memory that only the end of the process frees. */
  readonly replaceProcess?: () => void;
}

const sha256Length = 32;

/**
 * The PIN rules, once, above every card stack and for both kinds of keys: an HPKI card locks after 15 wrong PINs in a row
 * and its re-issue takes weeks, a My Number card after 3 and its holder has to go to the town hall. So at most one unproven
 * PIN goes out per human act.
 * SECURITY: guarded by test/unit/native/host/guarded-card-host.test.ts and pin-rules.property.test.ts.
 */
export class GuardedCardHost implements CardHost {
  readonly #stack: CardStack;
  readonly #tries: TriesOnRecord;
  readonly #vault: PinVault;
  readonly #replaceProcess: () => void;
  readonly #unsubscribe: () => void;
  #turn: Promise<unknown> = Promise.resolve();
  #running = 0;
  #replacementWaits = false;

  constructor(options: GuardedCardHostOptions) {
    this.#stack = options.stack;
    this.#tries = new TriesOnRecord(options.stack, options.ledger);
    this.#replaceProcess = options.replaceProcess ?? (() => undefined);
    this.#vault = new PinVault(options.clock ?? systemHostClock, () => this.#releaseWhenIdle());
    this.#unsubscribe = this.#stack.subscribe((state) => this.#endSessionsOfRemovedCards(state));
  }

  get holdsPins(): boolean {
    return this.#vault.size > 0;
  }

  endedByRemoval(): readonly PinSessionId[] {
    return this.#vault.endedByRemoval();
  }

  /** The process is to be replaced when the last PIN is gone, whatever the stack says of itself. */
  replaceWhenIdle(): void {
    this.#replacementWaits = true;
  }

  state(): CardStackState {
    return this.#stack.state();
  }

  isStarting(): boolean {
    return isStarting(this.#stack.state());
  }

  subscribe(listener: (state: CardStackState) => void): () => void {
    return this.#stack.subscribe(listener);
  }

  pinTries(card: CertificateSha256): Promise<PinTries> {
    return this.#inTurn(() => this.#tries.read(card));
  }

  holdPin(entry: PinEntry): Promise<PinSessionId> {
    const key = findKey(this.#stack.state(), entry.certificateSha256);
    if (key === undefined) return Promise.reject(whyNoCard(this.#stack.state()));
    // SECURITY: what was asked for is what the key is for (test/unit/native/host/key-purposes.test.ts).
    if (key.purpose !== (entry.purpose ?? 'signing')) return Promise.reject(notForThis(key));
    if (entry.pin === 'keypad' && !key.keypad) return Promise.reject(noKeypad());
    return Promise.resolve(this.#vault.hold(entry, key));
  }

  holdPinFrom(order: PinOrder, port: PinPort, signal: AbortSignal): Promise<PinSessionId> {
    return takePin(port, signal, (typed) => this.holdPin({ ...order, ...typed }));
  }

  sign(id: PinSessionId, hash: Uint8Array): Promise<Uint8Array> {
    if (hash.length !== sha256Length) return Promise.reject(new RangeError('a SHA-256 hash has 32 bytes'));
    return this.#inTurn(() => {
      const session = this.#vault.get(id);
      return session.proven ? this.#signAgain(session, hash) : this.#signFirst(session, hash);
    });
  }

  endPinSession(id: PinSessionId): Promise<void> {
    this.#vault.end(id, 'ended');
    return Promise.resolve();
  }

  /** In this process there is nothing that could be started again. */
  revive(): Promise<void> {
    return Promise.resolve();
  }

  async close(): Promise<void> {
    this.#unsubscribe();
    this.#vault.endAll('host_closed');
    await this.#turn;
    await this.#stack.close();
  }

  /**
   * One unproven presentation: counter, consent, mark on disk, PIN, verdict. In this order. An entry at the reader's keys
   * is always one, for nobody here can know that it is the PIN of before.
   */
  async #signFirst(session: PinSession, hash: Uint8Array): Promise<Uint8Array> {
    const { certificateSha256: card, id } = session;
    const tries = await this.#tries.read(card);
    this.#refuseToPresent(session, tries);

    await this.#tries.markInFlight(card, tries.failuresSeen);
    let signature: Uint8Array;
    try {
      signature = session.atKeypad ? await this.#signAtKeypad(session, hash) : await this.#vault.lend(id, (pin) => this.#stack.sign(card, pin, hash));
    } catch (thrown) {
      const error = session.atKeypad && isKeypadEnd(thrown) ? await this.#checkKeypadEnd(session, tries, thrown) : thrown;
      if (error instanceof AfterAcceptance) throw error.cause;
      if (wasNotPresented(error)) {
        await this.#tries.settle(card, tries.failuresSeen);
        throw error;
      }
      // SECURITY: refused, or no verdict. Either way this typed PIN has had its one try.
      this.#vault.end(id, error instanceof CardError && error.code === 'CARD_REMOVED' ? 'card_removed' : 'refused');
      await this.#tries.settle(card, tries.failuresSeen + 1);
      throw await this.#tries.named(card, error);
    }
    this.#vault.used(id);
    await this.#tries.settle(card, 0);
    return signature;
  }

  /**
   * The verdict is on the disk before anything is signed. That takes a word with the agent and back, so a session which the
   * agent has ended before is known to have ended.
   * SECURITY: who has cancelled while the reader waited gets no signature (test/unit/native/host/keypad.test.ts).
   */
  async #signAtKeypad({ id, certificateSha256: card }: PinSession, hash: Uint8Array): Promise<Uint8Array> {
    const verdict = { accepted: false };
    try {
      return await this.#stack.sign(
        card,
        {
          accepted: async () => {
            verdict.accepted = true;
            await this.#tries.settle(card, 0);
            this.#vault.get(id);
          },
        },
        hash,
      );
    } catch (error) {
      if (!verdict.accepted || isRefusal(error)) throw error;
      this.#vault.end(id, error instanceof CardError && error.code === 'CARD_REMOVED' ? 'card_removed' : 'refused');
      throw new AfterAcceptance(error);
    }
  }

  /**
   * A reader that says "cancelled" says that it has sent no PIN. The card knows better: where its counter has fallen, a PIN
   * was refused. Where no counter tells, the word is doubted: a module has it for a refused PIN too, and one failure too many
   * on record only asks for a consent earlier, while one too few may lock the card unwarned. The session is over either way:
   * whoever goes on has to say so. SECURITY: test/unit/native/host/keypad.test.ts
   */
  async #checkKeypadEnd({ id, certificateSha256: card }: PinSession, { triesLeft: before }: PinTries, end: CardError): Promise<CardError> {
    this.#vault.end(id, 'refused');
    const after = await this.#tries.counter(card).catch(() => 'unknown' as const);
    if (before === 'unknown' || after === 'unknown') {
      return end.code === 'KEYPAD_CANCELLED' ? new CardError(end.code, `${end.detail}, and no counter confirms it`, undefined, { cause: end }) : end;
    }
    return after < before ? new CardError('PIN_INCORRECT', `${end.detail}, but a try is gone`, after, { cause: end }) : end;
  }

  /** The card has accepted this PIN since it was inserted: presenting it again spends no try. */
  async #signAgain(session: PinSession, hash: Uint8Array): Promise<Uint8Array> {
    const { certificateSha256: card, id } = session;
    try {
      const signature = await this.#vault.lend(id, (pin) => this.#stack.sign(card, pin, hash));
      this.#vault.used(id);
      return signature;
    } catch (error) {
      if (wasNotPresented(error)) throw error;
      this.#vault.end(id, error instanceof CardError && error.code === 'CARD_REMOVED' ? 'card_removed' : 'refused');
      if (!isRefusal(error)) throw error;
      await this.#tries.countRefusal(card);
      throw await this.#tries.named(card, error);
    }
  }

  #refuseToPresent(session: PinSession, tries: PinTries): void {
    const refusal = (code: CardError['code'], detail: string) => {
      this.#vault.end(session.id, 'refused');
      return new CardError(code, detail, tries.triesLeft, { pinNotPresented: true });
    };
    // The session may have ended while the counter was read.
    this.#vault.get(session.id);
    if (tries.triesLeft === 0) throw refusal('PIN_LOCKED', 'the card says that no try is left; the PIN was not presented');
    if (tries.consentNeeded && !session.spendLastTries) {
      throw refusal('PIN_CONSENT_NEEDED', `tries left: ${String(tries.triesLeft)}, failures seen: ${tries.failuresSeen}`);
    }
    if (!this.#vault.wellFormed(session.id)) {
      throw refusal('PIN_INCORRECT', `not ${pinForms[session.kind].description}; the PIN was not presented`);
    }
  }

  #endSessionsOfRemovedCards(state: CardStackState): void {
    for (const session of this.#vault.sessions()) {
      if (!stillInserted(state, session.certificateSha256, session.reader)) this.#vault.end(session.id, 'card_removed');
    }
  }

  #releaseWhenIdle(): void {
    if (this.#running > 0 || this.#vault.size > 0) return;
    if (this.#stack.pinSessionsEnded() === 'replace_process' || this.#replacementWaits) this.#replaceProcess();
  }

  /** Card operations run one after another: vendor modules are not thread-safe, and a card has one state. */
  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    this.#running += 1;
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => undefined);
    try {
      return await turn;
    } finally {
      this.#running -= 1;
      // After the answer is on its way: the caller's own continuation runs first.
      setImmediate(() => this.#releaseWhenIdle());
    }
  }
}

/** The same rules without a process of their own: the demo and tests, with the virtual card. */
export function inProcessCardHost(stack: CardStack, ledger: PinLedger, clock?: HostClock): CardHost {
  return new GuardedCardHost({ stack, ledger, ...(clock === undefined ? {} : { clock }) });
}

/** What failed when the card had accepted the PIN: no failure of the PIN. */
class AfterAcceptance extends Error {
  constructor(cause: unknown) {
    super('failed after the PIN was accepted', { cause });
  }
}

function noKeypad(): CardError {
  return new CardError('CARD_MODULE_FAILED', 'this reader takes no PIN on keys of its own', undefined, { pinNotPresented: true });
}

function notForThis({ purpose }: CardKeyPlace): CardError {
  return new CardError('CARD_UNKNOWN', `this certificate is for ${purpose} only`, undefined, { pinNotPresented: true });
}

function wasNotPresented(error: unknown): boolean {
  return error instanceof CardError && error.pinNotPresented;
}
