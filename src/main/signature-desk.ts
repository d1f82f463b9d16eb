import { randomUUID } from 'node:crypto';
import type { BindingView, CardNeed, CardView, DialogOutcome, HoldPin, PinQuestion, SignatureDialog, SignatureDialogView } from '../agent/ports.ts';
import { cancelledBy } from '../agent/signing/request-end.ts';
import type { SignatureStep, SignatureView } from '../contract/ipc.ts';
import type { PinSessionId, SigningCard } from '../native/host/card-host.ts';
import type { PinPort } from '../native/host/pin-port.ts';
import { showSafely } from '../formats/prescription/display-safety.ts';
import { steps, viewRequest } from './signature-view.ts';

/** The signature window, as far as it is needed here. */
export interface SignatureSurface {
  push(view: SignatureView | null): void;
  show(): void;
  hide(): void;
  /** Its page has not painted what it was told to. */
  rebuild(): void;
}

export interface SignatureDeskOptions {
  readonly surface: SignatureSurface;
  /** What a person should know besides the request, at this moment. */
  readonly notices: () => SignatureView['notices'];
  /** A window began or ended to ask. */
  readonly onChange: () => void;
  /** How long a page may take to paint a request, ms. */
  readonly paintMs?: number;
  /** How long the end stays on the screen, ms. */
  readonly endMs?: { readonly signed: number; readonly other: number };
}

/** What a person can do about the question that is open now. */
interface Question {
  readonly cancel: () => void;
  readonly fail: (error: Error) => void;
  readonly chooseCard?: (certificateSha256: string) => void;
  readonly confirm?: () => void;
  readonly takePort?: (port: PinPort) => void;
}

interface Sitting {
  readonly dialog: string;
  view: Omit<SignatureView, 'step'>;
  step: SignatureStep | null;
  question: Question | null;
  isShown: boolean;
  /** Said between two questions; the next one hears it. */
  end: 'cancelled' | Error | null;
}

/**
 * The requests' one window: what it shows is pushed, what a person does comes back with the dialog's id, so that no
 * answer can be meant for another request. SECURITY: test/unit/main/signature-desk.test.ts
 */
