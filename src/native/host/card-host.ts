/**
 * The port through which the agent uses cards. A key on a card has one name only: the SHA-256 of its
 * end-entity certificate. Slot numbers and reader names are for people to read.
 *
 * A card may hold two keys. One signs documents (HPKI card), one proves to a service who is there (HPKI and My Number
 * card). They never stand in for each other: see {@link PinOrder.purpose}.
 */

import type { PinPort } from './pin-port.ts';

/** SHA-256 of a certificate's DER, 64 lower-case hex digits. */
export type CertificateSha256 = string;

/** PIN tries that a card says are left. A number is never made up: cards that do not tell are `unknown`. */
export type Tries = number | 'unknown';

/** A card that can sign, as it was read. Certificates are DER. */
export interface SigningCard {
  readonly reader: string;
  readonly certificateSha256: CertificateSha256;
  readonly certificate: Uint8Array;
  /** CA and root certificates found on the card; unordered and not yet trusted. */
  readonly chain: readonly Uint8Array[];
  readonly driver: 'direct' | 'pkcs11';
  /** The reader takes the PIN on its own keys, and policy lets it. */
  readonly keypad?: true;
}

/** What a key is for: documents, or the login at a remote signing service. */
export type KeyPurpose = 'signing' | 'authentication';

/** `jpki`: the user authentication application of a My Number card (公的個人認証サービス). */
export type CardKind = 'hpki' | 'jpki';

/** A card that can authenticate its holder, as it was read. The certificate is DER; a My Number card's names nobody. */
export interface AuthenticationCard {
  readonly kind: CardKind;
  readonly reader: string;
  readonly certificateSha256: CertificateSha256;
  readonly certificate: Uint8Array;
  readonly driver: 'direct' | 'pkcs11';
  /** As of {@link SigningCard.keypad}. */
  readonly keypad?: true;
}

export type ReaderState =
  | { readonly reader: string; readonly state: 'empty' }
  | { readonly reader: string; readonly state: 'reading' }
  /** A card with no certificate that is of use here, or one that does not answer. */
  | { readonly reader: string; readonly state: 'unknown_card'; readonly reason: string }
  /** Another program holds the card exclusively. */
  | { readonly reader: string; readonly state: 'in_use' }
  /** A card that authenticates and signs no documents: a My Number card, or an HPKI card without a signing application. */
  | { readonly reader: string; readonly state: 'identity_card'; readonly authentication: AuthenticationCard }
  | {
      readonly reader: string;
      readonly state: 'ready';
      readonly card: SigningCard;
      /** Read after the signing certificate is shown, so that signing never waits for it; null where there is none. */
      readonly authentication: AuthenticationCard | 'reading' | null;
    };

/** What stands in the readers now. `reason` and `detail` are for logs and `doctor`, never parsed. */
export type CardStackState =
  | {
      readonly service: 'unavailable';
      readonly code: 'NO_CARD_SERVICE' | 'CARD_MODULE_FAILED';
      readonly detail: string;
      /** Nobody has looked yet, so the service may well be there. */
      readonly starting?: true;
    }
  | { readonly service: 'running'; readonly readers: readonly ReaderState[] };

export type CardErrorCode =
  | 'NO_CARD_SERVICE'
  | 'NO_READER'
  | 'NO_CARD'
  /** No reader holds the card with this certificate (any more: it was swapped). */
  | 'CARD_UNKNOWN'
  | 'CARD_REMOVED'
  | 'CARD_IN_USE'
  | 'CARD_MODULE_FAILED'
  | 'PIN_INCORRECT'
  | 'PIN_LOCKED'
  /** Two or fewer tries are left (or unknown, and failures were seen) and nobody has said to go on. Nothing was presented. */
  | 'PIN_CONSENT_NEEDED'
  /** The PIN session was ended, used up or never held. */
  | 'PIN_SESSION_ENDED'
  /**
   * At the reader's own keys: the person pressed Cancel there, entered nothing in time, or entered what is no PIN. By
   * its word no try was spent; `KEYPAD_CANCELLED` counts as a failure all the same where no counter confirms that.
   */
  | 'KEYPAD_CANCELLED'
  | 'KEYPAD_TIMED_OUT'
  | 'KEYPAD_REFUSED'
  /** The reader cannot ask for this PIN, whatever it said of its keys. No try was spent. */
  | 'KEYPAD_UNUSABLE'
  /** The record of PIN failures cannot be written, so no PIN is presented. */
  | 'STORAGE_FAILED';

export interface CardErrorOptions extends ErrorOptions {
  /** A card stack is sure that it failed before the PIN left it: no try was spent. */
  readonly pinNotPresented?: boolean;
}

