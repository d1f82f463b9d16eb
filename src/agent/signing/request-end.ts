import type { ErrorCode } from '../../contract/error-codes.ts';
import { ProblemError, type Problem } from '../../contract/problem.ts';
import { CardError } from '../../native/host/card-host.ts';

/** Whoever or whatever cancelled a request, for the window and the audit log. */
export type Canceller = 'person' | 'caller' | 'caller_gone' | 'away' | 'shutdown' | 'window';

/** A request that ends without anything having failed. */
export class RequestStopped extends Error {
  override readonly name = 'RequestStopped';
  readonly state: 'cancelled' | 'expired';
  readonly problem: Problem;
  readonly by: Canceller | null;

  constructor(state: 'cancelled' | 'expired', problem: Problem, by: Canceller | null) {
    super(problem.code);
    this.state = state;
    this.problem = problem;
    this.by = by;
  }
}

export interface RequestEnd {
  readonly state: 'failed' | 'cancelled' | 'expired';
  readonly problem: Problem;
  readonly by: Canceller | null;
}

export function cancelledBy(who: Canceller): RequestStopped {
  const detail = {
    person: { ja: '画面で取り消されました。', en: 'It was cancelled in the window.' },
    caller: { ja: 'EHRが取り消しました。', en: 'The EHR cancelled it.' },
    caller_gone: { ja: '要求したEHRとの接続が切れました。何も署名していません。', en: 'The EHR that asked is gone. Nothing was signed.' },
    away: { ja: '画面がロックされたか、PCがスリープに入ったため取り消されました。', en: 'The screen was locked, or the computer went to sleep.' },
    window: { ja: '確認の画面が応答しなくなりました。', en: 'The window that asked stopped responding.' },
    shutdown: { ja: 'エージェントが終了しました。', en: 'The agent was shut down.' },
  }[who];
  return new RequestStopped('cancelled', { code: 'CANCELLED_BY_USER', detail }, who);
}

/** Whether the screen was locked or the machine went to sleep while a person was asked. */
export function isAway(error: unknown): boolean {
  return error instanceof RequestStopped && error.by === 'away';
}

export function expired(): RequestStopped {
  return new RequestStopped('expired', { code: 'EXPIRED', detail: null }, null);
}

export function problem(code: ErrorCode, detail: Problem['detail'] = null): ProblemError {
  return new ProblemError({ code, detail });
}

/** How a request ends on this error. Null for a fault of the program, which the log describes. */
export function endOf(error: unknown): RequestEnd | null {
  if (error instanceof RequestStopped) return { state: error.state, problem: error.problem, by: error.by };
  if (error instanceof ProblemError) return { state: 'failed', problem: error.problem, by: null };
  if (error instanceof CardError) return { state: 'failed', problem: cardProblem(error), by: null };
  return null;
}

/** A card's failure as its caller sees it. The stack's own words stay in the log. */
export function cardProblem(error: CardError): Problem {
  switch (error.code) {
    case 'PIN_INCORRECT':
    case 'PIN_LOCKED':
      return { code: error.code, detail: null, triesLeft: typeof error.triesLeft === 'number' ? error.triesLeft : null };
    // Both are asked about again while a person is there; without one nobody agreed.
    case 'PIN_CONSENT_NEEDED':
    case 'PIN_SESSION_ENDED':
      return { code: 'EXPIRED', detail: { ja: 'PINの確認が必要です。', en: 'The PIN has to be confirmed.' } };
    case 'KEYPAD_TIMED_OUT':
    case 'KEYPAD_REFUSED':
    case 'KEYPAD_UNUSABLE':
      return { code: 'EXPIRED', detail: { ja: 'カードリーダーのキーでPINが入力されませんでした。', en: "No PIN was entered on the reader's keys." } };
    case 'KEYPAD_CANCELLED':
      return { code: 'CANCELLED_BY_USER', detail: { ja: 'カードリーダーで取り消されました。', en: 'It was cancelled on the card reader.' } };
    default:
      return { code: error.code, detail: null };
  }
}

/** Card errors after which the key was certainly not used. */
const keyUntouched: ReadonlySet<CardError['code']> = new Set([
  'NO_READER',
  'NO_CARD',
  'CARD_UNKNOWN',
  'CARD_IN_USE',
  'PIN_INCORRECT',
  'PIN_LOCKED',
  'PIN_CONSENT_NEEDED',
  'PIN_SESSION_ENDED',
  'KEYPAD_CANCELLED',
  'STORAGE_FAILED',
]);

/** Whether the key may have signed although the call failed: then the recipe stays in force. */
export function mayHaveSigned(error: unknown): boolean {
  return !(error instanceof CardError && (error.pinNotPresented || keyUntouched.has(error.code)));
}
