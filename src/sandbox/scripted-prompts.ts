import type { Prompts, SignatureDialogView, PairingView } from '../agent/ports.ts';

/** What a script answers in a person's place, and what it saw. For the demo without a terminal, and for tests. */
export interface PromptScript {
  /** The PIN for one question; null cancels. Called anew when a PIN was refused. */
  readonly pin: (view: SignatureDialogView, attempt: number) => string | null;
  readonly spendLastTries?: boolean;
  readonly confirmBinding?: boolean;
  readonly onRequest?: (view: SignatureDialogView) => void;
  readonly onPairingCode?: (view: PairingView) => void;
  readonly onNotice?: (text: string) => void;
}

export function scriptedPrompts(script: PromptScript): Prompts {
  return {
    openSignature(view) {
      script.onRequest?.(view);
      let attempt = 0;
      return {
        waitForCard: (_need, signal) => untilAborted(signal, 'cancelled' as const),
        chooseCard: (cards) => Promise.resolve(cards[0]?.card ?? 'cancelled'),
        confirmBinding: () => Promise.resolve(script.confirmBinding === false ? 'cancelled' : 'confirmed'),
        async askPin(question, hold) {
          const typed = script.pin(view, attempt++);
          if (typed === null || (question.tries.consentNeeded && script.spendLastTries !== true)) return 'cancelled';
          const pin = new TextEncoder().encode(typed);
          try {
            return await hold({ pin, spendLastTries: question.tries.consentNeeded });
          } finally {
            pin.fill(0);
          }
        },
        signing: () => undefined,
        close: () => undefined,
      };
    },
    async showPairingCode(view, signal) {
      script.onPairingCode?.(view);
      return untilAborted(signal, 'refused' as const);
    },
    notify: (notice) => script.onNotice?.(notice.text.ja),
  };
}

function untilAborted<Answer>(signal: AbortSignal, answer: Answer): Promise<Answer> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(answer);
    else signal.addEventListener('abort', () => resolve(answer), { once: true });
  });
}
