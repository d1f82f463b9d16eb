import type { SessionMethod } from '../contract/api.ts';
import type { Problem } from '../contract/problem.ts';
import type { DocumentSummary } from '../formats/prescription/summary.ts';
import type { PinPort } from '../native/host/pin-port.ts';
import type { PinSessionId, PinTries, SigningCard, TypedPin } from '../native/host/card-host.ts';
import type { LoginPage, PhoneCode } from './remote/remote-provider.ts';

export type { LoginPage, PhoneCode } from './remote/remote-provider.ts';

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
  /** What concerns the whole request and not one document: a clock that contradicts it. */
  readonly notices: readonly { readonly ja: string; readonly en: string }[];
}

export type CardNeed =
  | 'no_service'
  | 'no_reader'
  | 'no_card'
  /** It was there, and is asked for again for a moment. */
  | 'card_removed'
  | 'unknown_card'
  | 'card_in_use'
  | 'module_failed'
  | 'other_doctor';

/** A signing certificate as a person knows it. */
export interface CertificateView {
  readonly name: string;
  readonly role: string | null;
  readonly notAfter: Date;
  readonly daysLeft: number;
}

/** The card as a person knows it. */
export interface CardView extends CertificateView {
  readonly card: SigningCard;
}

export interface BindingView {
  readonly staff: Staff;
  /** Doctor or pharmacist as the CSV names them. */
  readonly personInDocument: string;
  readonly certificate: CertificateView & { readonly certificateSha256: string };
  /** Where the certificate's key is: a card in a reader, or the cloud of a provider. */
  readonly place: { readonly kind: 'card'; readonly reader: string } | { readonly kind: 'cloud'; readonly provider: string };
}

/** Consent without a PIN: the person has authenticated before, and the cloud signs. What is signed is in the dialog's view. */
export interface ConsentQuestion {
  /** Policy asks for it each time, or so much was signed that a person looks again. */
  readonly why: 'policy' | 'bound_reached';
  /** Ids of the documents that this answer is about: all of the request, or one after another. */
  readonly documents: readonly string[];
  readonly session: { readonly method: SessionMethod; readonly until: Date };
}

/**
 * Why a PIN is asked for again: it was wrong, or none came from the reader's own keys. Then no try was spent; of `keypad_cancelled`
 * only the counter says so. Where it cannot be read, that is on record as a failure: a module has that one word for more than
 * the Cancel key.
 */
export type PinRefusal = 'incorrect' | 'keypad_cancelled' | 'keypad_timed_out' | 'keypad_refused' | 'keypad_unusable';

export interface PinQuestion {
  readonly card: CardView;
  readonly tries: PinTries;
  /** Null the first time. */
  readonly refused: PinRefusal | null;
  readonly signatures: number;
}

/** Hands a typed PIN to the card host without presenting it. The dialog adds what the person typed and chose. */
export interface HoldPin {
  (typed: TypedPin): Promise<PinSessionId>;
  /** Hands over a port instead, from which the card host takes the PIN itself. Missing where it cannot. */
  readonly fromPort?: (port: PinPort, signal: AbortSignal) => Promise<PinSessionId>;
  /** The person will enter it on the reader's own keys. Missing where the card's reader has none, or policy says no. */
  readonly atReader?: (chosen: Pick<TypedPin, 'spendLastTries'>) => Promise<PinSessionId>;
}

/** The reader waits at its own keys, once for each document. */
export interface KeypadWait {
  readonly card: CardView;
  readonly done: number;
  readonly total: number;
}

export type DialogOutcome =
  | { readonly outcome: 'signed' }
  /** Nothing is to be read: the request goes on in another window. */
  | { readonly outcome: 'other_way' }
  | {
      readonly outcome: 'failed' | 'cancelled' | 'expired';
      readonly code: string;
      /** Who or what ended it, where the code alone does not tell. */
      readonly detail: { readonly ja: string; readonly en: string } | null;
    };

/** One window for one request, card first. Every question ends when its signal aborts. */
export interface SignatureDialog {
  /**
   * Shows what is missing until the signal aborts; resolves only when the person cancels or, where `canAuthenticate`, goes to
   * remote signing instead.
   */
  waitForCard(need: CardNeed, canAuthenticate: boolean, signal: AbortSignal): Promise<'authenticate' | 'cancelled'>;
  chooseCard(cards: readonly CardView[], signal: AbortSignal): Promise<SigningCard | 'cancelled'>;
  confirmBinding(binding: BindingView, signal: AbortSignal): Promise<'confirmed' | 'cancelled'>;
  /** Consent and PIN in one step: what is signed is in the dialog's view. */
  // eslint-disable-next-line @typescript-eslint/no-redundant-type-constituents -- a session's name is a string; the word says what else may come.
  askPin(question: PinQuestion, hold: HoldPin, signal: AbortSignal): Promise<PinSessionId | 'cancelled'>;
  /** Remote signing, where no PIN is typed. */
  askConsent(question: ConsentQuestion, signal: AbortSignal): Promise<'confirmed' | 'cancelled'>;
  /** Says that the reader waits for the PIN, until the signal aborts; resolves only when the person cancels here. */
  waitForKeypad(wait: KeypadWait, signal: AbortSignal): Promise<'cancelled'>;
  /** Nobody wants the signature any more, and the reader still waits: nothing but the person, the card or time ends that. */
  keypadLeft(): void;
  /** Throws why the person has left since the last answer, while nothing was asked (RequestStopped). */
  throwIfLeft(): void;
  signing(done: number, total: number): void;
  /** Others came to wait behind this request, or left: their names, in order. */
  waiting(names: readonly string[]): void;
  close(end: DialogOutcome): void;
}

