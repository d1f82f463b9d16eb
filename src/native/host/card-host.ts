/**
 * The port through which the agent uses cards. A card has one name only: the SHA-256 of its
 * end-entity signing certificate. Slot numbers and reader names are for people to read.
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
}

export type ReaderState =
  | { readonly reader: string; readonly state: 'empty' }
  | { readonly reader: string; readonly state: 'reading' }
  /** A card without an HPKI signing application, or one that does not answer. */
  | { readonly reader: string; readonly state: 'unknown_card'; readonly reason: string }
  /** Another program holds the card exclusively. */
  | { readonly reader: string; readonly state: 'in_use' }
  | { readonly reader: string; readonly state: 'ready'; readonly card: SigningCard };

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
  /** Two or fewer tries are left (or unknown after two failures) and nobody has said to go on. Nothing was presented. */
  | 'PIN_CONSENT_NEEDED'
  /** The PIN session was ended, used up or never held. */
  | 'PIN_SESSION_ENDED'
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

/** One PIN as one person typed it, for one card, with the bounds of its use. */
export interface PinEntry {
  readonly certificateSha256: CertificateSha256;
  /** ASCII bytes. The host takes them over and zeroes its copies; the caller zeroes its own. */
  readonly pin: Uint8Array;
  readonly maxSignatures: number;
  readonly lifetimeMs: number;
  /** The person was told how few tries are left and chose to go on. */
  readonly spendLastTries: boolean;
}

/** A PIN that is still to be typed: what is known of it before. */
export type PinOrder = Omit<PinEntry, 'pin' | 'spendLastTries'>;

export type PinSessionId = string;

export interface PinTries {
  readonly triesLeft: Tries;
  /** Consecutive failures that this agent itself has seen for the card, kept across restarts. */
  readonly failuresSeen: number;
  /** The next try needs `spendLastTries` (two or fewer left, or unknown and two failures seen). */
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
   * the PIN ends the session. Throws {@link CardError}.
   */
  sign(session: PinSessionId, hash: Uint8Array): Promise<Uint8Array>;

  endPinSession(session: PinSessionId): Promise<void>;

  /** A person asked to try again after the restart budget was used up. */
  revive(): Promise<void>;

  close(): Promise<void>;
}
