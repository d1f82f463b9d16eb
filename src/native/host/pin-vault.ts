import { randomUUID } from 'node:crypto';
import { CardError, type CardKind, type PinEntry, type PinSessionId } from './card-host.ts';
import type { CardKeyPlace } from './card-place.ts';
import type { HostClock } from './host-clock.ts';
import { pinForms } from './pin-form.ts';

export type SessionEnd = 'ended' | 'used_up' | 'expired' | 'refused' | 'card_removed' | 'host_closed';

/** One held PIN. `proven` once its card accepted it. */
export interface PinSession {
  readonly id: PinSessionId;
  readonly certificateSha256: string;
  readonly spendLastTries: boolean;
  /** Where the card stood when the PIN was typed. */
  readonly reader: string;
  readonly kind: CardKind;
  /** Nothing is held: the person enters the PIN on the reader's own keys. */
  readonly atKeypad: boolean;
  /** Never of a PIN at the keypad: each entry is another one. */
  readonly proven: boolean;
}

interface Held {
  session: PinSession;
  readonly pin: Uint8Array;
  signaturesLeft: number;
  readonly expiresAt: number;
  readonly cancelTimer: () => void;
}

/** A PIN is for the card as it was inserted then, not for the same card inserted again. */
export function cardWasRemoved(): CardError {
  return new CardError('CARD_REMOVED', 'the card was removed after the PIN was typed', undefined, { pinNotPresented: true });
}

/** How many ended sessions are remembered, to say why they ended. */
const endsRemembered = 256;

/**
 * The only place where PINs lie between being typed and being used.
 * SECURITY: zeroed when a session ends, for whatever reason (test/unit/native/host/pin-vault.test.ts).
 */
export class PinVault {
  readonly #clock: HostClock;
  readonly #held = new Map<PinSessionId, Held>();
  readonly #ends = new Map<PinSessionId, SessionEnd>();
  readonly #onEmpty: () => void;

  /** `onEmpty` is called each time the last session has ended. */
  constructor(clock: HostClock, onEmpty: () => void) {
    this.#clock = clock;
    this.#onEmpty = onEmpty;
  }

  get size(): number {
    return this.#held.size;
  }

  hold(entry: PinEntry, { reader, kind }: Pick<CardKeyPlace, 'reader' | 'kind'>): PinSessionId {
    const id = randomUUID();
    this.#held.set(id, {
      session: {
        id,
        certificateSha256: entry.certificateSha256,
        spendLastTries: entry.spendLastTries,
        reader,
        kind,
        atKeypad: entry.pin === 'keypad',
        proven: false,
      },
      pin: entry.pin === 'keypad' ? new Uint8Array() : Uint8Array.from(entry.pin),
      signaturesLeft: entry.maxSignatures,
      expiresAt: this.#clock.monotonic() + entry.lifetimeMs,
      cancelTimer: this.#clock.after(entry.lifetimeMs, () => this.end(id, 'expired')),
    });
    return id;
  }

  /** The live session, or a CardError that says why there is none. */
  get(id: PinSessionId): PinSession {
    const held = this.#live(id);
    if (held !== undefined) return held.session;
    const end = this.#ends.get(id);
    if (end === 'card_removed') throw cardWasRemoved();
    throw new CardError('PIN_SESSION_ENDED', end ?? 'never held here', undefined, { pinNotPresented: true });
  }

  /** Sessions that ended because their card was taken out, as far as they are remembered. */
  endedByRemoval(): readonly PinSessionId[] {
    return [...this.#ends].flatMap(([id, why]) => (why === 'card_removed' ? [id] : []));
  }

  sessions(): readonly PinSession[] {
    return [...this.#held.values()].map((held) => held.session);
  }

  /**
   * Lends a copy of the PIN for one use and zeroes it afterwards. A copy, because a session may end
   * (time, removal, cancel) while the card is working: zeros sent as a PIN would spend a try.
   */
  async lend<T>(id: PinSessionId, use: (pin: Uint8Array) => Promise<T>): Promise<T> {
    this.get(id);
    const pin = Uint8Array.from(this.#held.get(id)?.pin ?? []);
    try {
      return await use(pin);
    } finally {
      pin.fill(0);
    }
  }

  /** Whether the PIN could be one of this kind of card at all, as far as anybody here can know. */
  wellFormed(id: PinSessionId): boolean {
    const held = this.#held.get(id);
    if (held?.session.atKeypad === true) return true;
    return held !== undefined && pinForms[held.session.kind].fits(held.pin);
  }

  /** The card accepted the PIN and signed once. The last signature of a session ends it. */
  used(id: PinSessionId): void {
    const held = this.#held.get(id);
    if (held === undefined) return;
    held.session = { ...held.session, proven: !held.session.atKeypad };
    held.signaturesLeft -= 1;
    if (held.signaturesLeft <= 0) this.end(id, 'used_up');
  }

  end(id: PinSessionId, why: SessionEnd): void {
    const held = this.#held.get(id);
    if (held === undefined) return;
    held.cancelTimer();
    held.pin.fill(0);
    this.#held.delete(id);
    this.#ends.set(id, why);
    if (this.#ends.size > endsRemembered) this.#ends.delete(this.#ends.keys().next().value ?? id);
    if (this.#held.size === 0) this.#onEmpty();
  }

  endAll(why: SessionEnd): void {
    for (const id of [...this.#held.keys()]) this.end(id, why);
  }

  #live(id: PinSessionId): Held | undefined {
    const held = this.#held.get(id);
    if (held === undefined || this.#clock.monotonic() < held.expiresAt) return held;
    this.end(id, 'expired');
    return undefined;
  }
}
