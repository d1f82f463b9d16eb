import type { SessionMethod } from '../../contract/api.ts';
import type { Problem } from '../../contract/problem.ts';
import type { Bilingual } from '../../formats/bilingual.ts';
import type { AuditStatement } from '../audit/audit-entry.ts';
import type { Audit } from '../audit/audit-log.ts';
import { fault, type Log } from '../log.ts';
import type { Prompts } from '../ports.ts';
import { askUntil, DeadlinePassed } from '../signing/ask-until.ts';
import { readCard } from '../signing/card-fitness.ts';
import { reasonOfAbort, type Lane } from '../signing/lane.ts';
import { cancelledBy, isAway } from '../signing/request-end.ts';
import type { SignaturePolicy } from '../signing/signature-policy.ts';
import type { StaffBindings } from '../signing/staff-bindings.ts';
import { ownershipOf } from '../signing/staff-ownership.ts';
import type { TokenOwner } from '../tokens/token-store.ts';
import { AuthenticationFlight, type Passenger } from './authentication-flight.ts';
import type { AuthenticationTask, AuthenticationWindowParts } from './authentication-task.ts';
import { AuthenticationWindow } from './authentication-window.ts';
import { LeftAuthentication } from './left-authentication.ts';
import type { PersonCheck } from './person-check.ts';
import type { RemoteProvider, RemoteToken } from './remote-provider.ts';
import type { RemoteSession } from './remote-session.ts';
import { accountNotes, type RemoteSessionDesk } from './remote-session-desk.ts';
import type { UnfittingAnswer } from './unfitting-answer.ts';
import { whyNotHere } from './why-not-here.ts';

export interface AuthenticationsParts extends Omit<AuthenticationWindowParts, 'methods' | 'hiddenMethods' | 'providerOf' | 'prompts' | 'facility'> {
  readonly prompts: Pick<Prompts, 'openAuthentication' | 'notify' | 'loginPageTakesCards'>;
  readonly providers: readonly RemoteProvider[];
  /** Asked before each authentication: a certificate may be imported meanwhile. */
  readonly facility: () => Promise<string | null>;
  /** What the terminal's role lets it offer, in order. */
  readonly methods: readonly SessionMethod[];
  readonly sessions: RemoteSessionDesk;
  readonly people: PersonCheck;
  readonly bindings: StaffBindings;
  readonly policy: Pick<SignaturePolicy, 'staff'>;
  readonly audit: Pick<Audit, 'append'>;
  /** Windows come one after another, those of signatures too. */
  readonly windows: Lane;
  readonly log: Log;
}

const facilityMs = 2000;

/**
 * Authentications of this terminal. Whoever asks for one that is under way joins it, so that one doctor of one client is
 * never asked twice at once; the codes of two are never on the screen together.
 */
export class Authentications {
  readonly #parts: AuthenticationsParts;
  readonly #flights = new Map<string, AuthenticationFlight>();
  readonly #methods: readonly SessionMethod[];
  readonly #lastMethod = new Map<string, SessionMethod>();

  constructor(parts: AuthenticationsParts) {
    this.#parts = parts;
    this.#methods = parts.methods.filter((method) => this.#findProvider(method) !== undefined);
  }

  /** What may be offered here; none where this terminal does not authenticate. */
  get methods(): readonly SessionMethod[] {
    return this.#methods;
  }

  /** Policy offers it, but the login page cannot use a card here. */
  isPageWithoutCards(method: SessionMethod): boolean {
    return this.#parts.methods.includes(method) && !this.#methods.includes(method) && this.#parts.providers.some(({ methods }) => methods.includes(method));
  }

  /** Why {@link methods} is empty. */
  get whyNone(): Bilingual {
    return this.#parts.methods.some((method) => this.isPageWithoutCards(method)) ? whyNotHere.pageWithoutCards : whyNotHere.noWay;
  }

  isUnderWay(clientId: string, staffId: string): boolean {
    return this.#flights.has(keyOf(clientId, staffId));
  }

