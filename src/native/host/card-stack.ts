import type { CardStackState, CertificateSha256, ReadCounter, Tries } from './card-host.ts';
import type { KeypadEntry } from './keypad.ts';

/**
 * One way to reach cards: PC/SC with our own HPKI driver, or one PKCS#11 module. It lives in the
 * card host's process and knows no PIN rules: those stand once, in the host, above every stack.
 */
export interface CardStack {
  state(): CardStackState;
  subscribe(listener: (state: CardStackState) => void): () => void;

  /** Reads the try counter without presenting a PIN; `unknown` where the card does not tell. */
  triesLeft(card: CertificateSha256): Promise<Tries>;

  /** For the cards of other stacks, which have no counter of their own: where this stack reaches them. */
  readonly readCounter?: ReadCounter;

  /**
   * Presents the PIN exactly once and signs one hash in one transaction, after it has re-read the
   * certificate in that transaction. Throws CardError. A failure counts as a spent try
   * unless the error says `pinNotPresented`, whatever its code. `pin` is valid during the call only. With a
   * {@link KeypadEntry} the reader asks the person for it, once.
   */
  sign(card: CertificateSha256, pin: Uint8Array | KeypadEntry, hash: Uint8Array): Promise<Uint8Array>;

  /** The last PIN session ended. A stack whose library may still hold the PIN asks for its process to be replaced. */
  pinSessionsEnded(): 'keep' | 'replace_process';

  close(): Promise<void>;
}
