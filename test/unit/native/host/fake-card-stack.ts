import {
  CardError,
  type AuthenticationCard,
  type CardErrorCode,
  type CardKind,
  type CardStackState,
  type ReaderState,
  type SigningCard,
  type Tries,
} from '../../../../src/native/host/card-host.ts';
import type { CardStack } from '../../../../src/native/host/card-stack.ts';
import type { KeypadEntry } from '../../../../src/native/host/keypad.ts';
import type { HostClock } from '../../../../src/native/host/host-clock.ts';

/** What goes wrong with one signature of the fake card. */
export type Fault =
  /** Before the PIN goes out. */
  | { readonly at: 'before'; readonly code: CardErrorCode }
  /** After the card has looked at the PIN, so that its verdict never arrives. */
  | { readonly at: 'after'; readonly code: CardErrorCode }
  /** The process is gone with the PIN at the card: the promise never settles. */
  | { readonly at: 'killed' };

export const cardA = 'a'.repeat(64);
export const cardB = 'b'.repeat(64);
/** The authentication certificate of the card that also holds {@link cardA}, or of a My Number card. */
export const authenticationA = 'c'.repeat(64);

export function signingCard(certificateSha256 = cardA, reader = 'Reader 1', driver: SigningCard['driver'] = 'direct'): SigningCard {
  return { reader, certificateSha256, certificate: Uint8Array.of(0x30, 0x00), chain: [], driver };
}

export function inserted(...cards: readonly SigningCard[]): CardStackState {
  return { service: 'running', readers: cards.map((card) => ({ reader: card.reader, state: 'ready', card, authentication: null })) };
}

export function authenticationCard(kind: CardKind = 'hpki', certificateSha256 = authenticationA, reader = 'Reader 1', driver: AuthenticationCard['driver'] = 'direct'): AuthenticationCard {
  return { kind, reader, certificateSha256, certificate: Uint8Array.of(0x30, 0x00), driver };
}

/** An HPKI card with both of its keys, as it stands in a reader. */
export function bothKeys(card = signingCard(), authentication: AuthenticationCard | 'reading' | null = authenticationCard()): ReaderState {
  return { reader: card.reader, state: 'ready', card, authentication };
}

export function identityCard(authentication = authenticationCard('jpki')): ReaderState {
  return { reader: authentication.reader, state: 'identity_card', authentication };
}

export const running = (...readers: readonly ReaderState[]): CardStackState => ({ service: 'running', readers });

export const emptyReader: CardStackState = { service: 'running', readers: [{ reader: 'Reader 1', state: 'empty' }] };

/** The card itself: it outlives hosts, and its counter is real. */
export class FakeCard {
  readonly #pin: string;
  readonly #maxTries: number;
  tries: number;
  /** Whether the card tells its counter. */
  tells = true;
  /** Every time a PIN reached the card. */
  presented: string[] = [];

  constructor(pin: string, maxTries = 15) {
    this.#pin = pin;
    this.#maxTries = maxTries;
    this.tries = maxTries;
  }

  verify(pin: string): void {
    this.presented.push(pin);
    if (this.tries === 0) throw new CardError('PIN_LOCKED', 'SW 6983', 0);
    if (pin === this.#pin) {
      this.tries = this.#maxTries;
      return;
    }
    this.tries -= 1;
    throw new CardError('PIN_INCORRECT', 'SW 63CX', this.tells ? this.tries : 'unknown');
  }
}

const keypadEnds = ['KEYPAD_CANCELLED', 'KEYPAD_TIMED_OUT', 'KEYPAD_REFUSED', 'KEYPAD_UNUSABLE'] as const;

/** One life of a host's card stack over a {@link FakeCard}. */
export class FakeCardStack implements CardStack {
  readonly card: FakeCard;
  readonly faults: Fault[] = [];
  readonly #listeners = new Set<(state: CardStackState) => void>();
  #state: CardStackState = inserted(signingCard());
  ended: 'keep' | 'replace_process' = 'keep';
  endedAsked = 0;
  /** The certificates by which keys were asked to sign. */
  readonly signedBy: string[] = [];
  /** The very bytes that were lent to the stack. */
  lent: Uint8Array[] = [];
  /** Runs while the PIN is at the card. */
  whileSigning: () => void = () => undefined;

  constructor(card: FakeCard) {
    this.card = card;
  }

  state(): CardStackState {
    return this.#state;
  }

  show(state: CardStackState): void {
    this.#state = state;
    for (const listener of this.#listeners) listener(state);
  }

  subscribe(listener: (state: CardStackState) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  triesLeft(): Promise<Tries> {
    return Promise.resolve(this.card.tells ? this.card.tries : 'unknown');
  }

  /** What a person presses on the reader's keys: a PIN, or how the entry ended. */
  press: () => string | Promise<string> = () => 'KEYPAD_TIMED_OUT';

  async #signAtKeypad(entry: KeypadEntry, hash: Uint8Array): Promise<Uint8Array> {
    const pressed = await this.press();
    const end = keypadEnds.find((code) => code === pressed);
    if (end !== undefined) throw new CardError(end, 'SW 640X', undefined, { pinNotPresented: true });
    this.card.verify(pressed);
    await entry.accepted();
    return Uint8Array.from(hash).reverse();
  }

  sign(card: string, pin: Uint8Array | KeypadEntry, hash: Uint8Array): Promise<Uint8Array> {
    if (!(pin instanceof Uint8Array)) return this.#signAtKeypad(pin, hash);
    const fault = this.faults.shift();
    if (fault?.at === 'before') {
      return Promise.reject(new CardError(fault.code, 'fault before the PIN', undefined, { pinNotPresented: true }));
    }
    this.lent.push(pin);
    this.signedBy.push(card);
    try {
      this.whileSigning();
      this.card.verify(Buffer.from(pin).toString('latin1'));
    } catch (error) {
      if (fault === undefined) return Promise.reject(error instanceof Error ? error : new Error('unexpected'));
    }
    if (fault?.at === 'killed') return new Promise(() => undefined);
    if (fault?.at === 'after') return Promise.reject(new CardError(fault.code, 'fault after the PIN'));
    return Promise.resolve(Uint8Array.from(hash).reverse());
  }

  pinSessionsEnded(): 'keep' | 'replace_process' {
    this.endedAsked += 1;
    return this.ended;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** A clock that only tests turn. */
export class ManualClock implements HostClock {
  #now = 0;
  #timers: { readonly at: number; readonly callback: () => void }[] = [];

  monotonic(): number {
    return this.#now;
  }

  after(ms: number, callback: () => void): () => void {
    const timer = { at: this.#now + ms, callback };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  turn(ms: number): void {
    this.#now += ms;
    const due = this.#timers.filter((timer) => timer.at <= this.#now);
    this.#timers = this.#timers.filter((timer) => timer.at > this.#now);
    for (const timer of due) timer.callback();
  }

  get waiting(): number {
    return this.#timers.length;
  }
}
