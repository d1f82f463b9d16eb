/** PC/SC as the drivers see it: readers that come and go, and one exclusive transaction at a time. */

export type ReaderPresence = {
  readonly reader: string;
  readonly present: boolean;
  /** Answer To Reset; empty without a card. Shown to people, never used to identify a card. */
  readonly atr: Uint8Array;
  /** Another program holds the card exclusively. */
  readonly exclusive: boolean;
  /** The card does not answer. */
  readonly mute: boolean;
  /** Changes whenever a card was inserted or removed, so that a quick swap is seen. */
  readonly insertion: number;
};

export interface ServiceOutage {
  readonly service: 'unavailable';
  readonly reason: string;
  /** Nobody has looked yet, so the service may well be there. */
  readonly starting?: true;
}

export type SmartCardServiceState =
  | ServiceOutage
  | { readonly service: 'running'; readonly readers: readonly ReaderPresence[] };

export type SmartCardErrorCode =
  | 'SERVICE_UNAVAILABLE'
  | 'READER_UNAVAILABLE'
  | 'CARD_REMOVED'
  | 'CARD_RESET'
  | 'CARD_MUTE'
  | 'SHARING_VIOLATION'
  | 'COMMUNICATION';

/** `status` is the SCARD_* name or number as the platform gave it, for logs. */
export class SmartCardError extends Error {
  override readonly name = 'SmartCardError';
  readonly code: SmartCardErrorCode;
  readonly status: string;

  constructor(code: SmartCardErrorCode, status: string) {
    super(`${code} (${status})`);
    this.code = code;
    this.status = status;
  }
}

/** A VERIFY that the reader completes with what a person enters on its keys. */
export interface KeypadOrder {
  /** CLA INS P1 P2 of the VERIFY. */
  readonly header: Uint8Array;
  /** How many digits the PIN may have. */
  readonly shortest: number;
  readonly longest: number;
  /** How long the reader waits for the person, 1 to 255. */
  readonly timeoutSeconds: number;
}

/** The keys of a reader that presents a PIN by itself: no program sees it. */
export interface Keypad {
  /** SW1 SW2, of the card or of the reader. Throws {@link SmartCardError}. */
  verify(order: KeypadOrder): Promise<Uint8Array>;
}

export interface CardChannel {
  readonly atr: Uint8Array;
  /** One command APDU in, one response APDU (data and SW1 SW2) out. Throws {@link SmartCardError}. */
  transmit(command: Uint8Array): Promise<Uint8Array>;
  /** Undefined where the reader has no keys of its own, or does not say so. Missing where nobody can ask. */
  readonly keypad?: () => Promise<Keypad | undefined>;
  /** The card is reset when the transaction ends, instead of being left as it is: for other programs too. */
  readonly resetCardAtEnd?: () => void;
}

export interface SmartCardService {
  state(): SmartCardServiceState;
  /** Calls back at every change, not at once. Returns the unsubscribe function. */
  subscribe(listener: (state: SmartCardServiceState) => void): () => void;
  /** Connects shared, begins a transaction, runs `work`, ends it and leaves the card as it is, unless `work` says otherwise. */
  transaction<T>(reader: string, work: (card: CardChannel) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}
