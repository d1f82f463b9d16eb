import type { SessionMethod } from '../../contract/api.ts';
import type { Problem } from '../../contract/problem.ts';
import type { ErrorCode } from '../../contract/error-codes.ts';
import { problemText } from '../../contract/problem-text.ts';
import type { RemoteSessions, RemoteSessionView, SessionOrder } from '../api/remote-sessions.ts';
import { fault, type Log } from '../log.ts';
import type { Caller, Clock } from '../ports.ts';
import { cancelledBy, endOf, problem } from '../signing/request-end.ts';
import type { Authentications } from './authentications.ts';
import type { RemoteSession } from './remote-session.ts';
import { warningMs, type RemoteSessionDesk } from './remote-session-desk.ts';
import { whyNotHere } from './why-not-here.ts';

export interface SessionsOfCallersParts {
  readonly sessions: RemoteSessionDesk;
  readonly authentications: Authentications;
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Log;
  readonly onChange: () => void;
}

/** How many ended authentications are remembered, for an EHR that asks what became of its own. */
const remembered = 256;

/** `/v1/sessions`: an EHR authenticates its doctor ahead of time, asks how it stands, and ends it. */
export class SessionsOfCallers implements RemoteSessions {
  readonly #parts: SessionsOfCallersParts;
  /** Authentications that an EHR has begun here. */
  readonly #underWay = new Map<string, { readonly clientId: string; readonly stop: AbortController }>();
  readonly #failures = new Map<string, Problem>();

  constructor(parts: SessionsOfCallersParts) {
    this.#parts = parts;
  }

  get(caller: Caller, staffId: string): RemoteSessionView {
    const { sessions, authentications } = this.#parts;
    if (authentications.isUnderWay(caller.clientId, staffId)) return { staffId, state: 'authenticating', method: null, until: null, reason: null };
    const session = sessions.find(caller.clientId, staffId);
    if (session) return readyView(session);
    const failure = this.#failures.get(keyOf(caller, staffId));
    return { staffId, state: 'not_authenticated', method: null, until: null, reason: failure === undefined ? null : reasonOf(failure) };
  }

  /** Resolves as soon as the window is on its way: what becomes of it is told by {@link get} and by events. */
  begin(caller: Caller, { staffId, staffName, method }: SessionOrder): Promise<RemoteSessionView> {
    const { sessions, authentications, clock } = this.#parts;
    if (!authentications.methods.includes(method)) {
      return Promise.reject(problem('AUTHENTICATION_NOT_OFFERED', authentications.isPageWithoutCards(method) ? whyNotHere.pageWithoutCards : null));
    }
    const live = sessions.find(caller.clientId, staffId);
    // One that ends within the hour may be renewed; any other one is what was asked for.
    if (live && live.until.getTime() - clock.now() > warningMs) return Promise.resolve(readyView(live));
    const key = keyOf(caller, staffId);
    if (!this.#underWay.has(key)) void this.#authenticate(key, caller, { id: staffId, name: staffName }, method);
    return Promise.resolve(this.get(caller, staffId));
  }

  async end(caller: Caller, staffId: string): Promise<boolean> {
    const underWay = this.#underWay.get(keyOf(caller, staffId));
    underWay?.stop.abort(cancelledBy('caller'));
    const session = this.#parts.sessions.find(caller.clientId, staffId);
    if (session) await this.#parts.sessions.end(session, 'caller');
    return session !== undefined || underWay !== undefined;
  }

  /** An EHR whose access was taken away waits for nothing any more. */
  async endOfClient(clientId: string): Promise<void> {
    for (const underWay of this.#underWay.values()) if (underWay.clientId === clientId) underWay.stop.abort(cancelledBy('caller'));
    await this.#parts.sessions.endOfClient(clientId);
  }

  async #authenticate(key: string, caller: Caller, staff: { readonly id: string; readonly name: string }, method: SessionMethod): Promise<void> {
    const { authentications, log, onChange } = this.#parts;
    const stop = new AbortController();
    this.#underWay.set(key, { clientId: caller.clientId, stop });
    this.#failures.delete(key);
    try {
      const joined = authentications.join({ caller, staff, documents: 0, canUseCard: false, suggested: method, signal: stop.signal, onStep: () => undefined });
      onChange();
      await joined;
    } catch (error) {
      const end = endOf(error);
      if (end === null) log.error('remote.authentication_failed', { error: fault(error) });
      this.#remember(key, end?.problem ?? { code: 'INTERNAL', detail: null });
    } finally {
      this.#underWay.delete(key);
      onChange();
    }
  }

  #remember(key: string, failure: Problem): void {
    this.#failures.set(key, failure);
    const [oldest] = this.#failures.keys();
    if (oldest !== undefined && this.#failures.size > remembered) this.#failures.delete(oldest);
  }
}

function readyView({ owner, method, until }: RemoteSession): RemoteSessionView {
  return { staffId: owner.staffId, state: 'ready', method, until, reason: null };
}

function reasonOf(problem: Problem): NonNullable<RemoteSessionView['reason']> {
  return endedByHand[problem.code] ?? { ja: problemText(problem, 'ja'), en: problemText(problem, 'en') };
}

/** Elsewhere these codes speak of a signature. */
const endedByHand: Partial<Record<ErrorCode, NonNullable<RemoteSessionView['reason']>>> = {
  CANCELLED_BY_USER: { ja: '認証は取り消されました。', en: 'The authentication was cancelled.' },
  EXPIRED: { ja: '認証の時間が切れました。もう一度認証してください。', en: 'Nobody authenticated in time. Authenticate again.' },
};

function keyOf({ clientId }: Caller, staffId: string): string {
  return JSON.stringify([clientId, staffId]);
}
