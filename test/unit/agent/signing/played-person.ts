import type { SigningCard } from '../../../../src/native/host/card-host.ts';
import type {
  BindingView,
  CardNeed,
  CardView,
  DialogOutcome,
  Notice,
  PinQuestion,
  Prompts,
  SignatureDialog,
  SignatureDialogView,
} from '../../../../src/agent/ports.ts';

type Answer<T> = T | 'cancelled' | 'silent';

/** What the window showed, in order, as short words. */
export type Shown =
  | { readonly what: 'opened'; readonly view: SignatureDialogView }
  | { readonly what: 'need'; readonly need: CardNeed }
  | { readonly what: 'choice'; readonly cards: readonly CardView[] }
  | { readonly what: 'binding'; readonly view: BindingView }
  | { readonly what: 'pin'; readonly question: PinQuestion }
  | { readonly what: 'closed'; readonly end: DialogOutcome };

/** A person at the desk. Each answer is a function, so that a test can decide, wait or stay silent. */
export class PlayedPerson implements Prompts {
  pin: (question: PinQuestion, view: SignatureDialogView) => Answer<string> | Promise<Answer<string>> = () => '1234';
  spendLastTries = false;
  choose: (cards: readonly CardView[]) => Answer<SigningCard> = () => 'silent';
  bind: (view: BindingView) => Answer<'confirmed'> = () => 'confirmed';
  /** Called when the window says what is missing. */
  need: (need: CardNeed) => Answer<never> = () => 'silent';
  readonly shown: Shown[] = [];
  readonly notices: Notice[] = [];
  openWindows = 0;
  mostOpenWindows = 0;

  openSignature(view: SignatureDialogView): SignatureDialog {
    this.shown.push({ what: 'opened', view });
    this.openWindows += 1;
    this.mostOpenWindows = Math.max(this.mostOpenWindows, this.openWindows);
    return {
      waitForCard: async (need, signal) => {
        this.shown.push({ what: 'need', need });
        return this.need(need) === 'cancelled' ? 'cancelled' : silent(signal);
      },
      chooseCard: async (cards, signal) => {
        this.shown.push({ what: 'choice', cards });
        const answer = this.choose(cards);
        return answer === 'silent' ? silent(signal) : answer;
      },
      confirmBinding: async (binding, signal) => {
        this.shown.push({ what: 'binding', view: binding });
        const answer = this.bind(binding);
        return answer === 'silent' ? silent(signal) : answer;
      },
      askPin: async (question, hold, signal) => {
        this.shown.push({ what: 'pin', question });
        const answer = await this.pin(question, view);
        if (answer === 'silent') return silent(signal);
        if (answer === 'cancelled') return answer;
        const pin = Buffer.from(answer, 'ascii');
        try {
          return await hold({ pin, spendLastTries: this.spendLastTries });
        } finally {
          pin.fill(0);
        }
      },
      signing: () => undefined,
      close: (end) => {
        this.openWindows -= 1;
        this.shown.push({ what: 'closed', end });
      },
    };
  }

  showPairingCode(_view: unknown, signal: AbortSignal): Promise<'refused'> {
    return silent(signal).then(() => 'refused' as const);
  }

  notify(notice: Notice): void {
    this.notices.push(notice);
  }

  asked(what: Shown['what']): number {
    return this.shown.filter((shown) => shown.what === what).length;
  }

  get last(): Shown | undefined {
    return this.shown.at(-1);
  }
}

/** As real windows do: the question ends, as cancelled, when its signal aborts. */
function silent(signal: AbortSignal): Promise<'cancelled'> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve('cancelled');
    else signal.addEventListener('abort', () => resolve('cancelled'), { once: true });
  });
}
