import type { SigningCard } from '../../../../src/native/host/card-host.ts';
import type { SessionMethod } from '../../../../src/contract/api.ts';
import type {
  AuthenticationCardNeed,
  AuthenticationDialog,
  AuthenticationDialogView,
  AuthenticationExit,
  AuthenticationOutcome,
  AuthenticationPinQuestion,
  BindingView,
  CardNeed,
  CardView,
  ConsentQuestion,
  DialogOutcome,
  LoginQuestion,
  MethodQuestion,
  Notice,
  PhoneCode,
  PinQuestion,
  Prompts,
  SignatureDialog,
  SignatureDialogView,
} from '../../../../src/agent/ports.ts';

type Answer<T> = T | 'cancelled' | 'silent';

/** What the window showed, in order, as short words. */
export type Shown =
  | { readonly what: 'opened'; readonly view: SignatureDialogView }
  | { readonly what: 'need'; readonly need: CardNeed; readonly canAuthenticate: boolean }
  | { readonly what: 'choice'; readonly cards: readonly CardView[] }
  | { readonly what: 'binding'; readonly view: BindingView }
  | { readonly what: 'pin'; readonly question: PinQuestion }
  | { readonly what: 'keypad'; readonly done: number; readonly total: number }
  | { readonly what: 'keypad_left' }
  | { readonly what: 'consent'; readonly question: ConsentQuestion }
  | { readonly what: 'waiting'; readonly names: readonly string[] }
  | { readonly what: 'closed'; readonly end: DialogOutcome };

/** What the authentication window showed, in order. */
export type ShownAuthentication =
  | { readonly what: 'opened'; readonly view: AuthenticationDialogView }
  | { readonly what: 'method'; readonly question: MethodQuestion }
  | { readonly what: 'code'; readonly code: PhoneCode }
  | { readonly what: 'ran_out' }
  | { readonly what: 'need'; readonly need: AuthenticationCardNeed }
  | { readonly what: 'pin'; readonly question: AuthenticationPinQuestion }
  | { readonly what: 'keypad' | 'keypad_left' }
  | { readonly what: 'login'; readonly question: LoginQuestion }
  | { readonly what: 'progress'; readonly step: 'contacting' | 'checking' }
  | { readonly what: 'closed'; readonly end: AuthenticationOutcome };

type Exit = AuthenticationExit | 'silent';

/** A person at the desk. Each answer is a function, so that a test can decide, wait or stay silent. */
export class PlayedPerson implements Prompts {
  readonly loginPageTakesCards: boolean;
  pin: (question: PinQuestion, view: SignatureDialogView) => Answer<string> | Promise<Answer<string>> = () => '1234';
  spendLastTries = false;
  /** Why the person left after the last answer, before the key was used. */
  leftAfterAnswer: Error | null = null;
  /** While the reader waits for the PIN. `pin` says `at the reader` for it. */
  keypad: (done: number, signal: AbortSignal) => 'cancelled' | 'silent' | Promise<'cancelled' | 'silent'> = () => 'silent';
  choose: (cards: readonly CardView[]) => Answer<SigningCard> = () => 'silent';
  bind: (view: BindingView) => Answer<'confirmed'> = () => 'confirmed';
  /** Called when the window says what is missing. */
  need: (need: CardNeed) => Answer<'authenticate'> = () => 'silent';
  consent: (question: ConsentQuestion) => Answer<'confirmed'> = () => 'confirmed';
  /** How remote signing is authenticated: by default the suggested method, once. */
  method: (question: MethodQuestion) => SessionMethod | Exclude<Exit, 'other_method'> = ({ suggested, problem }) => (problem === null ? suggested : 'cancelled');
  /** The code is on the screen. */
  code: (code: PhoneCode) => Exit | Promise<AuthenticationExit> = () => 'silent';
  ranOut: () => 'again' | Exit = () => 'cancelled';
  authenticationNeed: (need: AuthenticationCardNeed) => Exit = () => 'silent';
  /** A PIN, or one of the words of {@link Exit}. */
  authenticationPin: (question: AuthenticationPinQuestion) => string = () => '1234';
  hearsKeypadLeft: () => void = () => undefined;
  /** While the reader waits for the PIN; `authenticationPin` says `at the reader` for it. */
  authenticationKeypad: (signal: AbortSignal) => Exit | Promise<Exit> = () => 'silent';
  login: (question: LoginQuestion) => URL | Exit | Promise<URL> = () => 'silent';
  /** While the service is contacted, or the person is checked. */
  underWay: (step: 'contacting' | 'checking') => Exit | Promise<AuthenticationExit> = () => 'silent';
  readonly shownAuthentication: ShownAuthentication[] = [];
  readonly shown: Shown[] = [];
  readonly notices: Notice[] = [];
  openWindows = 0;
  mostOpenWindows = 0;

