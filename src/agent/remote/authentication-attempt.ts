import type { SessionMethod } from '../../contract/api.ts';
import type { AuthenticationCardView, AuthenticationDialog, PinRefusal } from '../ports.ts';
import { askUntil, DeadlinePassed } from '../signing/ask-until.ts';
import { reasonOfAbort } from '../signing/lane.ts';
import { cancelledBy, endOf, problem } from '../signing/request-end.ts';
import type { AuthenticationTask, AuthenticationWindowParts } from './authentication-task.ts';
import type { OpenCardKey } from './card-assertion-key.ts';
import { CardLogin } from './card-login.ts';
import { LeftAuthentication } from './left-authentication.ts';
import type { AuthenticationSteps, CardAuthenticationKey, LoginPage, PhoneCode, RemoteProvider, RemoteToken } from './remote-provider.ts';
import type { RemoteSession } from './remote-session.ts';
import { UnfittingAnswer } from './unfitting-answer.ts';

export interface AttemptParts extends AuthenticationWindowParts {
  readonly dialog: AuthenticationDialog;
}

/**
 * Attempts by one method: lets the provider lead through its steps, and gives it up as soon as the person leaves one. A
 * token that comes after that is revoked: nobody waits for it any more.
 */
export class AuthenticationAttempt {
  readonly #parts: AttemptParts;
  readonly #task: AuthenticationTask;
  readonly #method: SessionMethod;
  readonly #outer: AbortSignal;

  constructor(parts: AttemptParts, task: AuthenticationTask, method: SessionMethod, signal: AbortSignal) {
    this.#parts = parts;
    this.#task = task;
    this.#method = method;
    this.#outer = signal;
  }

