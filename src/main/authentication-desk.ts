import type { AuthenticationDialog, AuthenticationDialogView, AuthenticationExit } from '../agent/ports.ts';
import type { AuthenticationStep, AuthenticationView } from '../contract/ipc/authentication.ts';
import type { SessionMethod } from '../contract/api.ts';
import type { PinSessionId } from '../native/host/card-host.ts';
import { authenticationSteps as steps, viewAuthentication } from './authentication-view.ts';
import { DialogDesk, type DialogSurface } from './dialog-desk.ts';
import type { OpenLoginWindow } from './login-window.ts';
import { pinAnswers } from './pin-answers.ts';

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
}

/** The window of authentications for remote signing: which questions it knows, and which answers belong to each. */
export class AuthenticationDesk extends DialogDesk<Omit<AuthenticationView, 'step'>, AuthenticationStep, Answers> {
  readonly #options: AuthenticationDeskOptions;

  constructor(options: AuthenticationDeskOptions) {
    const { well, other } = options.endMs ?? { well: 2500, other: 15_000 };
    super({
      surface: options.surface,
      onChange: options.onChange,
      paintMs: options.paintMs,
      leaveAfterMs: (ended) => leaveAfterMs(ended, well, other),
      isBusy: () => false,
    });
    this.#options = options;
  }

  open(view: AuthenticationDialogView): AuthenticationDialog {
    const sitting = this.openSitting((dialog) => viewAuthentication(dialog, view));
    type Exit = Exclude<AuthenticationExit, 'cancelled'>;
    const leaving = (answer: (value: Exit) => void): Pick<Answers, 'leave'> => ({
      leave: (exit) => {
        const isOffered = exit === 'use_card' ? view.canUseCard : view.methods.length > 1;
        if (exit !== 'cancelled' && isOffered) answer(exit);
      },
    });
    return {
      chooseMethod: (question, signal) =>
        this.ask<SessionMethod | 'use_card'>(sitting, steps.chooseMethod(question), signal, (answer) => ({
          begin: (method) => {
            if (question.methods.includes(method)) answer(method);
          },
          leave: (exit) => {
            if (exit === 'use_card' && view.canUseCard) answer(exit);
          },
        })),
      showCode: (code, signal) => this.ask<Exit>(sitting, steps.code(code), signal, leaving),
      codeRanOut: (signal) =>
        this.ask<'again' | Exit>(sitting, steps.codeRanOut, signal, (answer) => ({ ...leaving(answer), again: () => answer('again') })),
      waitForCard: (kind, need, signal) => this.ask<Exit>(sitting, steps.insertCard(kind, need), signal, leaving),
      askPin: (question, hold, signal) =>
        this.ask<PinSessionId>(sitting, steps.pin(question), signal, (answer, fail) => ({
          ...leaving(answer),
          ...pinAnswers(hold, answer, fail, signal),
        })),
      waitForKeypad: (card, signal) => this.ask<Exit>(sitting, steps.keypad(card, false), signal, leaving),
      keypadLeft: (card) => this.show(sitting, steps.keypad(card, true)),
      showLogin: async (question, signal) => {
        const closing = new AbortController();
        const page = this.#options.openLogin(question, AbortSignal.any([signal, closing.signal]));
        try {
          return await Promise.race([this.ask<Exit>(sitting, steps.login, signal, leaving), page]);
        } finally {
          closing.abort();
        }
      },
      progress: (doing, signal) => this.ask<never>(sitting, steps.progress(doing), signal, () => ({})),
      close: (end) => this.close(sitting, steps.ended(end)),
    };
  }

  begin(dialog: string, method: SessionMethod): void {
    this.question(dialog)?.begin?.(method);
  }

  again(dialog: string): void {
    this.question(dialog)?.again?.();
  }

  leave(dialog: string, exit: Exclude<AuthenticationExit, 'cancelled'>): void {
    this.question(dialog)?.leave?.(exit);
  }
}

/** A signature that follows has its own window: the card's takes over at once. */
function leaveAfterMs(ended: AuthenticationStep, well: number, other: number): number {
  if (ended.step !== 'ended' || ended.outcome === 'use_card') return 0;
  return ended.outcome === 'authenticated' ? well : other;
}
