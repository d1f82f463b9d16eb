import type { BindingView, CardNeed, CardView, ConsentQuestion, KeypadWait, PinQuestion, SignatureDialog, SignatureDialogView } from '../agent/ports.ts';
import type { SignatureStep, SignatureView } from '../contract/ipc/signature.ts';
import { cancelledBy } from '../agent/signing/request-end.ts';
import { showSafely } from '../formats/prescription/display-safety.ts';
import type { PinSessionId, SigningCard } from '../native/host/card-host.ts';
import type { PinPort } from '../native/host/pin-port.ts';
import { DialogDesk, keypadUser, portTaker, type DialogSurface } from './dialog-desk.ts';
import { steps, viewRequest } from './signature-view.ts';

export interface SignatureDeskOptions {
  readonly surface: DialogSurface<SignatureView>;
  /** What a person should know besides the request, at this moment. */
  readonly notices: () => SignatureView['notices'];
  /** A window began or ended to ask. */
  readonly onChange: () => void;
  /** How long a page may take to paint a request, ms. */
  readonly paintMs?: number;
  /** How long the end stays on the screen, ms. */
  readonly endMs?: { readonly signed: number; readonly other: number };
}

interface Answers {
  readonly chooseCard: (certificateSha256: string) => void;
  readonly confirmBinding: () => void;
  readonly consent: () => void;
  readonly authenticate: () => void;
  readonly takePort: (port: PinPort) => void;
  readonly useKeypad: (spendLastTries: boolean) => void;
}

/** The window of signature requests: which questions it knows, and which answers belong to each. */
export class SignatureDesk {
  readonly #options: SignatureDeskOptions;
  readonly #desk: DialogDesk<Omit<SignatureView, 'step'>, SignatureStep, Answers>;

  constructor(options: SignatureDeskOptions) {
    const { signed, other } = options.endMs ?? { signed: 1500, other: 15_000 };
    this.#options = options;
    this.#desk = new DialogDesk({
      surface: options.surface,
      onChange: options.onChange,
      paintMs: options.paintMs,
      leaveAfterMs: (ended) => (ended.step === 'ended' && ended.outcome === 'signed' ? signed : other),
      isBusy: ({ step }) => step === 'signing',
      staysWhenLeft: ({ step }) => step === 'keypad',
    });
  }

  get isAsking(): boolean {
    return this.#desk.isAsking;
  }

  open(request: SignatureDialogView): SignatureDialog {
    const desk = this.#desk;
    const sitting = desk.open((dialog) => viewRequest(dialog, request, this.#options.notices()));
    let keypad: KeypadWait | null = null;
    return {
      waitForCard: (need: CardNeed, canAuthenticate, signal) =>
        desk.ask<'authenticate'>(sitting, steps.insertCard(need, canAuthenticate), signal, (answer) =>
          canAuthenticate ? { authenticate: () => answer('authenticate') } : {},
        ),
      chooseCard: (cards: readonly CardView[], signal) =>
        desk.ask<SigningCard>(sitting, steps.chooseCard(cards), signal, (answer) => ({
          chooseCard: (certificateSha256) => {
            const chosen = cards.find(({ card }) => card.certificateSha256 === certificateSha256);
            if (chosen) answer(chosen.card);
          },
        })),
      confirmBinding: (binding: BindingView, signal) =>
        desk.ask<'confirmed'>(sitting, steps.confirmBinding(binding), signal, (answer) => ({ confirmBinding: () => answer('confirmed') })),
      askPin: (question: PinQuestion, hold, signal) =>
        desk.ask<PinSessionId>(sitting, steps.pin(question), signal, (answer, fail) => ({
          takePort: portTaker(hold, answer, fail, signal),
          useKeypad: keypadUser(hold, answer, fail, signal),
        })),
      waitForKeypad: (wait: KeypadWait, signal) => {
        keypad = wait;
        return desk.ask<never>(sitting, steps.keypad(wait, false), signal, () => ({}));
      },
      keypadLeft: () => {
        if (keypad) desk.show(sitting, steps.keypad(keypad, true));
      },
      askConsent: (question: ConsentQuestion, signal) =>
        desk.ask<'confirmed'>(sitting, steps.consent(question), signal, (answer) => ({ consent: () => answer('confirmed') })),
      signing: (done, total) => desk.show(sitting, steps.signing(done, total)),
      waiting: (names) => desk.tell(sitting, { waiting: names.map((name) => showSafely(name)) }),
      close: (end) => (end.outcome === 'other_way' ? desk.handOver(sitting) : desk.close(sitting, steps.ended(end))),
    };
  }

  /** What the page should show now. */
  view(): SignatureView | null {
    return this.#desk.view();
  }

  painted(dialog: string): void {
    this.#desk.painted(dialog);
  }

  cancel(dialog: string): void {
    this.#desk.cancel(dialog);
  }

  /** The person has read how it ended. */
  dismiss(dialog: string): void {
    this.#desk.dismiss(dialog);
  }

  chooseCard(dialog: string, certificateSha256: string): void {
    this.#desk.question(dialog)?.chooseCard?.(certificateSha256);
  }

  confirmBinding(dialog: string): void {
    this.#desk.question(dialog)?.confirmBinding?.();
  }

  consent(dialog: string): void {
    this.#desk.question(dialog)?.consent?.();
  }

  /** Instead of a card: remote signing. */
  authenticate(dialog: string): void {
    this.#desk.question(dialog)?.authenticate?.();
  }

  /** Makes a channel only where a PIN is being asked for. `connect` gives its far end to the page. */
  openPinPort(dialog: string, connect: () => PinPort): boolean {
    const takePort = this.#desk.question(dialog)?.takePort;
    if (takePort === undefined) return false;
    takePort(connect());
    return true;
  }

  /** Lets the reader ask for the PIN on its own keys. */
  useKeypad(dialog: string, spendLastTries: boolean): void {
    this.#desk.question(dialog)?.useKeypad?.(spendLastTries);
  }

  raise(): void {
    this.#desk.raise();
  }

  /** The person closed the window. */
  cancelOpen(): void {
    this.#desk.cancelOpen();
  }

  /** The screen was locked, the machine sleeps: nobody is there to be told, so the caller and the records are. */
  personLeft(): void {
    this.#desk.cancelOpen(cancelledBy('away'));
  }

  /** The page has died. */
  abandon(): void {
    this.#desk.abandon();
  }
}
