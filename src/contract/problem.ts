/** One problem as it leaves the agent (RFC 9457). The table of codes is in error-codes.ts. */
import type { ErrorCode } from './error-codes.ts';

export interface DocumentProblem {
  readonly documentId: string | null;
  readonly line: number | null;
  readonly record: string | null;
  readonly field: string | null;
  readonly reason: { readonly ja: string; readonly en: string };
}

export interface Problem {
  readonly code: ErrorCode;
  /** What happened here, beyond the code's own title. Never a secret, never patient data. */
  readonly detail: { readonly ja: string; readonly en: string } | null;
  /** PIN_INCORRECT and PIN_LOCKED: null where the card does not tell. */
  readonly triesLeft?: number | null;
  readonly documents?: readonly DocumentProblem[];
  /** When it is worth trying again, where the service has said so or is left alone for a while. */
  readonly retryAfterSeconds?: number;
  /** Attached verification report of a nested prescription; JSON-serializable. */
  readonly report?: unknown;
  /** INTERNAL: where to look in the log. */
  readonly reference?: string;
}

export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  readonly problem: Problem;

  constructor(problem: Problem, options?: ErrorOptions) {
    super(problem.code, options);
    this.problem = problem;
  }
}
