import type { DocumentSummary } from '../formats/prescription/summary.ts';
import type { PinPort } from '../native/host/pin-port.ts';
import type { PinEntry, PinSessionId, PinTries, SigningCard } from '../native/host/card-host.ts';

/** Time, injected. `now` is wall-clock milliseconds since 1970; `monotonic` never jumps. */
export interface Clock {
  now(): number;
  monotonic(): number;
}

/** Who asks. `program` is a label for people, never authority. */
export interface Caller {
  readonly clientId: string;
  readonly clientName: string;
  /** Exact Origin of a web client; null for a native one. */
  readonly origin: string | null;
  /** Path of the program at the other end of the socket, where the platform tells. */
  readonly program: string | null;
}

export interface Staff {
  readonly id: string;
  readonly name: string;
}

/** What a window says about one request while it is open. */
export interface SignatureDialogView {
  readonly caller: Caller;
  readonly staff: Staff;
  readonly documents: readonly {
    readonly id: string;
    readonly summary: DocumentSummary;
    /** Beside those of the CSV, which are the summary's first section. */
    readonly warnings: readonly { readonly ja: string; readonly en: string }[];
  }[];
  /** Other requests that wait for their turn, by caller name. */
  readonly waiting: readonly string[];
}

export type CardNeed =
  | 'no_service'
  | 'no_reader'
  | 'no_card'
  | 'unknown_card'
  | 'card_in_use'
  | 'module_failed'
  | 'other_doctor';

/** The card as a person knows it. */
export interface CardView {
  readonly card: SigningCard;
  readonly name: string;
  readonly role: string | null;
  readonly notAfter: Date;
  readonly daysLeft: number;
}

export interface BindingView {
  readonly staff: Staff;
  /** Doctor or pharmacist as the CSV names them. */
  readonly personInDocument: string;
  readonly card: CardView;
}

export interface PinQuestion {
  readonly card: CardView;
  readonly tries: PinTries;
  /** Why it is asked again, or null the first time. */
  readonly refused: 'incorrect' | null;
  readonly signatures: number;
}

/** Hands a typed PIN to the card host without presenting it. The dialog adds what the person typed and chose. */
export interface HoldPin {
  (typed: Pick<PinEntry, 'pin' | 'spendLastTries'>): Promise<PinSessionId>;
  /** Hands over a port instead, from which the card host takes the PIN itself. Missing where it cannot. */
  readonly fromPort?: (port: PinPort, signal: AbortSignal) => Promise<PinSessionId>;
}

export type DialogOutcome =
  | { readonly outcome: 'signed' }
  | { readonly outcome: 'failed' | 'cancelled' | 'expired'; readonly code: string };

/** One window for one request, card first. Every question ends when its signal aborts. */
export interface SignatureDialog {
  /** Shows what is missing until the signal aborts; resolves only when the person cancels. */
  waitForCard(need: CardNeed, signal: AbortSignal): Promise<'cancelled'>;
  chooseCard(cards: readonly CardView[], signal: AbortSignal): Promise<SigningCard | 'cancelled'>;
  confirmBinding(binding: BindingView, signal: AbortSignal): Promise<'confirmed' | 'cancelled'>;
  /** Consent and PIN in one step: what is signed is in the dialog's view. */
  // eslint-disable-next-line @typescript-eslint/no-redundant-type-constituents -- a session's name is a string; the word says what else may come.
  askPin(question: PinQuestion, hold: HoldPin, signal: AbortSignal): Promise<PinSessionId | 'cancelled'>;
  signing(done: number, total: number): void;
  close(end: DialogOutcome): void;
}

export interface Notice {
  readonly kind: 'signed' | 'warning' | 'problem';
  readonly text: { readonly ja: string; readonly en: string };
}

export interface PairingView {
  readonly code: string;
  readonly clientName: string;
  readonly origin: string | null;
  readonly program: string | null;
  readonly expiresAt: Date;
}

/** How the agent meets a person: Electron windows, a terminal, or a script in tests. */
export interface Prompts {
  openSignature(view: SignatureDialogView): SignatureDialog;
  /** Shows the code until the signal aborts; resolves only when the person refuses. */
  showPairingCode(view: PairingView, signal: AbortSignal): Promise<'refused'>;
  notify(notice: Notice): void;
}

/** Small secrets of the agent itself (its identity key, the audit head). Never a PIN. */
export interface SecretStore {
  /** Where secrets lie, for `doctor`: `plain-file` is only ever used when it says so. */
  readonly protection: 'os-keychain' | 'user-only-file' | 'memory';
  get(name: string): Promise<Uint8Array | undefined>;
  set(name: string, secret: Uint8Array): Promise<void>;
}
