import type { CardStackState, CertificateSha256, KeyPurpose, ReaderState } from '../host/card-host.ts';
import { keyIn, whyNoCard } from '../host/card-place.ts';
import { CKR_CRYPTOKI_ALREADY_INITIALIZED, cardErrorOf, returnValue } from './cryptoki-error.ts';
import { CKF_PROTECTED_AUTHENTICATION_PATH, type Cryptoki, type Handle } from './cryptoki.ts';
import type { EndEntityPicker } from './end-entity-certificate.ts';
import { offersKey, placeOf, withoutSecondSlots } from './token-place.ts';
import { TokenSession } from './token-session.ts';

export interface SlotWatch {
  readonly purpose: KeyPurpose;
  /** How often the slots are looked at, in milliseconds. */
  readonly pollMs: number;
  /** Whether a token may have its PIN entered on its reader's own keys, where it says that the reader has some. */
  readonly asksForKeypad: boolean;
}

interface Slot {
  readonly handle: Handle;
  readonly state: ReaderState;
}

/**
 * What stands in the slots of one module, from C_Initialize to C_Finalize. The module has no C_WaitForSlotEvent, so presence
 * is a question asked on a period: what the module offers.
 */
export class WatchedSlots {
  readonly #cryptoki: Cryptoki;
  readonly #picker: EndEntityPicker;
  readonly #watch: SlotWatch;
  readonly #listeners = new Set<(state: CardStackState) => void>();
  readonly #timer: NodeJS.Timeout;
  /** By slot id, as the module gave it. */
  #slots = new Map<string, Slot>();
  #state: CardStackState = { service: 'running', readers: [] };
  #initialized = false;
  #worksLeftAlone = 0;
  #isClosed = false;

  constructor(cryptoki: Cryptoki, picker: EndEntityPicker, watch: SlotWatch) {
    this.#cryptoki = cryptoki;
    this.#picker = picker;
    this.#watch = watch;
    this.#look();
    this.#timer = setInterval(() => this.#look(), watch.pollMs);
    this.#timer.unref();
  }

  get state(): CardStackState {
    return this.#state;
  }

  subscribe(listener: (state: CardStackState) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The slot with this certificate. Throws CardError where there is none. */
  slotOf(card: CertificateSha256): Handle {
    for (const { handle, state } of this.#slots.values()) {
      if (keyIn(state, card) !== undefined) return handle;
    }
    throw whyNoCard(this.#state);
  }

  /** What was known of this slot is not true any more, even if the module still lists it. */
  forget(slot: Handle): void {
    this.#slots.delete(slotKey(slot));
    setImmediate(() => this.#look());
  }

  /** No slot is looked at while this work waits. */
  async leaveAloneDuring<T>(work: () => Promise<T>): Promise<T> {
    this.#worksLeftAlone += 1;
    try {
      return await work();
    } finally {
      this.#worksLeftAlone -= 1;
    }
  }

  close(): void {
    this.#isClosed = true;
    clearInterval(this.#timer);
    this.#listeners.clear();
    this.#finalize();
  }

  /** Asks the module what stands in its slots; reads only cards that are new. */
  #look(): void {
    // A look that was asked for before the end would open the module again.
    if (this.#isClosed || this.#worksLeftAlone > 0) return;
    let next: CardStackState;
    try {
      this.#initialize();
      this.#slots = this.#lookAtSlots();
      next = { service: 'running', readers: withoutSecondSlots([...this.#slots.values()].map((slot) => slot.state)) };
    } catch (error) {
      this.#slots = new Map();
      this.#finalize();
      next = { service: 'unavailable', code: 'CARD_MODULE_FAILED', detail: cardErrorOf(error, true).detail };
    }
    if (sameState(this.#state, next)) return;
    this.#state = next;
    for (const listener of [...this.#listeners]) listener(next);
  }

  /** May fail while the machine starts (no card service yet): asked again at the next look. */
  #initialize(): void {
    if (this.#initialized) return;
    try {
      this.#cryptoki.C_Initialize();
    } catch (error) {
      if (returnValue(error) !== CKR_CRYPTOKI_ALREADY_INITIALIZED) throw error;
    }
    this.#initialized = true;
  }

  /** A module that has lost its card service finds it again only after a new C_Initialize. */
  #finalize(): void {
    if (!this.#initialized) return;
    this.#initialized = false;
    try {
      this.#cryptoki.C_Finalize();
    } catch {
      return;
    }
  }

  #lookAtSlots(): Map<string, Slot> {
    const withToken = new Set(this.#cryptoki.C_GetSlotList(true).map(slotKey));
    const slots = new Map<string, Slot>();
    for (const handle of this.#cryptoki.C_GetSlotList(false)) {
      const key = slotKey(handle);
      const known = this.#slots.get(key);
      const reader = known?.state.reader ?? this.#readerName(handle);
      if (!withToken.has(key)) slots.set(key, { handle, state: { reader, state: 'empty' } });
      else if (known !== undefined && offersKey(known.state)) slots.set(key, known);
      else slots.set(key, { handle, state: this.#readCard(handle, reader) });
    }
    return slots;
  }

  #readerName(slot: Handle): string {
    return this.#cryptoki.C_GetSlotInfo(slot).slotDescription.trim();
  }

  #readCard(slot: Handle, reader: string): ReaderState {
    try {
      const certificates = TokenSession.use(this.#cryptoki, slot, (session) => this.#picker.pick(session.certificates()));
      if (certificates === undefined) return { reader, state: 'unknown_card', reason: 'no single end-entity certificate on the token' };
      return placeOf(reader, certificates, this.#watch.purpose, this.#watch.asksForKeypad && this.#hasKeypad(slot));
    } catch (error) {
      return { reader, state: 'unknown_card', reason: cardErrorOf(error, true).detail };
    }
  }

  /** What the token says. One that does not answer has none. */
  #hasKeypad(slot: Handle): boolean {
    try {
      return (this.#cryptoki.C_GetTokenInfo(slot).flags & CKF_PROTECTED_AUTHENTICATION_PATH) !== 0;
    } catch {
      return false;
    }
  }
}

function slotKey(slot: Handle): string {
  return slot.toString('hex');
}

function sameState(a: CardStackState, b: CardStackState): boolean {
  return JSON.stringify(shown(a)) === JSON.stringify(shown(b));
}

/** What can change between two looks, without the certificates' bytes. */
function shown(state: CardStackState): unknown {
  if (state.service === 'unavailable') return state;
  return state.readers.map((place) => {
    if (place.state === 'ready') return [place.reader, place.card.certificateSha256];
    return place.state === 'identity_card' ? [place.reader, place.authentication.certificateSha256] : place;
  });
}
