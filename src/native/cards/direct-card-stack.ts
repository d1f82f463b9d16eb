import { X509Certificate } from 'node:crypto';
import { CardError, type CardErrorCode, type CardStackState, type CertificateSha256, type Tries } from '../host/card-host.ts';
import { withoutService } from '../host/card-place.ts';
import type { CardStack } from '../host/card-stack.ts';
import { SmartCardError, type ServiceOutage, type SmartCardService, type SmartCardServiceState } from '../pcsc/smart-card-service.ts';
import { asCardError } from './card-errors.ts';
import { CardSession } from './card-session.ts';
import type { CardTraits } from './card-traits.ts';
import { isSameCard, readTries } from './hpki-application.ts';
import { signHash } from './hpki-signature.ts';
import { WatchedReader, type KnownCard } from './watched-reader.ts';

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
 * HPKI cards over PC/SC without a vendor's module.
 *
 * One signature is one transaction. With extended length and the layout in circulation it takes 7 commands
 * (SELECT AP, SELECT EF, READ BINARY, SELECT key, MSE, VERIFY, PSO), with Annex B 5 (short file identifiers
 * save both SELECT EFs). Without extended length READ BINARY comes once for each 256 bytes of the certificate
 * and PSO as two links and GET RESPONSE. VERIFY comes exactly once; the one exception, the first
 * signature of a card that refuses a form only after VERIFY and drops the PIN with it, is described at signHash.
 * The counts are asserted by test/unit/native/cards/direct-card-stack.test.ts.
 */
export class DirectCardStack implements CardStack {
  readonly #service: SmartCardService;
  readonly #unsubscribe: () => void;
  readonly #listeners = new Set<(state: CardStackState) => void>();
  /** Undefined while the service is not there; then `#outage` says why. */
  #readers: Map<string, WatchedReader> | undefined;
  #outage: ServiceOutage = { service: 'unavailable', reason: 'the smart card service has not answered yet', starting: true };
  #published = '';
  readonly #seen = new Map<CertificateSha256, { readonly reader: string; readonly traits: CardTraits }>();

  constructor(service: SmartCardService) {
    this.#service = service;
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
    return this.#withCard(card, async (session, known) => {
      const tries = await readTries(session, known.application.layout);
      return tries === 'blocked' ? 0 : tries;
    });
  }

  async sign(card: CertificateSha256, pin: Uint8Array, hash: Uint8Array): Promise<Uint8Array> {
    if (hash.length !== 32) throw new RangeError(`a SHA-256 hash has 32 bytes, not ${hash.length}`);
    if (!isHpkiPin(pin)) {
      const detail = 'an HPKI PIN has 4 to 16 printable ASCII characters';
      throw new CardError('PIN_INCORRECT', detail, 'unknown', { pinNotPresented: true });
    }
    return this.#withCard(card, (session, known, presenting) => {
      const { publicKey } = new X509Certificate(known.application.certificate);
      return signHash(session, known.traits, { layout: known.application.layout, publicKey, pin, hash, presenting });
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
  async #withCard<T>(
    fingerprint: CertificateSha256,
    work: (session: CardSession, known: KnownCard, presenting: () => void) => Promise<T>,
  ): Promise<T> {
    const pin = { presented: false };
    for (let attempt = 1; ; attempt += 1) {
      const reader = await this.#findReader(fingerprint);
      const known = reader.known;
      if (known === undefined) throw this.#missing(fingerprint);
      const { insertion } = reader;
      try {
        return await this.#service.transaction(reader.name, async (channel) => {
          const session = new CardSession(channel);
          // SECURITY: what signs is the card that was shown (test/unit/native/cards/direct-card-stack.test.ts).
          if (!(await isSameCard(session, known.traits, known.application))) {
            reader.lookAgain();
            throw new CardError('CARD_UNKNOWN', 'the reader does not hold the card with this certificate any more');
          }
          return work(session, known, () => {
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
      }
    }
  }

  /** The reader that holds the card; a card that is being read right now is waited for. */
  async #findReader(fingerprint: CertificateSha256): Promise<WatchedReader> {
    for (;;) {
      const readers = [...(this.#readers?.values() ?? [])];
      const holder = readers.find((reader) => reader.known?.card.certificateSha256 === fingerprint);
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
      if (reader.known !== undefined) this.#remember(reader.name, reader.known);
    }
    const state = this.state();
    const told = JSON.stringify(state, (key, value: unknown) => (key === 'certificate' || key === 'chain' ? undefined : value));
    if (told === this.#published) return;
    this.#published = told;
    for (const listener of this.#listeners) listener(state);
  }

  #remember(reader: string, { card, traits }: KnownCard): void {
    this.#seen.delete(card.certificateSha256);
    this.#seen.set(card.certificateSha256, { reader, traits });
    for (const oldest of this.#seen.keys()) {
      if (this.#seen.size <= rememberedCards) break;
      this.#seen.delete(oldest);
    }
  }
}

/** 4 to 16 printable ASCII characters (JAHIS 24-002). */
function isHpkiPin(pin: Uint8Array): boolean {
  return pin.length >= 4 && pin.length <= 16 && pin.every((byte) => byte >= 0x20 && byte <= 0x7e);
}

function missing(code: CardErrorCode, detail: string): CardError {
  return new CardError(code, detail, undefined, { pinNotPresented: true });
}
