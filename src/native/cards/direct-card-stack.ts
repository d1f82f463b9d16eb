import { CardError, type CardErrorCode, type CardStackState, type CertificateSha256, type Tries } from '../host/card-host.ts';
import { withoutService } from '../host/card-place.ts';
import type { CardStack } from '../host/card-stack.ts';
import type { KeypadEntry } from '../host/keypad.ts';
import { pinForms } from '../host/pin-form.ts';
import { SmartCardError, type ServiceOutage, type SmartCardService, type SmartCardServiceState } from '../pcsc/smart-card-service.ts';
import { asCardError } from './card-errors.ts';
import type { CardKey, KeyUse } from './card-key.ts';
import { CardSession } from './card-session.ts';
import type { CardTraits } from './card-traits.ts';
import { WatchedReader, type KnownKey } from './watched-reader.ts';

/**
 * A card pulled in the middle of a command shows up as a failed communication first; PC/SC notices the empty
 * reader a moment later. How long that moment may be, in milliseconds, before the failure counts as one.
 */
const removalNoticeMs = 500;

/** How often an operation starts over in a row because another program has reset the card before any PIN left. */
const resetsInARow = 3;

/** How many cards' traits are kept. A clinic has a handful; the oldest goes first. */
const rememberedCards = 64;

/**
 * HPKI and My Number cards over PC/SC without a vendor's module.
 *
 * One signature is one transaction, of a document as of a login. With extended length and the layout in circulation it takes 7 commands
 * (SELECT AP, SELECT EF, READ BINARY, SELECT key, MSE, VERIFY, PSO), with Annex B 5 (short file identifiers
 * save both SELECT EFs). Without extended length READ BINARY comes once for each 256 bytes of the certificate
 * and PSO as two links and GET RESPONSE. VERIFY comes exactly once; the one exception, the first
 * signature of a card that refuses a form only after VERIFY and drops the PIN with it, is described at signHash.
 * A login by a My Number card takes 8 (SELECT AP, SELECT EF, READ BINARY, SELECT PIN, VERIFY, SELECT key, signature, and
 * SELECT AP once more, which closes what VERIFY has opened).
 * The counts are asserted by test/unit/native/cards/direct-card-stack.test.ts and authentication-key.test.ts.
 */
export class DirectCardStack implements CardStack {
  readonly #service: SmartCardService;
  readonly #readerKeypad: 'auto' | 'off';
  readonly #unsubscribe: () => void;
  readonly #listeners = new Set<(state: CardStackState) => void>();
  /** Undefined while the service is not there; then `#outage` says why. */
  #readers: Map<string, WatchedReader> | undefined;
  #outage: ServiceOutage = { service: 'unavailable', reason: 'the smart card service has not answered yet', starting: true };
  #published = '';
  readonly #seen = new Map<CertificateSha256, { readonly reader: string; readonly traits: CardTraits }>();

  /** Takes the service over. `readerKeypad: off`: no reader is asked whether it has keys of its own. */
  constructor(service: SmartCardService, { readerKeypad = 'auto' }: { readonly readerKeypad?: 'auto' | 'off' } = {}) {
    this.#service = service;
    this.#readerKeypad = readerKeypad;
    this.#unsubscribe = service.subscribe((state) => this.#follow(state));
    this.#follow(service.state());
  }

  state(): CardStackState {
    if (this.#readers === undefined) return withoutService(this.#outage);
    return { service: 'running', readers: [...this.#readers.values()].map((reader) => reader.state()) };
  }

  subscribe(listener: (state: CardStackState) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** 0 where the card says that its PIN is blocked. */
  async triesLeft(card: CertificateSha256): Promise<Tries> {
    return this.#withKey(card, async (session, key) => {
      const tries = await key.readTries(session);
      return tries === 'blocked' ? 0 : tries;
    });
  }

  async sign(card: CertificateSha256, pin: Uint8Array | KeypadEntry, hash: Uint8Array): Promise<Uint8Array> {
    if (hash.length !== 32) throw new RangeError(`a SHA-256 hash has 32 bytes, not ${hash.length}`);
    return this.#withKey(card, async (session, key, presenting) => {
      if (!(pin instanceof Uint8Array)) return signAtKeypad(session, key, pin, { hash, presenting });
      if (!pinForms[key.kind].fits(pin)) throw new CardError('PIN_INCORRECT', `not ${pinForms[key.kind].description}`, 'unknown');
      try {
        return await key.sign(session, { pin, hash, presenting });
      } finally {
        await closePin(session, key);
      }
    });
  }

  /** Our PIN bytes are zeroed already; no library holds a copy. */
  pinSessionsEnded(): 'keep' {
    return 'keep';
  }

  /** Closes the smart card service as well: it was handed over to this stack. */
  async close(): Promise<void> {
    this.#unsubscribe();
    this.#listeners.clear();
    this.#dropReaders();
    await this.#service.close();
  }

