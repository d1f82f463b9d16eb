import type { AuthenticationCard } from '../host/card-host.ts';
import { CardError } from '../host/card-host.ts';
import { SmartCardError, type CardChannel } from '../pcsc/smart-card-service.ts';
import { certificateSha256 } from './card-certificates.ts';
import type { CardKey } from './card-key.ts';
import { CardSession } from './card-session.ts';
import { findHpkiKey } from './hpki-application.ts';
import { unknownTraits } from './card-traits.ts';

/** The authentication key of a card, as it is shown and as it is used. */
export interface KnownAuthentication {
  readonly card: AuthenticationCard;
  readonly key: CardKey;
}

export function knownAuthentication(reader: string, key: CardKey, keypad: ReaderKeypad): KnownAuthentication {
  const { kind, certificate } = key;
  return { key, card: { kind, reader, certificateSha256: certificateSha256(certificate), certificate, driver: 'direct', ...keypad } };
}

/** What is said of the reader with the card that stands in it. */
export type ReaderKeypad = Pick<AuthenticationCard, 'keypad'>;

export interface LateReading {
  readonly reader: string;
  readonly keypad: ReaderKeypad;
  /** Of the card whose signing key was read; the reader carries no more for this one. */
  readonly extendedLength: boolean | undefined;
  readonly transaction: <T>(work: (channel: CardChannel) => Promise<T>) => Promise<T>;
  /** Called when there is something new to show. */
  readonly read: (found: KnownAuthentication | null) => void;
}

/** How often it starts over in a row because another program has reset the card. */
const resetsInARow = 3;
/** After a failure that may pass, in milliseconds: then twice as long each time. */
const firstRetryMs = 1_000;
const lastRetryMs = 30_000;

/** Somebody wants the card for a signature. */
class GaveWay extends Error {}

/**
 * Reads the authentication application of an HPKI card whose signing certificate is shown already. It takes about as many
 * commands again, and whoever signs shall not wait for them: it begins after the card is shown and lets go of it between
 * two commands as soon as somebody claims it (test/unit/native/cards/authentication-key.test.ts).
 */
export class LateAuthentication {
  readonly #reading: LateReading;
  #found: KnownAuthentication | 'reading' | null = 'reading';
  #attempt: Promise<void> | undefined;
  #claims = 0;
  #free = Promise.resolve();
  #becomeFree: () => void = () => undefined;
  #retry: NodeJS.Timeout | undefined;
  #retryMs = firstRetryMs;
  #closed = false;

  constructor(reading: LateReading) {
    this.#reading = reading;
  }

  get found(): KnownAuthentication | 'reading' | null {
    return this.#found;
  }

  /** Pending while it is being read or waits for the card. */
  get attempt(): Promise<void> | undefined {
    return this.#attempt;
  }

  /** Reads, unless that was done or is under way. */
  begin(): void {
    if (this.#closed || this.#found !== 'reading' || this.#attempt !== undefined) return;
    clearTimeout(this.#retry);
    this.#attempt = this.#read().finally(() => {
      this.#attempt = undefined;
    });
  }

  /** The card is wanted for something else until the returned function is called. */
  claim(): () => void {
    this.#claims += 1;
    if (this.#claims === 1) this.#free = new Promise((resolve) => (this.#becomeFree = resolve));
    return () => {
      this.#claims -= 1;
      if (this.#claims === 0) this.#becomeFree();
    };
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#retry);
  }

  async #read(): Promise<void> {
    for (let resets = 0; ; ) {
      while (this.#claims > 0) await this.#free;
      if (this.#closed) return;
      try {
        const key = await this.#reading.transaction((channel) => this.#readIn(channel));
        this.#settle(key === undefined ? null : knownAuthentication(this.#reading.reader, key, this.#reading.keypad));
        return;
      } catch (error) {
        if (error instanceof GaveWay) continue;
        if (error instanceof SmartCardError && error.code === 'CARD_RESET' && resets < resetsInARow) {
          resets += 1;
          continue;
        }
        // A card that answers nonsense here has no key for logins; it signs all the same.
        if (error instanceof CardError) this.#settle(null);
        else this.#tryLater();
        return;
      }
    }
  }

  async #readIn(channel: CardChannel): Promise<CardKey | undefined> {
    const traits = { ...unknownTraits(), extendedLength: this.#reading.extendedLength };
    const search = await findHpkiKey(new CardSession(this.#givingWay(channel)), traits, 'authentication');
    return search.found === 'key' ? search.key : undefined;
  }

  #givingWay(channel: CardChannel): CardChannel {
    return {
      atr: channel.atr,
      transmit: async (command) => {
        if (this.#claims > 0) throw new GaveWay();
        return channel.transmit(command);
      },
    };
  }

  #settle(found: KnownAuthentication | null): void {
    if (this.#closed) return;
    this.#found = found;
    this.#reading.read(found);
  }

  #tryLater(): void {
    if (this.#closed) return;
    this.#retry = setTimeout(() => this.begin(), this.#retryMs);
    this.#retry.unref();
    this.#retryMs = Math.min(this.#retryMs * 2, lastRetryMs);
  }
}
