import type { SessionMethod } from '../../contract/api.ts';
import { ProblemError, type Problem } from '../../contract/problem.ts';
import type { AuthenticationDialog, AuthenticationOutcome, PinRefusal } from '../ports.ts';
import { askUntil, DeadlinePassed } from '../signing/ask-until.ts';
import { whyRefused } from '../signing/pin-refusal.ts';
import { cancelledBy, cardProblem, endOf, expired, isAway } from '../signing/request-end.ts';
import { AuthenticationAttempt } from './authentication-attempt.ts';
import type { AuthenticationTask, AuthenticationWindowParts } from './authentication-task.ts';
import { isWrongPin } from './card-login.ts';
import { LeftAuthentication } from './left-authentication.ts';
import type { RemoteSession } from './remote-session.ts';

/**
 * One authentication from its window to its session. Each attempt begins with a click; one that fails says why and leads
 * back to the choice of a method, from which there is always the way to the card, where the request has one.
 */
export class AuthenticationWindow {
  readonly #parts: AuthenticationWindowParts;
  readonly #task: AuthenticationTask;
  readonly #signal: AbortSignal;
  readonly #dialog: AuthenticationDialog;
  /** Why the latest attempt failed: it, not the giving up, is what the request ends with. */
  #problem: Problem | null = null;
  #problemAt = 0;

  constructor(parts: AuthenticationWindowParts, task: AuthenticationTask, signal: AbortSignal) {
    this.#parts = parts;
    this.#task = task;
    this.#signal = signal;
    const { caller, staff, documents, canUseCard } = task;
    this.#dialog = parts.prompts.openAuthentication({ caller, staff, documents, canUseCard, facility: parts.facility, terminal: parts.terminal, methods: parts.methods, hiddenMethods: parts.hiddenMethods });
  }

  async run(): Promise<RemoteSession | 'use_card'> {
    try {
      const end = await this.#untilSettled();
      this.#dialog.close(end === 'use_card' ? { outcome: 'use_card' } : { outcome: 'authenticated', method: end.method, until: end.until });
      return end;
    } catch (error) {
      const end = isAway(error) ? (this.#wrongPin() ?? error) : error;
      this.#dialog.close(outcomeOf(end));
      throw end;
    }
  }

  async #untilSettled(): Promise<RemoteSession | 'use_card'> {
    let { suggested } = this.#task;
    for (let shown: Problem | null = null; ; ) {
      const method = await this.#chooseMethod(suggested, shown);
      if (method === 'use_card') return method;
      try {
        return await this.#authenticateBy(method);
      } catch (error) {
        if (error instanceof LeftAuthentication) {
          if (error.exit === 'use_card') return error.exit;
          if (error.exit === 'cancelled') throw this.#givenUp();
          shown = null;
          suggested = this.#parts.methods.find((other) => other !== method) ?? method;
        } else {
          shown = this.#problemOf(error);
          suggested = method;
        }
      }
    }
  }

  async #chooseMethod(suggested: SessionMethod, problem: Problem | null): Promise<SessionMethod | 'use_card'> {
    const { methods, deadlines } = this.#parts;
    this.#task.report({ type: 'consent_asked', question: 'authentication' });
    try {
      const answer = await askUntil(this.#signal, deadlines.consentSeconds * 1000, (signal) =>
        this.#dialog.chooseMethod({ methods, suggested, problem }, signal),
      );
      if (answer === 'cancelled') throw this.#givenUp();
      // SECURITY: only a method that was offered, whatever the window answers.
      if (answer === 'use_card' ? this.#task.canUseCard : methods.includes(answer)) return answer;
      throw new Error('the window answered with a method that was not offered');
    } catch (error) {
      throw error instanceof DeadlinePassed ? (this.#lastProblem() ?? expired()) : error;
    }
  }

  /** Attempts until one succeeds: again after a wrong PIN, and after a code that ran out, by a click. */
  async #authenticateBy(method: SessionMethod): Promise<RemoteSession> {
    const attempt = new AuthenticationAttempt({ ...this.#parts, dialog: this.#dialog }, this.#task, method, this.#signal);
    for (let refused: PinRefusal | null = null; ; ) {
      try {
        return await attempt.begin(refused);
      } catch (error) {
        if (isWrongPin(error)) {
          refused = whyRefused(error);
          if (refused === 'incorrect') this.#remember(cardProblem(error));
        } else if (error instanceof ProblemError && error.problem.code === 'AUTHENTICATION_EXPIRED') {
          this.#remember(error.problem);
          refused = null;
          await this.#askForAnotherCode();
        } else throw error;
      }
    }
  }

  async #askForAnotherCode(): Promise<void> {
    this.#task.report({ type: 'phone_asked' });
    try {
      const answer = await askUntil(this.#signal, this.#parts.deadlines.consentSeconds * 1000, (signal) => this.#dialog.codeRanOut(signal));
      if (answer !== 'again') throw new LeftAuthentication(answer);
    } catch (error) {
      throw error instanceof DeadlinePassed ? new LeftAuthentication('cancelled') : error;
    }
  }

  /** What a person can try again about. Everything else ends the authentication. */
  #problemOf(error: unknown): Problem {
    const end = this.#signal.aborted ? null : endOf(error);
    if (end?.state !== 'failed' || end.problem.code === 'STORAGE_FAILED') throw error;
    return this.#remember(end.problem);
  }

  #givenUp(): Error {
    return this.#lastProblem() ?? cancelledBy('person');
  }

  /**
   * Of a locked screen only the spent try is told instead: the name of a failed network would open the card's window,
   * with its documents and its PIN, for whoever unlocks (test/unit/agent/signing/remote-requests.test.ts).
   */
  #wrongPin(): ProblemError | null {
    return this.#problem?.code === 'PIN_INCORRECT' ? this.#lastProblem() : null;
  }

  #remember(latest: Problem): Problem {
    this.#problem = latest;
    this.#problemAt = this.#parts.clock.monotonic();
    return latest;
  }

  /** The person has looked at it for a while, in which a wait that the service wanted has gone on, or is over. */
  #lastProblem(): ProblemError | null {
    if (this.#problem === null) return null;
    const { retryAfterSeconds = 0, ...rest } = this.#problem;
    const left = Math.ceil(retryAfterSeconds - (this.#parts.clock.monotonic() - this.#problemAt) / 1000);
    return new ProblemError(left > 0 ? { ...rest, retryAfterSeconds: left } : rest);
  }
}

function outcomeOf(error: unknown): AuthenticationOutcome {
  const end = endOf(error);
  return end === null ? { outcome: 'failed', problem: { code: 'INTERNAL', detail: null } } : { outcome: end.state, problem: end.problem };
}