/** What the authentication window says while it is open: who authenticates, at whose wish, and where. */
export interface AuthenticationDialogView {
  readonly caller: Caller;
  readonly staff: Staff;
  /** As the client certificate names the facility, whose name the phone's page shows; null where there is none. */
  readonly facility: string | null;
  /** As the phone's page names this terminal too, so that the two can be compared. */
  readonly terminal: string;
  /** How many documents wait for it; none where the EHR authenticates ahead of time. */
  readonly documents: number;
  /** A card of this person may sign instead: one click away in every step. */
  readonly canUseCard: boolean;
  /** More than one method to choose from. */
  readonly methods: readonly SessionMethod[];
  /** Those that policy offers and the provider's login page cannot use here: the window says why they are missing. */
  readonly hiddenMethods: readonly SessionMethod[];
}

/** Where a person goes who leaves a step of the authentication. `other_method` only where there are several. */
export type AuthenticationExit = 'other_method' | 'use_card' | 'cancelled';

export interface MethodQuestion {
  /** In the order of policy, at least one. */
  readonly methods: readonly SessionMethod[];
  /** The EHR's wish, or what served last. Shown first, never begun without a click (RFC 8628 §5.4). */
  readonly suggested: SessionMethod;
  /** Why the attempt before did not succeed; null the first time. */
  readonly problem: Problem | null;
}

/** What is missing before a card can authenticate. `several_cards`: all but one are to be taken out. */
export type AuthenticationCardNeed = CardNeed | 'several_cards';

/** A card that authenticates, as a person knows it. A My Number card's certificate names nobody: then `name` is null. */
export interface AuthenticationCardView {
  readonly kind: 'hpki' | 'jpki';
  readonly certificateSha256: string;
  readonly reader: string;
  readonly name: string | null;
  /** The reader takes the PIN on its own keys. */
  readonly hasKeypad: boolean;
}

export interface AuthenticationPinQuestion {
  readonly card: AuthenticationCardView;
  readonly tries: PinTries;
  readonly refused: PinRefusal | null;
}

/** A provider's own login page. */
export interface LoginQuestion {
  readonly page: LoginPage;
  /** TLS client authentication: the one certificate that the window may pick, by its SHA-256. */
  readonly certificateSha256: string | null;
}

export type AuthenticationOutcome =
  | { readonly outcome: 'authenticated'; readonly method: SessionMethod; readonly until: Date }
  /** The person signs with the card instead. */
  | { readonly outcome: 'use_card' }
  | { readonly outcome: 'failed' | 'cancelled' | 'expired'; readonly problem: Problem };

/**
 * One window for one authentication. Questions come one after another, and each ends when its signal aborts. Between
 * them, {@link AuthenticationDialog.progress} says what is under way, and can be left as they can.
 */
export interface AuthenticationDialog {
  chooseMethod(question: MethodQuestion, signal: AbortSignal): Promise<SessionMethod | Exclude<AuthenticationExit, 'other_method'>>;
  /** Shows code, number and countdown until the signal aborts; resolves only when the person leaves. */
  showCode(code: PhoneCode, signal: AbortSignal): Promise<AuthenticationExit>;
  /** Nobody used the code in time. `again` is the click that makes a new one. */
  codeRanOut(signal: AbortSignal): Promise<'again' | AuthenticationExit>;
  /** As in the signature window: until the signal aborts, or the person leaves. */
  waitForCard(kind: 'hpki' | 'jpki', need: AuthenticationCardNeed, signal: AbortSignal): Promise<AuthenticationExit>;
  // eslint-disable-next-line @typescript-eslint/no-redundant-type-constituents -- a session's name is a string; the words say what else may come.
  askPin(question: AuthenticationPinQuestion, hold: HoldPin, signal: AbortSignal): Promise<PinSessionId | AuthenticationExit>;
  /** Resolves with the address at which the page ended, query included: exactly the redirect address, before it is fetched. */
  showLogin(question: LoginQuestion, signal: AbortSignal): Promise<URL | AuthenticationExit>;
  /** Says that the reader waits for the PIN at its own keys, until the signal aborts; resolves only when the person leaves. */
  waitForKeypad(card: AuthenticationCardView, signal: AbortSignal): Promise<AuthenticationExit>;
  /** As {@link SignatureDialog.keypadLeft}. */
  keypadLeft(card: AuthenticationCardView): void;
  /** Until the signal aborts; resolves only when the person leaves: what they left must open no session. */
  progress(step: 'contacting' | 'checking', signal: AbortSignal): Promise<AuthenticationExit>;
  close(end: AuthenticationOutcome): void;
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
  /** Whether a provider's login page, where it is shown here, can use the key of a card. */
  readonly loginPageTakesCards: boolean;
  openSignature(view: SignatureDialogView): SignatureDialog;
  openAuthentication(view: AuthenticationDialogView): AuthenticationDialog;
  /** Shows the code until the signal aborts, with a PairingEnd for its reason; resolves only when the person refuses. */
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