/** Every failure of a card operation. `triesLeft` is set for the PIN codes. `detail` goes to the log only. */
export class CardError extends Error {
  override readonly name = 'CardError';
  readonly code: CardErrorCode;
  readonly detail: string;
  readonly triesLeft: Tries | undefined;
  readonly pinNotPresented: boolean;

  constructor(code: CardErrorCode, detail: string, triesLeft?: Tries, options?: CardErrorOptions) {
    super(`${code}: ${detail}`, options);
    this.code = code;
    this.detail = detail;
    this.triesLeft = triesLeft;
    this.pinNotPresented = options?.pinNotPresented ?? false;
  }
}

/** One PIN as one person types it, for one card, with the bounds of its use. */
export interface PinEntry {
  readonly certificateSha256: CertificateSha256;
  /**
   * What the PIN was asked for; `signing` where nothing is said. The certificate's key has to be for the same, or no
   * PIN is taken: a login never yields the signature of a document, and the window of a document never one of a login.
   */
  readonly purpose?: KeyPurpose;
  /**
   * ASCII bytes. The host takes them over and zeroes its copies; the caller zeroes its own. `keypad`: the person enters it
   * on the reader's own keys, anew for each signature; only where the card's place says so.
   */
  readonly pin: Uint8Array | 'keypad';
  readonly maxSignatures: number;
  readonly lifetimeMs: number;
  /** The person was told how few tries are left and chose to go on. */
  readonly spendLastTries: boolean;
}

/** What a person typed, and chose: bytes as in {@link PinEntry.pin}. */
export interface TypedPin {
  readonly pin: Uint8Array;
  readonly spendLastTries: boolean;
}

/** A PIN that is still to be typed: what is known of it before. */
export type PinOrder = Omit<PinEntry, 'pin' | 'spendLastTries'>;

export type PinSessionId = string;

export interface PinTries {
  readonly triesLeft: Tries;
  /** Consecutive failures that this agent itself has seen for the card, kept across restarts. */
  readonly failuresSeen: number;
  /** The next try needs `spendLastTries`: two or fewer are left, or so many as failures were seen may be. */
  readonly consentNeeded: boolean;
}

/** A card that a module owns: the reader as the module names it, and the certificate (DER) that the card must show. */
export interface CounterOrder {
  readonly reader: string;
  readonly certificate: Uint8Array;
}

/** Reads a card's PIN counter past the module that owns the card. Never throws: what is not sure is `unknown`. */
export type ReadCounter = (order: CounterOrder) => Promise<Tries>;

export function isStarting(state: CardStackState): boolean {
  return state.service === 'unavailable' && state.starting === true;
}

export interface CardHost {
  state(): CardStackState;
  /** The first look is still under way somewhere, so that {@link state} says less than will be known in a moment. */
  isStarting(): boolean;
  /** Calls back at every change, not at once. Returns the unsubscribe function. */
  subscribe(listener: (state: CardStackState) => void): () => void;

  /** Reads the counter. Never presents a PIN. Throws {@link CardError}. */
  pinTries(card: CertificateSha256): Promise<PinTries>;

  /** Takes a PIN over without presenting it: the first {@link sign} does, exactly once. */
  holdPin(entry: PinEntry): Promise<PinSessionId>;

  /**
   * As {@link holdPin}, with the PIN coming over a port straight from where it is typed: the process that calls this
   * never has it. Resolves when it has come; rejects when the port closes first, or with the signal's reason. Takes
   * the port over. Missing where ports cannot be handed on (plain Node).
   */
  holdPinFrom?(order: PinOrder, port: PinPort, signal: AbortSignal): Promise<PinSessionId>;

  /**
   * RSASSA-PKCS1-v1_5 (RFC 8017 §8.2) over the DigestInfo of a SHA-256 `hash` (32 bytes).
   * The card is re-identified by its certificate in the same transaction. The first refusal of
   * the PIN ends the session. Throws {@link CardError}. With a PIN at the reader's keys this waits for the person; a session
   * that is ended meanwhile signs nothing, whatever is entered.
   */
  sign(session: PinSessionId, hash: Uint8Array): Promise<Uint8Array>;

  endPinSession(session: PinSessionId): Promise<void>;

  /**
   * A person asked to try again after the restart budget was used up. `anew`: the machine has slept, so that contexts and a
   * module's slots may be stale though nothing says so. Nothing is taken from whoever holds a PIN or uses a card now.
   */
  revive(anew?: boolean): Promise<void>;

  close(): Promise<void>;
}