export class SignatureDesk {
  readonly #options: SignatureDeskOptions;
  #sitting: Sitting | null = null;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: SignatureDeskOptions) {
    this.#options = options;
  }

  /** Whether a person is being asked. */
  get isAsking(): boolean {
    return (this.#sitting?.question ?? null) !== null;
  }

  open(request: SignatureDialogView): SignatureDialog {
    clearTimeout(this.#timer);
    const dialog = randomUUID();
    const sitting: Sitting = { dialog, view: viewRequest(dialog, request, this.#options.notices()), step: null, question: null, isShown: false, end: null };
    // The agent opens one window at a time; should it ever not, the older request is not left without an answer.
    this.#sitting?.question?.fail(cancelledBy('window'));
    this.#sitting = sitting;
    return {
      waitForCard: (need: CardNeed, signal) => this.#ask<never>(sitting, steps.insertCard(need), signal, () => ({})),
      chooseCard: (cards: readonly CardView[], signal) =>
        this.#ask<SigningCard>(sitting, steps.chooseCard(cards), signal, (answer) => ({
          chooseCard: (certificateSha256) => {
            const chosen = cards.find(({ card }) => card.certificateSha256 === certificateSha256);
            if (chosen) answer(chosen.card);
          },
        })),
      confirmBinding: (binding: BindingView, signal) =>
        this.#ask<'confirmed'>(sitting, steps.confirmBinding(binding), signal, (answer) => ({ confirm: () => answer('confirmed') })),
      askPin: (question: PinQuestion, hold, signal) =>
        this.#ask<PinSessionId>(sitting, steps.pin(question), signal, (answer, fail) => ({ takePort: portTaker(hold, answer, fail, signal) })),
      // No page asks for it yet, and what nobody was asked nobody agreed to.
      askConsent: () => Promise.resolve('cancelled'),
      signing: (done, total) => this.#show(sitting, steps.signing(done, total)),
      waiting: (names) => this.#tellWaiting(sitting, names),
      close: (end) => this.#close(sitting, end),
    };
  }

  /** What the page should show now. */
  view(): SignatureView | null {
    const sitting = this.#sitting;
    if (!sitting?.step) return null;
    return { ...sitting.view, step: sitting.step };
  }

  painted(dialog: string): void {
    const sitting = this.#of(dialog);
    if (!sitting || sitting.isShown) return;
    sitting.isShown = true;
    clearTimeout(this.#timer);
    if (sitting.step?.step === 'ended') this.#leaveLater(sitting, sitting.step.outcome === 'signed');
    this.#options.surface.show();
  }

  cancel(dialog: string): void {
    const sitting = this.#of(dialog);
    if (!sitting) return;
    if (sitting.step?.step === 'ended') this.#leave(sitting);
    else this.#cancel(sitting);
  }

  /** The person has read how it ended. */
  dismiss(dialog: string): void {
    const sitting = this.#of(dialog);
    if (sitting?.step?.step === 'ended') this.#leave(sitting);
  }

  chooseCard(dialog: string, certificateSha256: string): void {
    this.#of(dialog)?.question?.chooseCard?.(certificateSha256);
  }

  confirmBinding(dialog: string): void {
    this.#of(dialog)?.question?.confirm?.();
  }

  /** Makes a channel only where a PIN is being asked for. `connect` gives its far end to the page. */
  openPinPort(dialog: string, connect: () => PinPort): boolean {
    const takePort = this.#of(dialog)?.question?.takePort;
    if (takePort === undefined) return false;
    takePort(connect());
    return true;
  }

  /** Brings the window to the front, where a person is being asked. */
  raise(): void {
    if (this.#sitting?.isShown === true) this.#options.surface.show();
  }

  /** The screen was locked, the machine sleeps, the person closed the window: as if they had cancelled. */
  cancelOpen(): void {
    const sitting = this.#sitting;
    if (!sitting) return;
    if (sitting.step?.step === 'ended') this.#leave(sitting);
    else this.#cancel(sitting);
  }

  /** The page has died: nobody can answer any more. The EHR may ask again. */
  abandon(): void {
    const sitting = this.#sitting;
    if (!sitting) return;
    sitting.isShown = false;
    if (sitting.question) sitting.question.fail(cancelledBy('window'));
    else sitting.end ??= cancelledBy('window');
  }

  #of(dialog: string): Sitting | null {
    return this.#sitting?.dialog === dialog ? this.#sitting : null;
  }

  #cancel(sitting: Sitting): void {
    if (sitting.question) sitting.question.cancel();
    else if (sitting.step?.step !== 'signing') sitting.end ??= 'cancelled';
    this.#options.surface.hide();
  }

  #ask<Answer>(
    sitting: Sitting,
    step: SignatureStep,
    signal: AbortSignal,
    answers: (answer: (value: Answer) => void, fail: (error: Error) => void) => Pick<Question, 'chooseCard' | 'confirm' | 'takePort'>,
  ): Promise<Answer | 'cancelled'> {
    if (sitting.end instanceof Error) return Promise.reject(sitting.end);
    if (sitting.end !== null || signal.aborted) return Promise.resolve('cancelled');
    return new Promise((resolve, reject) => {
      const done = (settle: () => void) => {
        if (sitting.question !== question) return;
        sitting.question = null;
        this.#options.onChange();
        settle();
      };
      const answer = (value: Answer): void => done(() => resolve(value));
      const fail = (error: Error): void => done(() => reject(error));
      const question: Question = {
        ...answers(answer, fail),
        cancel: () =>
          done(() => {
            sitting.end = 'cancelled';
            resolve('cancelled');
          }),
        fail,
      };
      signal.addEventListener('abort', () => done(() => resolve('cancelled')), { once: true });
      sitting.question = question;
      this.#show(sitting, step);
      this.#options.onChange();
    });
  }

  #show(sitting: Sitting, step: SignatureStep): void {
    sitting.step = step;
    if (this.#sitting !== sitting) return;
    this.#options.surface.push(this.view());
    if (!sitting.isShown) this.#expectPaint();
  }

  #tellWaiting(sitting: Sitting, names: readonly string[]): void {
    sitting.view = { ...sitting.view, waiting: names.map((name) => showSafely(name)) };
    if (this.#sitting === sitting && sitting.step !== null) this.#options.surface.push(this.view());
  }

  /** A page that does not paint hangs, and nobody sees what waits. */
  #expectPaint(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#options.surface.rebuild(), this.#options.paintMs ?? 10_000).unref();
  }

  #close(sitting: Sitting, end: DialogOutcome): void {
    sitting.question?.fail(cancelledBy('window'));
    if (this.#sitting !== sitting) return;
    if (sitting.end !== null || !sitting.isShown) {
      this.#leave(sitting);
      return;
    }
    this.#show(sitting, steps.ended(end));
    this.#leaveLater(sitting, end.outcome === 'signed');
  }

  #leaveLater(sitting: Sitting, isSigned: boolean): void {
    const { signed, other } = this.#options.endMs ?? { signed: 1500, other: 15_000 };
    this.#timer = setTimeout(() => this.#leave(sitting), isSigned ? signed : other).unref();
  }

  #leave(sitting: Sitting): void {
    if (this.#sitting !== sitting) return;
    clearTimeout(this.#timer);
    this.#sitting = null;
    this.#options.surface.hide();
    this.#options.surface.push(null);
    this.#options.onChange();
  }
}

/** Takes ports one after another: a new one ends the one before it, and only the last can answer. */
function portTaker(hold: HoldPin, answer: (session: PinSessionId) => void, fail: (error: Error) => void, signal: AbortSignal): (port: PinPort) => void {
  let current: AbortController | undefined;
  return (port) => {
    current?.abort(new Error('another port took its place'));
    const mine = (current = new AbortController());
    const holding = hold.fromPort?.(port, AbortSignal.any([signal, mine.signal]));
    if (holding === undefined) {
      port.close();
      fail(new Error('the card host takes no ports'));
      return;
    }
    holding.then(
      (session) => answer(session),
      (error: unknown) => {
        if (!mine.signal.aborted && !signal.aborted) fail(error instanceof Error ? error : new Error('the PIN was not taken'));
      },
    );
  };
}
