import { randomUUID } from 'node:crypto';
import { cancelledBy } from '../agent/signing/request-end.ts';
import type { PinPort } from '../native/host/pin-port.ts';
import type { PinAnswers } from './pin-answers.ts';

/** A window for one kind of dialog, as far as it is needed here. */
export interface DialogSurface<View> {
  push(view: View | null): void;
  show(): void;
  hide(): void;
  /** Its page has not painted what it was told to. */
  rebuild(): void;
}

export interface DialogDeskOptions<View, Step> {
  readonly surface: DialogSurface<View>;
  /** A window began or ended to ask. */
  readonly onChange: () => void;
  /** How long a page may take to paint a dialog, ms. */
  readonly paintMs?: number | undefined;
  /** How long a dialog's last step stays on the screen, ms. */
  readonly leaveAfterMs: (ended: Step) => number;
  /** Steps in which nothing can be cancelled any more. */
  readonly isBusy: (step: Step) => boolean;
}

/** What a person can do about the question that is open now: leave it, or one of its own answers. */
type Question<Answers> = { readonly cancel: () => void; readonly fail: (error: Error) => void } & Partial<PinAnswers & Answers>;

/** One dialog, from its opening to the moment when its window may serve the next. */
export interface Sitting<Base, Step, Answers> {
  readonly dialog: string;
  base: Base;
  step: Step | null;
  question: Question<Answers> | null;
  isShown: boolean;
  /** Said between two questions; the next one hears it. */
  end: 'cancelled' | Error | null;
}

/**
 * Every dialog has a last step, `ended`, that says how it ended; one that a person leaves at `keypad` stays, to say that the
 * reader waits on. In `progress` nobody is asked, and the person may leave.
 */
interface StepOf {
  readonly step: string;
}

/**
 * One window for dialogs that come one after another: what it shows is pushed, what a person does comes back with the
 * dialog's id, so that no answer can be meant for another dialog. Each kind of dialog adds its own questions and
 * answers. SECURITY: test/unit/main/signature-desk.test.ts
 */