  /** Throws LeftAuthentication, ProblemError, RequestStopped and CardError. */
  async begin(refused: PinRefusal | null): Promise<RemoteSession> {
    const { dialog, providerOf, facility, terminal } = this.#parts;
    const { staff, accept, began } = this.#task;
    const provider = providerOf(this.#method);
    const attempt = new Attempt(this.#outer);
    attempt.watch((signal) => dialog.progress('contacting', signal));
    await began(this.#method);
    try {
      const order = { method: this.#method, staff, facility, terminal };
      const authenticating = provider.authenticate(order, this.#steps(attempt, provider, refused), attempt.signal);
      const token = await attempt.unlessLeft(authenticating, (late) => this.#task.discard(provider, late));
      attempt.watch((signal) => dialog.progress('checking', signal));
      // SECURITY: whoever leaves until now gets no session (test/unit/agent/remote/authentication.test.ts).
      return await accept(provider, token, attempt.signal);
    } catch (error) {
      const problem = (error instanceof LeftAuthentication ? cancelledBy('person') : endOf(error))?.problem;
      await this.#task.failed(this.#method, problem ?? { code: 'INTERNAL', detail: null }, error instanceof UnfittingAnswer ? error.by : null);
      throw error;
    } finally {
      attempt.endQuestion();
      await attempt.key?.close().catch(() => undefined);
      await attempt.keypad;
    }
  }

  #steps(attempt: Attempt, provider: RemoteProvider, refused: PinRefusal | null): AuthenticationSteps {
    const { dialog, loginPageSeconds } = this.#parts;
    const { report, mayUse } = this.#task;
    const cards = new CardLogin({ ...this.#parts, mayUse, report });
    return {
      showCode: (code: PhoneCode) => {
        report({ type: 'phone_asked' });
        attempt.watch((signal) => dialog.showCode(code, signal));
      },
      showLogin: (page: LoginPage, signal) =>
        attempt.orLeave(async () => {
          const until = AbortSignal.any([attempt.signal, signal]);
          const card = page.card === null ? null : await cards.find(page.card, until);
          report({ type: 'phone_asked' });
          const question = { page, certificateSha256: card?.certificateSha256 ?? null };
          const ended = await askUntil(until, loginPageSeconds * 1000, (open) => dialog.showLogin(question, open)).catch(orRanOut);
          if (!(ended instanceof URL)) throw new LeftAuthentication(ended);
          attempt.watch((signal) => dialog.progress('contacting', signal));
          return exactly(ended, page);
        }),
      openCardKey: (kind, signal) =>
        attempt.orLeave(async () => {
          const { key, keypadOf } = await cards.open(kind, refused, AbortSignal.any([attempt.signal, signal]));
          attempt.key = key;
          // Whoever left while the PIN was taken over has closed no key yet.
          if (attempt.signal.aborted) await key.close().catch(() => undefined);
          attempt.signal.throwIfAborted();
          attempt.watch((signal) => dialog.progress('contacting', signal));
          return keypadOf === null ? key : attempt.atKeypad(key, keypadOf, dialog);
        }),
      discard: (late) => this.#task.discard(provider, late),
    };
  }
}

/** One attempt's life: it is over when the authentication is, or when the person leaves a step. */
class Attempt {
  readonly #left = new AbortController();
  readonly signal: AbortSignal;
  key: OpenCardKey | undefined;
  /** Pending while a reader waits for a PIN at its own keys. */
  keypad: Promise<void> | undefined;
  #question: AbortController | undefined;

  constructor(outer: AbortSignal) {
    this.signal = AbortSignal.any([outer, this.#left.signal]);
  }

  /** Shows something beside the provider's own waiting. Leaving it ends the attempt. */
  watch(show: (signal: AbortSignal) => Promise<LeftAuthentication['exit']>): void {
    this.endQuestion();
    const question = (this.#question = new AbortController());
    show(AbortSignal.any([this.signal, question.signal])).then(
      (exit) => {
        if (!question.signal.aborted) this.#left.abort(new LeftAuthentication(exit));
      },
      (error: unknown) => {
        if (!question.signal.aborted) this.#left.abort(error);
      },
    );
  }

  endQuestion(): void {
    this.#question?.abort(new Error('answered'));
  }

  /**
   * The key whose PIN is entered on the reader's own keys while it signs. Who leaves meanwhile ends the PIN session at once,
   * so that a PIN which is entered after that logs nobody in; the attempt is over when the reader is.
   * SECURITY: test/unit/agent/remote/authentication-keypad.test.ts
   */
  atKeypad(key: OpenCardKey, card: AuthenticationCardView, dialog: Pick<AuthenticationDialog, 'waitForKeypad' | 'keypadLeft' | 'progress'>): CardAuthenticationKey {
    return {
      certificate: key.certificate,
      sign: async (hash) => {
        this.signal.throwIfAborted();
        const left = (): void => {
          dialog.keypadLeft(card);
          void key.close().catch(() => undefined);
        };
        this.watch((signal) => dialog.waitForKeypad(card, signal));
        this.signal.addEventListener('abort', left, { once: true });
        const signing = key.sign(hash);
        this.keypad = signing.then(() => undefined, () => undefined);
        try {
          return await signing;
        } finally {
          this.signal.removeEventListener('abort', left);
          this.endQuestion();
          if (!this.signal.aborted) this.watch((signal) => dialog.progress('contacting', signal));
        }
      },
    };
  }

  /** A step that the person leaves ends the attempt, whatever the provider makes of the error. */
  async orLeave<T>(step: () => Promise<T>): Promise<T> {
    this.endQuestion();
    try {
      return await step();
    } catch (error) {
      this.#left.abort(error);
      throw error;
    }
  }

  /** The provider may be slow to hear that nobody waits any more: its login, with what it still brings, goes to `late`. */
  unlessLeft(authenticating: Promise<RemoteToken>, late: (authenticating: Promise<RemoteToken>) => void): Promise<RemoteToken> {
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        late(authenticating);
        reject(reasonOfAbort(this.signal));
      };
      if (this.signal.aborted) leave();
      this.signal.addEventListener('abort', leave, { once: true });
      const stay = (): void => this.signal.removeEventListener('abort', leave);
      authenticating.finally(stay).then(resolve, reject);
    });
  }
}

function orRanOut(error: unknown): never {
  throw error instanceof DeadlinePassed ? problem('AUTHENTICATION_EXPIRED') : error;
}

/**
 * SECURITY: a page that ended anywhere else than at the configured address brings nothing that could be trusted
 * (test/unit/agent/remote/authentication.test.ts).
 */
function exactly(ended: URL, { redirectUrl }: LoginPage): URL {
  if (ended.origin === redirectUrl.origin && ended.pathname === redirectUrl.pathname && ended.username === '' && ended.password === '') return ended;
  throw problem('AUTHENTICATION_REFUSED', { ja: 'ログイン画面が想定外のアドレスで終わりました。', en: 'The login page ended at an unexpected address.' });
}
