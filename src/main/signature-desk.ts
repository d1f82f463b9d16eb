import type { BindingView, CardNeed, CardView, ConsentQuestion, KeypadWait, PinQuestion, SignatureDialog, SignatureDialogView } from '../agent/ports.ts';
import type { SignatureStep, SignatureView } from '../contract/ipc/signature.ts';
import { showSafely } from '../formats/prescription/display-safety.ts';
import type { PinSessionId, SigningCard } from '../native/host/card-host.ts';
import { DialogDesk, type DialogSurface } from './dialog-desk.ts';
import { pinAnswers } from './pin-answers.ts';
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
}

/** The window of signature requests: which questions it knows, and which answers belong to each. */
export class SignatureDesk extends DialogDesk<Omit<SignatureView, 'step'>, SignatureStep, Answers> {
  readonly #options: SignatureDeskOptions;

  constructor(options: SignatureDeskOptions) {
    const { signed, other } = options.endMs ?? { signed: 1500, other: 15_000 };
    super({
      surface: options.surface,
      onChange: options.onChange,
      paintMs: options.paintMs,
      leaveAfterMs: (ended) => (ended.step === 'ended' && ended.outcome === 'signed' ? signed : other),
      isBusy: ({ step }) => step === 'signing',
    });
    this.#options = options;
  }

  open(request: SignatureDialogView): SignatureDialog {
    const sitting = this.openSitting((dialog) => viewRequest(dialog, request, this.#options.notices()));
    let keypad: KeypadWait | null = null;
    return {
      waitForCard: (need: CardNeed, canAuthenticate, signal) =>
        this.ask<'authenticate'>(sitting, steps.insertCard(need, canAuthenticate), signal, (answer) =>
          canAuthenticate ? { authenticate: () => answer('authenticate') } : {},
        ),
      chooseCard: (cards: readonly CardView[], signal) =>
        this.ask<SigningCard>(sitting, steps.chooseCard(cards), signal, (answer) => ({
          chooseCard: (certificateSha256) => {
            const chosen = cards.find(({ card }) => card.certificateSha256 === certificateSha256);
            if (chosen) answer(chosen.card);
          },
        })),
      confirmBinding: (binding: BindingView, signal) =>
        this.ask<'confirmed'>(sitting, steps.confirmBinding(binding), signal, (answer) => ({ confirmBinding: () => answer('confirmed') })),
      askPin: (question: PinQuestion, hold, signal) =>
        this.ask<PinSessionId>(sitting, steps.pin(question), signal, (answer, fail) => pinAnswers(hold, answer, fail, signal)),
      waitForKeypad: (wait: KeypadWait, signal) => {
        keypad = wait;
        return this.ask<never>(sitting, steps.keypad(wait, false), signal, () => ({}));
      },
      keypadLeft: () => {
        if (keypad) this.show(sitting, steps.keypad(keypad, true));
      },
      askConsent: (question: ConsentQuestion, signal) =>
        this.ask<'confirmed'>(sitting, steps.consent(question), signal, (answer) => ({ consent: () => answer('confirmed') })),
      throwIfLeft: () => this.throwIfLeft(sitting),
      signing: (done, total) => this.show(sitting, steps.signing(done, total)),
      waiting: (names) => this.tell(sitting, { waiting: names.map((name) => showSafely(name)) }),
      close: (end) => (end.outcome === 'other_way' ? this.handOver(sitting) : this.close(sitting, steps.ended(end))),
    };
  }

  chooseCard(dialog: string, certificateSha256: string): void {
    this.question(dialog)?.chooseCard?.(certificateSha256);
  }

  confirmBinding(dialog: string): void {
    this.question(dialog)?.confirmBinding?.();
  }

  consent(dialog: string): void {
    this.question(dialog)?.consent?.();
  }

  /** Instead of a card: remote signing. */
  authenticate(dialog: string): void {
    this.question(dialog)?.authenticate?.();
  }
}
