import type { CardKind, KeyPurpose } from '../host/card-host.ts';
import type { KeypadEntry } from '../host/keypad.ts';
import type { CardSession } from './card-session.ts';
import type { CardTraits } from './card-traits.ts';
import type { CounterReading } from './status-words.ts';

/** One signature that a person's PIN pays for. */
export interface KeyUse {
  /** Of the form that this kind of card takes. Not zeroed here: it is the caller's. Or the reader asks the person for it. */
  readonly pin: Uint8Array | KeypadEntry;
  /** SHA-256, 32 bytes. */
  readonly hash: Uint8Array;
  /** Called right before a PIN leaves for the card: from here on a try may be spent. */
  readonly presenting: () => void;
}

/**
 * A key on a card as its driver reaches it, each call inside one transaction. Every method throws CardError and passes
 * SmartCardErrors.
 */
export interface CardKey {
  readonly purpose: KeyPurpose;
  readonly kind: CardKind;
  /** DER, as it was read. */
  readonly certificate: Uint8Array;
  /** CA and root certificates found beside it, DER. */
  readonly chain: readonly Uint8Array[];
  /** What was learned of the card. */
  readonly traits: CardTraits;
  /** SELECTs the key's application anew and sees that it still shows this certificate. */
  isThere(session: CardSession): Promise<boolean>;
  /** Its PIN's try counter, by a VERIFY without data, which presents nothing (ISO/IEC 7816-4 §11.6.6). After {@link isThere}. */
  readTries(session: CardSession): Promise<CounterReading>;
  /** VERIFY and signature, of a value that was verified with the certificate's key. After {@link isThere}. */
  sign(session: CardSession, use: KeyUse): Promise<Uint8Array>;
  /**
   * Ends what VERIFY has opened. An authentication key signs on without a PIN until its application is left, for any
   * program that can reach the reader; a signing key asks for the PIN each time and needs no such thing.
   */
  closePin?(session: CardSession): Promise<void>;
}