  /**
   * Resolves with the session that serves from now on, or when the person wants to sign with the card. Rejects as the
   * authentication ends, or with the passenger's own signal.
   */
  join(passenger: Passenger): Promise<RemoteSession | 'use_card'> {
    const key = keyOf(passenger.caller.clientId, passenger.staff.id);
    return (this.#flights.get(key) ?? this.#start(key, passenger)).take(passenger);
  }

  async close(): Promise<void> {
    const flights = [...this.#flights.values()];
    for (const flight of flights) flight.stop(cancelledBy('shutdown'));
    await Promise.all(flights.map((flight) => flight.landed()));
  }

  #start(key: string, first: Passenger): AuthenticationFlight {
    const flight = new AuthenticationFlight((signal, report) => this.#fly(first, signal, report));
    this.#flights.set(key, flight);
    void flight.landed().then(() => this.#flights.delete(key));
    return flight;
  }

  async #fly(first: Passenger, signal: AbortSignal, report: AuthenticationTask['report']): Promise<RemoteSession | 'use_card'> {
    const { windows, sessions } = this.#parts;
    const before = sessions.find(first.caller.clientId, first.staff.id);
    const leave = await windows.enter(signal);
    try {
      // The wait for the lane may have been for an authentication that serves here too.
      const now = sessions.find(first.caller.clientId, first.staff.id);
      if (now !== undefined && now !== before) return now;
      const facility = await this.#facility(signal);
      const hiddenMethods = this.#parts.methods.filter((method) => this.isPageWithoutCards(method));
      const parts = { ...this.#parts, facility, methods: this.#methods, hiddenMethods, providerOf: (method: SessionMethod) => this.#providerOf(method) };
      return await new AuthenticationWindow(parts, this.#task(first, report), signal).run();
    } finally {
      leave();
    }
  }

  /** No window waits long for the certificate's file on a share that is gone, or for a locked key store: it only names the facility. */
  async #facility(signal: AbortSignal): Promise<string | null> {
    try {
      return await askUntil(signal, facilityMs, () => this.#parts.facility());
    } catch (error) {
      if (!(error instanceof DeadlinePassed)) throw error;
      return null;
    }
  }

  #task(first: Passenger, report: AuthenticationTask['report']): AuthenticationTask {
    const { caller, staff, documents, canUseCard } = first;
    const { sessions } = this.#parts;
    const ownerAt = (provider: RemoteProvider): TokenOwner => ({ clientId: caller.clientId, staffId: staff.id, provider: provider.name });
    return {
      caller,
      staff,
      documents,
      canUseCard,
      suggested: this.#suggested(first),
      report,
      mayUse: (reader) => {
        const card = reader.state === 'ready' ? readCard(reader.card) : null;
        return card === null || ownershipOf(card.certificate, staff.id, this.#parts.bindings, this.#parts.policy.staff) !== 'other';
      },
      began: (method) => this.#record(first, method, { event: 'authentication.started', result: 'ok' }),
      failed: (method, problem, unfitting) => this.#failed(first, method, problem, unfitting),
      accept: (provider, token, until) => this.#accept(first, provider, token, until),
      discard: (provider, late) => sessions.discardLate(ownerAt(provider), late),
    };
  }

  /** SECURITY: a token becomes a session only of the person who was asked for (test/unit/agent/remote/authentication.test.ts). */
  async #accept(first: Passenger, provider: RemoteProvider, token: RemoteToken, signal: AbortSignal): Promise<RemoteSession> {
    const { people, sessions } = this.#parts;
    const { caller, staff } = first;
    try {
      await people.expectPerson(staff, provider, token, signal);
      await this.#record(first, token.method, {
        event: 'authentication.approved',
        result: 'ok',
        notes: [...accountNotes(provider.name, token.subject), `until=${token.expiresAt.toISOString()}`],
      });
      signal.throwIfAborted();
    } catch (error) {
      await sessions.discard({ clientId: caller.clientId, staffId: staff.id, provider: provider.name }, token);
      throw error;
    }
    this.#lastMethod.set(keyOf(caller.clientId, staff.id), token.method);
    const session = await sessions.begin(caller, staff, provider, token);
    if (!signal.aborted) return session;
    // Whoever ended it meanwhile found no session yet, and was told that there is none.
    const reason = reasonOfAbort(signal);
    await sessions.end(session, reason instanceof LeftAuthentication || isAway(reason) ? 'person' : 'caller');
    throw reason;
  }

  /** An answer with another login's state or nonce may be an injected one, so it is told apart from a refusal. */
  async #failed(first: Passenger, method: SessionMethod, { code }: Problem, unfitting: UnfittingAnswer['by']): Promise<void> {
    const isOther = code === 'AUTHENTICATED_OTHER_PERSON';
    await this.#record(first, method, { event: isOther ? 'authentication.mismatch' : 'authentication.refused', result: code, notes: unfitting === null ? [] : [`why=${unfitting}`] });
  }

  /** What a log line about an authentication cannot be written for is still an authentication: the signature's line is what counts. */
  async #record({ caller, staff }: Passenger, method: SessionMethod, statement: Pick<AuditStatement, 'event' | 'result' | 'notes'>): Promise<void> {
    const { audit, log } = this.#parts;
    await audit
      .append({ ...statement, caller, staffId: staff.id, method: 'remote', notes: [`method=${method}`, ...(statement.notes ?? [])] })
      .catch((error: unknown) => log.error('audit.failed', { fault: fault(error) }));
  }

  #suggested({ caller, staff, suggested }: Passenger): SessionMethod {
    const wished = suggested ?? this.#lastMethod.get(keyOf(caller.clientId, staff.id));
    const [first] = this.#methods;
    if (first === undefined) throw new Error('this terminal does not authenticate');
    return wished !== undefined && this.#methods.includes(wished) ? wished : first;
  }

  #providerOf(method: SessionMethod): RemoteProvider {
    const provider = this.#findProvider(method);
    if (provider === undefined) throw new Error('no provider offers this method');
    return provider;
  }

  /** Of two that offer a method, the first with which it works here. */
  #findProvider(method: SessionMethod): RemoteProvider | undefined {
    const { providers, prompts } = this.#parts;
    const worksHere = ({ cardLogin }: RemoteProvider): boolean => method === 'smartphone' || cardLogin === 'driver' || prompts.loginPageTakesCards;
    return providers.find((provider) => provider.methods.includes(method) && worksHere(provider));
  }
}

function keyOf(clientId: string, staffId: string): string {
  return JSON.stringify([clientId, staffId]);
}
