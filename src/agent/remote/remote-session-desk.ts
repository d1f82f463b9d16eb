import type { Audit } from '../audit/audit-log.ts';
import type { AuditStatement } from '../audit/audit-entry.ts';
import { code, fault, type Log } from '../log.ts';
import type { Caller, Clock, Prompts, Staff } from '../ports.ts';
import { askUntil } from '../signing/ask-until.ts';
import { endOf } from '../signing/request-end.ts';
import { sha256 } from '../signing/request-fingerprint.ts';
import { Usage } from '../signing/usage.ts';
import { ownerKey, type KeptToken, type LeftToken, type TokenStore } from '../tokens/token-store.ts';
import type { IssuedToken, RemoteProvider, RemoteToken } from './remote-provider.ts';
import { isToRevoke, Lifetime, type RemoteSession, type SessionEnd } from './remote-session.ts';
import { sessionNotices } from './session-notices.ts';

export interface SessionDeskParts {
  readonly providers: ReadonlyMap<string, RemoteProvider>;
  readonly store: TokenStore;
  readonly audit: Pick<Audit, 'append'>;
  readonly prompts: Pick<Prompts, 'notify'>;
  readonly clock: Clock;
  readonly log: Log;
  /** Host name and OS user, for people. */
  readonly terminal: string;
}

interface Kept {
  readonly session: RemoteSession;
  readonly lifetime: Lifetime;
  isWarned: boolean;
}

interface Whose extends Pick<RemoteSession, 'owner'> {
  /** Null where nothing that names the person was verified. */
  readonly subject: string | null;
}

/** How long before its end a session says so. */
export const warningMs = 60 * 60 * 1000;
const never = new AbortController().signal;
const lookEveryMs = 30_000;
/** For how long an end waits for the provider to hear of it. */
export const revocationMs = 10_000;

/**
 * The authentications that are in force. A session ends by the time that the provider's answer gave, on a person's or a
 * caller's word, and as soon as anything that it brought back does not verify.
 * SECURITY: it serves the client that opened it and the staff member for whom it was opened, nobody else
 * (test/unit/agent/signing/remote-requests.test.ts).
 */
export class RemoteSessionDesk {
  readonly #parts: SessionDeskParts;
  readonly #kept = new Map<string, Kept>();
  readonly #listeners = new Set<() => void>();
  #timer: NodeJS.Timeout | undefined;
  /** Ends of sessions and revocations that are under way, whoever waits for them. */
  readonly #endings = new Set<Promise<void>>();

  constructor(parts: SessionDeskParts) {
    this.#parts = parts;
  }