  /** Finds the card, opens one transaction, makes sure that it is the same card, and works with it. */
  async #withKey<T>(
    fingerprint: CertificateSha256,
    work: (session: CardSession, key: CardKey, presenting: () => void) => Promise<T>,
  ): Promise<T> {
    const pin = { presented: false };
    for (let attempt = 1; ; attempt += 1) {
      const reader = await this.#findReader(fingerprint);
      const key = keyOf(reader, fingerprint);
      if (key === undefined) throw this.#missing(fingerprint);
      const { insertion } = reader;
      const release = reader.claim();
      try {
        return await this.#service.transaction(reader.name, async (channel) => {
          const session = new CardSession(channel);
          // SECURITY: what signs is the card that was shown (test/unit/native/cards/direct-card-stack.test.ts).
          if (!(await key.isThere(session))) {
            reader.lookAgain();
            throw new CardError('CARD_UNKNOWN', 'the reader does not hold the card with this certificate any more');
          }
          return work(session, key, () => {
            pin.presented = true;
          });
        });
      } catch (error) {
        const code = error instanceof SmartCardError ? error.code : undefined;
        if (code === 'CARD_RESET' && !pin.presented && attempt < resetsInARow) continue;
        const failedTalk = code === 'COMMUNICATION' || code === 'CARD_MUTE' || code === 'CARD_RESET';
        const pinNotPresented = !pin.presented;
        if (!failedTalk || !(await reader.isGone(insertion, removalNoticeMs))) throw asCardError(error, pinNotPresented);
        const gone = this.#readers === undefined ? 'NO_CARD_SERVICE' : 'CARD_REMOVED';
        throw new CardError(gone, code, undefined, { cause: error, pinNotPresented });
      } finally {
        release();
      }
    }
  }

  /** The reader that holds the card; a card that is being read right now is waited for. */
  async #findReader(fingerprint: CertificateSha256): Promise<WatchedReader> {
    for (;;) {
      const readers = [...(this.#readers?.values() ?? [])];
      const holder = readers.find((reader) => keyOf(reader, fingerprint) !== undefined);
      if (holder !== undefined) return holder;
      const pending = readers.flatMap((reader) => reader.reading ?? []);
      if (pending.length === 0) throw this.#missing(fingerprint);
      await Promise.race(pending);
    }
  }

  /** Why no reader holds the card. */
  #missing(fingerprint: CertificateSha256): CardError {
    if (this.#readers === undefined) return missing('NO_CARD_SERVICE', this.#outage.reason);
    const states = [...this.#readers.values()].map((reader) => reader.state());
    if (states.length === 0) return missing('NO_READER', 'no reader is connected');
    const last = this.#seen.get(fingerprint)?.reader;
    const there = states.find(({ reader }) => reader === last);
    if (there?.state === 'in_use' || (last === undefined && states.some(({ state }) => state === 'in_use'))) {
      return missing('CARD_IN_USE', 'another program holds the card exclusively');
    }
    const allEmpty = states.every(({ state }) => state === 'empty');
    if (last !== undefined && (allEmpty || there?.state === 'empty')) return missing('CARD_REMOVED', 'the card was taken out');
    if (allEmpty) return missing('NO_CARD', 'every reader is empty');
    return missing('CARD_UNKNOWN', 'no reader holds the card with this certificate');
  }

  #follow(state: SmartCardServiceState): void {
    if (state.service === 'unavailable') {
      this.#outage = state;
      this.#dropReaders();
    } else {
      const before = this.#readers ?? new Map<string, WatchedReader>();
      const readers = new Map<string, WatchedReader>();
      for (const presence of state.readers) {
        const reader = before.get(presence.reader);
        reader?.follow(presence);
        readers.set(presence.reader, reader ?? this.#watch(presence));
      }
      this.#readers = readers;
      for (const [name, reader] of before) if (!readers.has(name)) reader.close();
    }
    this.#publish();
  }

  #watch(presence: ConstructorParameters<typeof WatchedReader>[0]): WatchedReader {
    return new WatchedReader(presence, {
      service: this.#service,
      readerKeypad: this.#readerKeypad,
      recall: (fingerprint) => this.#seen.get(fingerprint)?.traits,
      changed: () => this.#publish(),
    });
  }

  #dropReaders(): void {
    for (const reader of this.#readers?.values() ?? []) reader.close();
    this.#readers = undefined;
  }

  /** Tells the listeners, if there is anything new to tell. */
  #publish(): void {
    for (const reader of this.#readers?.values() ?? []) {
      for (const known of reader.keys) this.#remember(reader.name, known);
    }
    const state = this.state();
    const told = JSON.stringify(state, (key, value: unknown) => (key === 'certificate' || key === 'chain' ? undefined : value));
    if (told === this.#published) return;
    this.#published = told;
    for (const listener of this.#listeners) listener(state);
  }

  #remember(reader: string, { certificateSha256, key }: KnownKey): void {
    this.#seen.delete(certificateSha256);
    this.#seen.set(certificateSha256, { reader, traits: key.traits });
    for (const oldest of this.#seen.keys()) {
      if (this.#seen.size <= rememberedCards) break;
      this.#seen.delete(oldest);
    }
  }
}

function keyOf(reader: WatchedReader, fingerprint: CertificateSha256): CardKey | undefined {
  return reader.keys.find(({ certificateSha256 }) => certificateSha256 === fingerprint)?.key;
}

/**
 * SECURITY: a PIN that was accepted and is not wanted any more opens the card for nobody else
 * (test/unit/native/cards/keypad.test.ts).
 */
async function signAtKeypad(session: CardSession, key: CardKey, entry: KeypadEntry, use: Pick<KeyUse, 'hash' | 'presenting'>): Promise<Uint8Array> {
  const accepted = async (): Promise<void> => {
    try {
      await entry.accepted();
    } catch (error) {
      session.resetCardAtEnd();
      throw error;
    }
  };
  try {
    return await key.sign(session, { ...use, pin: { accepted } });
  } finally {
    await closePin(session, key);
  }
}

/** A card that has left, was reset or does not answer any more has closed it by itself, or cannot be told to. */
async function closePin(session: CardSession, key: CardKey): Promise<void> {
  await key.closePin?.(session).catch(() => undefined);
}

function missing(code: CardErrorCode, detail: string): CardError {
  return new CardError(code, detail, undefined, { pinNotPresented: true });
}
