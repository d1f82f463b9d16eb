import type { SessionMethod } from '../../contract/api.ts';
import type { Usage } from '../signing/usage.ts';
import type { KeptToken, TokenOwner } from '../tokens/token-store.ts';

/** An authentication that is in force: it serves one program for one staff member. Its token's secret is in the store. */
export interface RemoteSession {
  readonly owner: TokenOwner;
  readonly subject: string;
  readonly method: SessionMethod;
  readonly until: Date;
  /** As the EHR names the staff member; the id where a restart has lost the name. */
  readonly staffName: string;
  readonly usage: Usage;
}

/** Why a session ended. */
export type SessionEnd =
  | 'expired'
  /** 本日終了. */
  | 'person'
  | 'caller'
  | 'log_off'
  /** Its beginning is in the future: nobody can say how long it still lives. */
  | 'clock_set_back'
  /** Its token's seal is broken, or the key store has lost the key. */
  | 'unreadable'
  /** Policy does not name its service any more, so that nobody can be told. */
  | 'service_removed'
  | 'shutdown'
  /** Another authentication of the same owner took its place. */
  | 'replaced'
  /** What came back did not verify, or belongs to somebody else. */
  | 'mismatch'
  /** The provider does not accept its token any more. */
  | 'refused'
  | 'client_revoked'
  /** That it began could not be written down. */
  | 'unrecorded';

/** A provider does not have to hear that its own token is over. */
export function isToRevoke(why: SessionEnd): boolean {
  return why !== 'expired' && why !== 'refused';
}

/**
 * Whether a session is over, by the wall clock of its answer and by a clock that nobody can set: whichever is first.
 */
export class Lifetime {
  readonly #until: number;
  readonly #monotonicEnd: number;

  constructor({ expiresAt }: Pick<KeptToken, 'expiresAt'>, now: number, monotonic: number) {
    this.#until = expiresAt.getTime();
    this.#monotonicEnd = monotonic + (this.#until - now);
  }

  /** Milliseconds that are left, zero or less when it is over. */
  left(now: number, monotonic: number): number {
    return Math.min(this.#until - now, this.#monotonicEnd - monotonic);
  }
}