export abstract class DialogDesk<Base extends object, Step extends StepOf, Answers extends object> {
  readonly #options: DialogDeskOptions<Base & { readonly step: Step }, Step>;
  #sitting: Sitting<Base, Step, Answers> | null = null;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: DialogDeskOptions<Base & { readonly step: Step }, Step>) {
    this.#options = options;
  }

  /** Whether a person is being asked. Whoever may only leave what is under way is not. */
  get isAsking(): boolean {
    const { question = null, step = null } = this.#sitting ?? {};
    return question !== null && step?.step !== 'progress';
  }

  /** What the page should show now. */
  view(): (Base & { readonly step: Step }) | null {
    const sitting = this.#sitting;
    return sitting?.step ? { ...sitting.base, step: sitting.step } : null;
  }

  painted(dialog: string): void {
    const sitting = this.#of(dialog);
    if (!sitting || sitting.isShown) return;
    sitting.isShown = true;
    clearTimeout(this.#timer);
    if (sitting.step?.step === 'ended') this.#leaveLater(sitting, sitting.step);
    this.#options.surface.show();
  }

  cancel(dialog: string): void {
    const sitting = this.#of(dialog);
    if (sitting) this.#cancelOrLeave(sitting);
  }

  /** The person has read how it ended. */
  dismiss(dialog: string): void {
    const sitting = this.#of(dialog);
    if (sitting?.step?.step === 'ended') this.#leave(sitting);
  }

  /** Brings the window to the front, where a person is being asked. */
  raise(): void {
    if (this.#sitting?.isShown === true) this.#options.surface.show();
  }

  /** The person closed the window: as if they had cancelled. */
  cancelOpen(): void {
    if (this.#sitting) this.#cancelOrLeave(this.#sitting);
  }

  /** The screen was locked, the machine sleeps: nobody is there to be told, so the caller and the records are. */
  personLeft(): void {
    if (this.#sitting) this.#cancelOrLeave(this.#sitting, cancelledBy('away'));
  }

  /** The page has died: nobody can answer any more. Whoever asked may ask again. */
  abandon(): void {
    const sitting = this.#sitting;
    if (!sitting) return;
    sitting.isShown = false;
    if (sitting.question) sitting.question.fail(cancelledBy('window'));
    else sitting.end ??= cancelledBy('window');
  }

  /** Makes a channel only where a PIN is being asked for. `connect` gives its far end to the page. */
  openPinPort(dialog: string, connect: () => PinPort): boolean {
    const takePort = this.question(dialog)?.takePort;
    if (takePort === undefined) return false;
    takePort(connect());
    return true;
  }

  /** Lets the reader ask for the PIN on its own keys. */
  useKeypad(dialog: string, spendLastTries: boolean): void {
    this.question(dialog)?.useKeypad?.(spendLastTries);
  }

  /** The agent opens one dialog at a time; should it ever not, the older one is not left without an answer. */
  protected openSitting(base: (dialog: string) => Base): Sitting<Base, Step, Answers> {
    clearTimeout(this.#timer);
    const dialog = randomUUID();
    this.#sitting?.question?.fail(cancelledBy('window'));
    this.#sitting = { dialog, base: base(dialog), step: null, question: null, isShown: false, end: null };
    return this.#sitting;
  }

  /** The question that this dialog's page may answer now. */
  protected question(dialog: string): Question<Answers> | null {
    return this.#of(dialog)?.question ?? null;
  }

  protected ask<Answer>(
    sitting: Sitting<Base, Step, Answers>,
    step: Step,
    signal: AbortSignal,
    answers: (answer: (value: Answer) => void, fail: (error: Error) => void) => Partial<PinAnswers & Answers>,
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
      const fail = (error: Error): void => done(() => reject(error));
      const question: Question<Answers> = {
        ...answers((value) => done(() => resolve(value)), fail),
        cancel: () => done(() => resolve('cancelled')),
        fail,
      };
      signal.addEventListener('abort', () => done(() => resolve('cancelled')), { once: true });
      sitting.question = question;
      this.show(sitting, step);
      this.#options.onChange();
    });
  }

  protected show(sitting: Sitting<Base, Step, Answers>, step: Step): void {
    sitting.step = step;
    if (this.#sitting !== sitting) return;
    this.#options.surface.push(this.view());
    if (!sitting.isShown) this.#expectPaint();
  }

  /** What was said since the last answer; a next question would hear it. */
  protected throwIfLeft({ end }: Sitting<Base, Step, Answers>): void {
    if (end !== null) throw end === 'cancelled' ? cancelledBy('person') : end;
  }

  /** The same step, with something new to say about the dialog. */
  protected tell(sitting: Sitting<Base, Step, Answers>, news: Partial<Base>): void {
    sitting.base = { ...sitting.base, ...news };
    if (this.#sitting === sitting && sitting.step !== null) this.#options.surface.push(this.view());
  }

  /** Shows how it ended; not where the person left, or never saw the dialog. */
  protected close(sitting: Sitting<Base, Step, Answers>, ended: Step): void {
    sitting.question?.fail(cancelledBy('window'));
    if (this.#sitting !== sitting) return;
    if (sitting.end !== null || !sitting.isShown) {
      this.#leave(sitting);
      return;
    }
    this.show(sitting, ended);
    this.#leaveLater(sitting, ended);
  }

  /** Nothing is to be read: another window takes over. */
  protected handOver(sitting: Sitting<Base, Step, Answers>): void {
    sitting.question?.fail(cancelledBy('window'));
    this.#leave(sitting);
  }

  #of(dialog: string): Sitting<Base, Step, Answers> | null {
    return this.#sitting?.dialog === dialog ? this.#sitting : null;
  }

  #cancelOrLeave(sitting: Sitting<Base, Step, Answers>, end: 'cancelled' | Error = 'cancelled'): void {
    if (sitting.step?.step === 'ended') {
      this.#leave(sitting);
      return;
    }
    if (sitting.question) {
      const stays = sitting.step?.step === 'keypad';
      sitting.end = end;
      if (end === 'cancelled') sitting.question.cancel();
      else sitting.question.fail(end);
      if (stays) {
        // Whoever closed the window is still to be told that the reader waits.
        this.raise();
        return;
      }
    } else if (sitting.step === null || !this.#options.isBusy(sitting.step)) sitting.end ??= end;
    this.#options.surface.hide();
  }

  /** A page that does not paint hangs, and nobody sees what waits. */
  #expectPaint(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#options.surface.rebuild(), this.#options.paintMs ?? 10_000).unref();
  }

  #leaveLater(sitting: Sitting<Base, Step, Answers>, ended: Step): void {
    this.#timer = setTimeout(() => this.#leave(sitting), this.#options.leaveAfterMs(ended)).unref();
  }

  #leave(sitting: Sitting<Base, Step, Answers>): void {
    if (this.#sitting !== sitting) return;
    clearTimeout(this.#timer);
    this.#sitting = null;
    this.#options.surface.hide();
    this.#options.surface.push(null);
    this.#options.onChange();
  }
}