  constructor({ loginPageTakesCards = true }: Partial<Pick<Prompts, 'loginPageTakesCards'>> = {}) {
    this.loginPageTakesCards = loginPageTakesCards;
  }

  openSignature(view: SignatureDialogView): SignatureDialog {
    this.shown.push({ what: 'opened', view });
    this.openWindows += 1;
    this.mostOpenWindows = Math.max(this.mostOpenWindows, this.openWindows);
    return {
      waitForCard: async (need, canAuthenticate, signal) => {
        this.shown.push({ what: 'need', need, canAuthenticate });
        const answer = this.need(need);
        return answer === 'silent' ? silent(signal) : answer;
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
        if (answer === 'at the reader') return hold.atReader?.({ spendLastTries: this.spendLastTries }) ?? 'cancelled';
        const pin = Buffer.from(answer, 'ascii');
        try {
          return await hold({ pin, spendLastTries: this.spendLastTries });
        } finally {
          pin.fill(0);
        }
      },
      waitForKeypad: async ({ done, total }, signal) => {
        this.shown.push({ what: 'keypad', done, total });
        const answer = await this.keypad(done, signal);
        return answer === 'silent' ? silent(signal) : answer;
      },
      keypadLeft: () => void this.shown.push({ what: 'keypad_left' }),
      throwIfLeft: () => {
        if (this.leftAfterAnswer !== null) throw this.leftAfterAnswer;
      },
      askConsent: async (question, signal) => {
        this.shown.push({ what: 'consent', question });
        const answer = this.consent(question);
        return answer === 'silent' ? silent(signal) : answer;
      },
      signing: () => undefined,
      waiting: (names) => void this.shown.push({ what: 'waiting', names }),
      close: (end) => {
        this.openWindows -= 1;
        this.shown.push({ what: 'closed', end });
      },
    };
  }

  openAuthentication(view: AuthenticationDialogView): AuthenticationDialog {
    const show = (shown: ShownAuthentication): void => void this.shownAuthentication.push(shown);
    show({ what: 'opened', view });
    this.openWindows += 1;
    this.mostOpenWindows = Math.max(this.mostOpenWindows, this.openWindows);
    const answered = <T extends string | URL>(answer: T | 'silent' | Promise<T>, signal: AbortSignal): Promise<T | 'cancelled'> =>
      answer === 'silent' ? silent(signal) : Promise.resolve(answer);
    return {
      chooseMethod: (question, signal) => {
        show({ what: 'method', question });
        return answered(this.method(question), signal);
      },
      showCode: (code, signal) => {
        show({ what: 'code', code });
        return answered(this.code(code), signal);
      },
      codeRanOut: (signal) => {
        show({ what: 'ran_out' });
        return answered(this.ranOut(), signal);
      },
      waitForCard: (_kind, need, signal) => {
        show({ what: 'need', need });
        return answered(this.authenticationNeed(need), signal);
      },
      askPin: async (question, hold, signal) => {
        show({ what: 'pin', question });
        const answer = this.authenticationPin(question);
        if (answer === 'silent') return silent(signal);
        if (answer === 'cancelled' || answer === 'other_method' || answer === 'use_card') return answer;
        if (answer === 'at the reader') return hold.atReader?.({ spendLastTries: this.spendLastTries }) ?? 'cancelled';
        return hold({ pin: Buffer.from(answer, 'ascii'), spendLastTries: this.spendLastTries });
      },
      waitForKeypad: async (_card, signal) => {
        show({ what: 'keypad' });
        const answer = await this.authenticationKeypad(signal);
        return answer === 'silent' ? silent(signal) : answer;
      },
      keypadLeft: () => {
        show({ what: 'keypad_left' });
        this.hearsKeypadLeft();
      },
      showLogin: (question, signal) => {
        show({ what: 'login', question });
        return answered(this.login(question), signal);
      },
      progress: (step, signal) => {
        show({ what: 'progress', step });
        return answered(this.underWay(step), signal);
      },
      close: (end) => {
        this.openWindows -= 1;
        show({ what: 'closed', end });
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

  askedToAuthenticate(what: ShownAuthentication['what']): number {
    return this.shownAuthentication.filter((shown) => shown.what === what).length;
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