  /** Takes up what an earlier run has left. What it signed is not known, so a person confirms before the next signature. */
  async open(): Promise<void> {
    const left = await this.#parts.store.takeLeft();
    // Not waited for: a service that cannot be reached must not hold up the start.
    for (const token of left) void this.#beforeClose(this.#endLeft(token));
    for (const kept of await this.#parts.store.list()) {
      if (this.#parts.providers.has(kept.owner.provider)) this.#keep(kept, kept.owner.staffId, new Usage(Number.POSITIVE_INFINITY));
      else {
        await this.#parts.store.delete(kept.owner);
        await this.#beforeClose(this.#recordLeft(kept, 'service_removed'));
      }
    }
    this.#timer = setInterval(() => void this.look(), lookEveryMs).unref();
  }

  /** The session that serves this staff member of this client now. */
  find(clientId: string, staffId: string): RemoteSession | undefined {
    const found = [...this.#kept.values()].find(({ session: { owner } }) => owner.clientId === clientId && owner.staffId === staffId);
    return found !== undefined && this.#left(found) > 0 ? found.session : undefined;
  }

  list(): readonly RemoteSession[] {
    return [...this.#kept.values()].filter((kept) => this.#left(kept) > 0).map(({ session }) => session);
  }

  /** The token of a session, for one use. Undefined where it has ended meanwhile. */
  async token(session: RemoteSession): Promise<RemoteToken | undefined> {
    const kept = this.#kept.get(ownerKey(session.owner));
    if (kept?.session !== session || this.#left(kept) <= 0) return undefined;
    const token = await this.#parts.store.get(session.owner);
    if (token === undefined) await this.end(session, this.#left(kept) > 0 ? 'unreadable' : 'expired');
    return token;
  }

  /** Opens a session by a token whose person was checked. It takes the place of the one before. Throws STORAGE_FAILED. */
  async begin(caller: Caller, staff: Staff, provider: RemoteProvider, token: RemoteToken): Promise<RemoteSession> {
    const { store, audit, prompts, clock, terminal } = this.#parts;
    const owner = { clientId: caller.clientId, staffId: staff.id, provider: provider.name };
    const before = this.find(caller.clientId, staff.id);
    if (before) await this.end(before, 'replaced');
    try {
      await store.put(owner, token);
    } catch (error) {
      await this.discard(owner, token);
      throw error;
    }
    const { subject, method, expiresAt } = token;
    const session = this.#keep({ owner, subject, method, expiresAt }, staff.name, new Usage());
    try {
      await audit.append({ ...this.#statement(session), event: 'token.stored', result: 'ok', caller });
    } catch (error) {
      await this.end(session, 'unrecorded');
      throw error;
    }
    prompts.notify(sessionNotices.began(session, terminal, clock.now()));
    return session;
  }

  /** Forgets the session first and tells the provider then: whatever the network does, it is over here. */
  end(session: RemoteSession, why: SessionEnd): Promise<void> {
    return this.#beforeClose(this.#end(session, why));
  }

  async #end(session: RemoteSession, why: SessionEnd): Promise<void> {
    const { store, log, prompts } = this.#parts;
    if (this.#kept.get(ownerKey(session.owner))?.session !== session) return;
    this.#forget(session);
    let token: RemoteToken | undefined;
    try {
      token = isToRevoke(why) ? await store.get(session.owner) : undefined;
      await store.delete(session.owner);
    } catch (error) {
      log.error('token.not_deleted', { error: fault(error) });
    }
    if (why === 'refused') {
      prompts.notify(sessionNotices.refused(session));
      await this.#record(session, { event: 'token.refused', result: 'TOKEN_EXPIRED' });
    }
    await this.#record(session, { event: 'authentication.ended', result: 'ok', notes: [`why=${why}`] });
    if (token !== undefined) await this.#revoke(session, token);
  }

  /** A token that never became a session: somebody else's, a late one, or one that names nobody because its answer was refused. */
  discard(owner: KeptToken['owner'], token: IssuedToken & Partial<Pick<RemoteToken, 'subject'>>): Promise<void> {
    return this.#beforeClose(this.#revoke({ owner, subject: token.subject ?? null }, token));
  }

  /**
   * What a login that failed or was left may still bring. A service that is silent holds the agent's end up no longer than a
   * revocation.
   */
  discardLate(owner: KeptToken['owner'], late: Promise<IssuedToken | null>): void {
    const discarded = late.then((token) => (token === null ? undefined : this.discard(owner, token)));
    void this.#beforeClose(askUntil(never, revocationMs, () => discarded).catch(() => undefined));
  }

  async endAll(why: SessionEnd): Promise<void> {
    // SECURITY: the system may end this process before anything that is awaited (test/unit/agent/remote/remote-session-desk.test.ts).
    if (why === 'log_off') this.#parts.store.removeFromDisk();
    await Promise.all([...this.#kept.values()].map(({ session }) => this.end(session, why)));
  }

  async endOfClient(clientId: string): Promise<void> {
    const theirs = [...this.#kept.values()].filter(({ session }) => session.owner.clientId === clientId);
    await Promise.all(theirs.map(({ session }) => this.end(session, 'client_revoked')));
  }

  /** Ends what is over and warns of what soon will be. Every half minute, and whenever somebody asks. */
  async look(): Promise<void> {
    const { prompts, clock } = this.#parts;
    for (const kept of [...this.#kept.values()]) {
      const left = this.#left(kept);
      if (left <= 0) {
        await this.end(kept.session, 'expired');
        prompts.notify(sessionNotices.expired(kept.session));
      } else if (left <= warningMs && !kept.isWarned) {
        kept.isWarned = true;
        prompts.notify(sessionNotices.endsSoon(kept.session, clock.now()));
        this.#tell();
      }
    }
  }

  /** Calls back when a session began, ended, or comes near its end. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Tokens that only this process knows go with it, and the provider is told so. The network and the audit log close after
   * this, so what nobody else waits for is waited for here.
   */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    if (!this.#parts.store.survivesRestart) await this.endAll('shutdown');
    while (this.#endings.size > 0) await Promise.allSettled(this.#endings);
  }

  async #beforeClose(ending: Promise<void>): Promise<void> {
    this.#endings.add(ending);
    try {
      await ending;
    } finally {
      this.#endings.delete(ending);
    }
  }

  #keep({ owner, subject, method, expiresAt }: KeptToken, staffName: string, usage: Usage): RemoteSession {
    const { clock } = this.#parts;
    const session: RemoteSession = { owner, subject, method, until: expiresAt, staffName, usage };
    const lifetime = new Lifetime({ expiresAt }, clock.now(), clock.monotonic());
    const kept: Kept = { session, lifetime, isWarned: false };
    // One that is short from the beginning needs no warning: the window has just said until when.
    kept.isWarned = this.#left(kept) <= warningMs;
    this.#kept.set(ownerKey(owner), kept);
    this.#tell();
    return session;
  }

  #forget(session: RemoteSession): void {
    this.#kept.delete(ownerKey(session.owner));
    this.#tell();
  }

  #left({ lifetime }: Kept): number {
    return lifetime.left(this.#parts.clock.now(), this.#parts.clock.monotonic());
  }

  /** The machine was off, lost its power, or the agent was killed, before the end could be heard of. */
  async #endLeft({ secret, why, ...token }: LeftToken): Promise<void> {
    const { owner, subject } = token;
    const isKnown = this.#parts.providers.has(owner.provider);
    await this.#recordLeft(token, isKnown || why === 'expired' ? why : 'service_removed');
    if (secret === null) return;
    if (isKnown) await this.#revoke({ owner, subject }, { ...token, secret });
    else secret.fill(0);
  }

  /** The line is written later than the end, so it says until when the token lives. */
  #recordLeft({ owner, subject, expiresAt }: KeptToken, why: SessionEnd): Promise<void> {
    return this.#record({ owner, subject }, { event: 'authentication.ended', result: 'ok', notes: [`why=${why}`, `until=${expiresAt.toISOString()}`] });
  }

  async #revoke(session: Whose, token: IssuedToken): Promise<void> {
    const { providers, log } = this.#parts;
    let result = 'ok';
    try {
      await providers.get(session.owner.provider)?.revoke(token, AbortSignal.timeout(revocationMs));
    } catch (error) {
      result = isOutOfTime(error) ? 'PROVIDER_UNREACHABLE' : (endOf(error)?.problem.code ?? 'INTERNAL');
      log.warn('token.not_revoked', { code: code(result), error: fault(error) });
    } finally {
      token.secret.fill(0);
    }
    await this.#record(session, { event: 'token.revoked', result });
  }

  /** What has ended has ended, whether or not the disk takes the line. */
  async #record(session: Whose, statement: Pick<AuditStatement, 'event' | 'result' | 'notes'>): Promise<void> {
    const { audit, log } = this.#parts;
    const common = this.#statement(session);
    await audit
      .append({ ...common, ...statement, notes: [...(common.notes ?? []), ...(statement.notes ?? [])] })
      .catch((error: unknown) => log.error('audit.failed', { fault: fault(error) }));
  }

  #statement({ owner, subject }: Whose): Pick<AuditStatement, 'staffId' | 'method' | 'notes'> {
    return { staffId: owner.staffId, method: 'remote', notes: accountNotes(owner.provider, subject) };
  }

  #tell(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}

/** The reason of a signal that AbortSignal.timeout has made. */
function isOutOfTime(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'TimeoutError';
}

/** Which account it was, without the name that the provider gives it. */
export function accountNotes(provider: string, subject: string | null): readonly string[] {
  return [`provider=${provider}`, ...(subject === null ? [] : [`subjectSha256=${sha256(subject)}`])];
}
