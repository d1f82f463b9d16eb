import type { AuthenticationDialog, LoginQuestion, PairingView, PhoneCode, Prompts, SignatureDialogView } from '../agent/ports.ts';

/** What a script answers in a person's place, and what it saw. For the demo without a terminal, and for tests. */
export interface PromptScript {
  /** The PIN for one question; null cancels. Called anew when a PIN was refused. */
  readonly pin: (view: SignatureDialogView, attempt: number) => string | null;
  readonly spendLastTries?: boolean;
  /** The PIN is entered on the reader where it has keys of its own. Called when the reader waits for it. */
  readonly onKeypad?: () => void;
  readonly confirmBinding?: boolean;
  readonly consent?: boolean;
  /** How remote signing is authenticated; cancelled where nothing is said. */
  readonly authentication?: AuthenticationScript;
  readonly onRequest?: (view: SignatureDialogView) => void;
  readonly onPairingCode?: (view: PairingView) => void;
  readonly onNotice?: (text: string) => void;
}

/** The suggested method is chosen, and a code that ran out is shown again. */
export interface AuthenticationScript {
  /** The code is shown: now the phone may scan it. */
  readonly onCode?: (code: PhoneCode) => void;
  /** PIN of the card that authenticates; null cancels. */
  readonly pin?: (kind: 'hpki' | 'jpki') => string | null;
  readonly login?: (question: LoginQuestion, signal: AbortSignal) => Promise<URL>;
}

export function scriptedPrompts(script: PromptScript): Prompts {
  return {
    loginPageTakesCards: true,
    openSignature(view) {
      script.onRequest?.(view);
      let attempt = 0;
      return {
        waitForCard: (_need, _canAuthenticate, signal) => untilAborted(signal, 'cancelled' as const),
        chooseCard: (cards) => Promise.resolve(cards[0]?.card ?? 'cancelled'),
        confirmBinding: () => Promise.resolve(script.confirmBinding === false ? 'cancelled' : 'confirmed'),
        async askPin(question, hold) {
          const typed = script.pin(view, attempt++);
          if (typed === null || (question.tries.consentNeeded && script.spendLastTries !== true)) return 'cancelled';
          if (script.onKeypad !== undefined && hold.atReader !== undefined) return hold.atReader({ spendLastTries: question.tries.consentNeeded });
          const pin = new TextEncoder().encode(typed);
          try {
            return await hold({ pin, spendLastTries: question.tries.consentNeeded });
          } finally {
            pin.fill(0);
          }
        },
        waitForKeypad(_wait, signal) {
          script.onKeypad?.();
          return untilAborted(signal, 'cancelled' as const);
        },
        keypadLeft: () => undefined,
        throwIfLeft: () => undefined,
        askConsent: () => Promise.resolve(script.consent === false ? 'cancelled' : 'confirmed'),
        signing: () => undefined,
        waiting: () => undefined,
        close: () => undefined,
      };
    },
    openAuthentication: () => scriptedAuthentication(script.authentication),
    async showPairingCode(view, signal) {
      script.onPairingCode?.(view);
      return untilAborted(signal, 'refused' as const);
    },
    notify: (notice) => script.onNotice?.(notice.text.ja),
  };
}

function scriptedAuthentication(script: AuthenticationScript | undefined): AuthenticationDialog {
  return {
    chooseMethod: ({ suggested, problem }) => Promise.resolve(script === undefined || problem !== null ? 'cancelled' : suggested),
    showCode(code, signal) {
      script?.onCode?.(code);
      return untilAborted(signal, 'cancelled' as const);
    },
    codeRanOut: () => Promise.resolve('again'),
    waitForCard: (_kind, _need, signal) => untilAborted(signal, 'cancelled' as const),
    async askPin({ card, tries }, hold) {
      const typed = tries.consentNeeded ? null : (script?.pin?.(card.kind) ?? null);
      if (typed === null) return 'cancelled';
      const pin = new TextEncoder().encode(typed);
      try {
        return await hold({ pin, spendLastTries: false });
      } finally {
        pin.fill(0);
      }
    },
    waitForKeypad: (_card, signal) => untilAborted(signal, 'cancelled' as const),
    keypadLeft: () => undefined,
    showLogin: (question, signal) => script?.login?.(question, signal) ?? Promise.resolve('cancelled'),
    progress: (_step, signal) => untilAborted(signal, 'cancelled' as const),
    close: () => undefined,
  };
}

function untilAborted<Answer>(signal: AbortSignal, answer: Answer): Promise<Answer> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(answer);
    else signal.addEventListener('abort', () => resolve(answer), { once: true });
  });
}
