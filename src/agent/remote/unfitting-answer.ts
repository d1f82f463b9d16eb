import { ProblemError } from '../../contract/problem.ts';
import type { Bilingual } from '../../formats/bilingual.ts';

/** The answer to a login is not one to the login that was begun. Somebody may have put it there (RFC 9700 §4.7). */
export class UnfittingAnswer extends ProblemError {
  /** What tells the two logins apart; null where the answer fails another check. */
  readonly by: 'state' | 'nonce' | null;

  constructor(detail: Bilingual, by: UnfittingAnswer['by'], options: ErrorOptions) {
    super({ code: 'AUTHENTICATION_REFUSED', detail }, options);
    this.by = by;
  }
}
