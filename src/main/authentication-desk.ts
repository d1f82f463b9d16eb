import type { AuthenticationDialog, AuthenticationDialogView, AuthenticationExit } from '../agent/ports.ts';
import { cancelledBy } from '../agent/signing/request-end.ts';
import type { AuthenticationStep, AuthenticationView } from '../contract/ipc/authentication.ts';
import type { SessionMethod } from '../contract/api.ts';
import type { PinSessionId } from '../native/host/card-host.ts';
import type { PinPort } from '../native/host/pin-port.ts';
import { authenticationSteps as steps, viewAuthentication } from './authentication-view.ts';
import { DialogDesk, keypadUser, portTaker, type DialogSurface } from './dialog-desk.ts';
import type { OpenLoginWindow } from './login-window.ts';

export interface AuthenticationDeskOptions {
  readonly surface: DialogSurface<AuthenticationView>;
  /** Shows a provider's own login page in a window beside. */
  readonly openLogin: OpenLoginWindow;
  readonly onChange: () => void;
  readonly paintMs?: number;
  /** How long the end stays on the screen, ms. */
  readonly endMs?: { readonly well: number; readonly other: number };
}

interface Answers {
  readonly begin: (method: SessionMethod) => void;
  readonly again: () => void;
  readonly leave: (exit: AuthenticationExit) => void;
  readonly takePort: (port: PinPort) => void;
  readonly useKeypad: (spendLastTries: boolean) => void;
}

/** The window of authentications for remote signing: which questions it knows, and which answers belong to each. */
export class AuthenticationDesk {
  readonly #options: AuthenticationDeskOptions;
  readonly #desk: DialogDesk<Omit<AuthenticationView, 'step'>, AuthenticationStep, Answers>;

  constructor(options: AuthenticationDeskOptions) {
    const { well, other } = options.endMs ?? { well: 2500, other: 15_000 };
    this.#options = options;
    this.#desk = new DialogDesk({
      surface: options.surface,
      onChange: options.onChange,
      paintMs: options.paintMs,
      leaveAfterMs: (ended) => leaveAfterMs(ended, well, other),
      isBusy: () => false,
      staysWhenLeft: ({ step }) => step === 'keypad',
    });
  }

  get isAsking(): boolean {
    return this.#desk.isAsking;
  }

  open(view: AuthenticationDialogView): AuthenticationDialog {
    const desk = this.#desk;
    const sitting = desk.open((dialog) => viewAuthentication(dialog, view));
    type Exit = Exclude<AuthenticationExit, 'cancelled'>;
    const leaving = (answer: (value: Exit) => void): Pick<Answers, 'leave'> => ({
      leave: (exit) => {
        const isOffered = exit === 'use_card' ? view.canUseCard : view.methods.length > 1;
        if (exit !== 'cancelled' && isOffered) answer(exit);
      },
    });
    return {
      chooseMethod: (question, signal) =>
        desk.ask<SessionMethod | 'use_card'>(sitting, steps.chooseMethod(question), signal, (answer) => ({
          begin: (method) => {
            if (question.methods.includes(method)) answer(method);
          },
          leave: (exit) => {
            if (exit === 'use_card' && view.canUseCard) answer(exit);
          },
        })),
      showCode: (code, signal) => desk.ask<Exit>(sitting, steps.code(code), signal, leaving),
      codeRanOut: (signal) =>
        desk.ask<'again' | Exit>(sitting, steps.codeRanOut, signal, (answer) => ({ ...leaving(answer), again: () => answer('again') })),
      waitForCard: (kind, need, signal) => desk.ask<Exit>(sitting, steps.insertCard(kind, need), signal, leaving),
      askPin: (question, hold, signal) =>
        desk.ask<PinSessionId>(sitting, steps.pin(question), signal, (answer, fail) => ({
          ...leaving(answer),
          takePort: portTaker(hold, answer, fail, signal),
          useKeypad: keypadUser(hold, answer, fail, signal),
        })),
      waitForKeypad: (card, signal) => desk.ask<Exit>(sitting, steps.keypad(card, false), signal, leaving),
      keypadLeft: (card) => desk.show(sitting, steps.keypad(card, true)),
      showLogin: async (question, signal) => {
        const closing = new AbortController();
        const page = this.#options.openLogin(question, AbortSignal.any([signal, closing.signal]));
        try {
          return await Promise.race([desk.ask<Exit>(sitting, steps.login, signal, leaving), page]);
        } finally {
          closing.abort();
        }
      },
      progress: (doing) => desk.show(sitting, steps.progress(doing)),
      close: (end) => desk.close(sitting, steps.ended(end)),
    };
  }

  view(): AuthenticationView | null {
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

  begin(dialog: string, method: SessionMethod): void {
    this.#desk.question(dialog)?.begin?.(method);
  }

  again(dialog: string): void {
    this.#desk.question(dialog)?.again?.();
  }

  leave(dialog: string, exit: Exclude<AuthenticationExit, 'cancelled'>): void {
    this.#desk.question(dialog)?.leave?.(exit);
  }

  openPinPort(dialog: string, connect: () => PinPort): boolean {
    const takePort = this.#desk.question(dialog)?.takePort;
    if (takePort === undefined) return false;
    takePort(connect());
    return true;
  }

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

  abandon(): void {
    this.#desk.abandon();
  }
}

/** A signature that follows has its own window: the card's takes over at once. */
function leaveAfterMs(ended: AuthenticationStep, well: number, other: number): number {
  if (ended.step !== 'ended' || ended.outcome === 'use_card') return 0;
  return ended.outcome === 'authenticated' ? well : other;
}
