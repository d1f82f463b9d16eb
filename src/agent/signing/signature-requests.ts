import { randomUUID } from 'node:crypto';
import type { ProblemError } from '../../contract/problem.ts';
import type { CardHost } from '../../native/host/card-host.ts';
import type { Audit } from '../audit/audit-log.ts';
import { code, fault, identifier, type Log } from '../log.ts';
import type { Caller, Clock, Prompts } from '../ports.ts';
import type { ServiceTime } from '../remote/service-time.ts';
import { whyNotHere } from '../remote/why-not-here.ts';
import { LocalSigner } from '../signers/local-signer.ts';
import { acceptDocuments, type DocumentPlan } from './accept-documents.ts';
import { askUntil, DeadlinePassed } from './ask-until.ts';
import { CallerAttendance, callerGraceMs } from './caller-attendance.ts';
import { HeldRequests, type HoldingLimits } from './held-requests.ts';
import { isAnswerLost, type Journal, type JournalEntry } from './journal.ts';
import { Lane } from './lane.ts';
import { LiveRequest, type LiveRequestIdentity } from './live-request.ts';
import { PinSessions } from './pin-sessions.ts';
import { cancelledBy, endOf, problem, type RequestEnd } from './request-end.ts';
import { fingerprintBody, fingerprintKey } from './request-fingerprint.ts';
import { RequestWays, type RemoteSigning, type WaysParts } from './request-ways.ts';
import { maxWaitingRequests, resultsHeld, type SignaturePolicy } from './signature-policy.ts';
import { SignatureRelease } from './signature-release.ts';
import type { SignatureRequest, SignatureService, SignatureSnapshot } from './signature-service.ts';
import type { StaffBindings } from './staff-bindings.ts';
import { Verifiers, type TrustSource } from './verifiers.ts';

export interface SignatureRequestsOptions {
  readonly prompts: Prompts;
  readonly cards: CardHost;
  readonly journal: Journal;
  readonly audit: Audit;
  readonly bindings: StaffBindings;
  /** Anchors, chains and CRLs as they are now; the same object as long as nothing has changed. */
  readonly trust: TrustSource;
  readonly policy: SignaturePolicy;
  readonly clock: Clock;
  readonly log: Log;
  /** What the services of remote signing say of this clock. */
  readonly serviceTime?: Pick<ServiceTime, 'skewMs'>;
  readonly held?: HoldingLimits;
  /** Signing in the cloud; missing where no provider is configured. */
  readonly remote?: RemoteSigning | null;
  /** Windows come one after another; shared with those of authentications. */
  readonly windows?: Lane;
  /** Ids of requests; random by default. */
  readonly newId?: () => string;
}

/** Whose request it is, before it has an id. */
type Arrival = Omit<LiveRequestIdentity, 'id' | 'startedAt'>;

/** All signature requests of one agent: joins what is asked twice, runs the rest, and remembers how each ended. */
export class SignatureRequests implements SignatureService {
  readonly #options: SignatureRequestsOptions;
  readonly #held: HeldRequests;
  readonly #verifiers: Verifiers;
  readonly #pinSessions: PinSessions;
  readonly #release: SignatureRelease;
  readonly #ways: RequestWays;
  readonly #cardLanes = new Map<string, Lane>();
  readonly #listeners = new Map<string, Set<(snapshot: SignatureSnapshot) => void>>();
  readonly #running = new Set<Promise<void>>();
  readonly #attendance: CallerAttendance;
  readonly #watchers = new Set<() => void>();
  readonly #unsubscribe: () => void;

  constructor(options: SignatureRequestsOptions) {
    this.#options = options;
    const { cards, clock, policy, trust } = options;
    this.#held = new HeldRequests(options.held ?? resultsHeld, clock);
    this.#verifiers = new Verifiers(trust, () => clock.now());
    this.#pinSessions = new PinSessions(cards, policy, clock);
    this.#release = new SignatureRelease({ ...options, verifiers: this.#verifiers });
    const parts: WaysParts = {
      ...options,
      pinSessions: this.#pinSessions,
      signer: new LocalSigner(cards),
      windows: options.windows ?? new Lane(),
      cardLane: (certificateSha256) => this.#cardLane(certificateSha256),
      waitingCallers: (except) => this.#waitingCallers(except),
      onQueueChange: (listener) => this.watch(listener),
      verifyAhead: (...of) => this.#release.verifyAhead(...of),
    };
    this.#ways = new RequestWays(parts, options.remote ?? null, this.#release);
    this.#attendance = new CallerAttendance(callerGraceMs, (live) => this.#callerGone(live));
    this.#unsubscribe = cards.subscribe((state) => void this.#pinSessions.dropRemoved(state));
  }

  async submit(caller: Caller, idempotencyKey: string, request: SignatureRequest): Promise<SignatureSnapshot> {
    const key = fingerprintKey(caller.clientId, idempotencyKey);
    const body = fingerprintBody(request);
    // Up to the registration of the new request nothing is awaited, so that two of the same cannot both begin.
    const known = this.#held.byKey(key);
    if (known) {
      if (known.identity.body !== body) throw problem('IDEMPOTENCY_CONFLICT');
      if (!known.hasEnded || known.result) {
        this.#attendance.asked(known);
        return known.snapshot();
      }
    }
    const entry = this.#options.journal.findByKey(key);
    if (entry && entry.body !== body) throw problem('IDEMPOTENCY_CONFLICT');
    const arrival: Arrival = { caller, staff: request.staff, key, body };
    if (entry?.recipe && entry.signed) return this.#repeat(arrival, request, entry);
    return this.#begin(arrival, request, entry ?? null);
  }

  get(caller: Caller, id: string): SignatureSnapshot | undefined {
    const live = this.#held.byId(id);
    if (live) {
      if (live.identity.caller.clientId !== caller.clientId) return undefined;
      this.#attendance.asked(live);
      return live.snapshot();
    }
    const entry = this.#options.journal.findById(id);
    return entry?.client === caller.clientId ? snapshotOf(entry) : undefined;
  }

  async settled(caller: Caller, id: string, waitMs: number, signal: AbortSignal): Promise<SignatureSnapshot | undefined> {
    const live = this.#held.byId(id);
    if (live?.identity.caller.clientId !== caller.clientId || live.hasEnded) return this.get(caller, id);
    let unsubscribe = (): void => undefined;
    const left = this.#attendance.waits(live);
    try {
      return await askUntil(signal, waitMs, () => {
        return new Promise<SignatureSnapshot>((resolve) => {
          unsubscribe = live.onChange((snapshot) => {
            if (live.hasEnded) resolve(snapshot);
          });
        });
      });
    } catch (error) {
      if (error instanceof DeadlinePassed || signal.aborted) return live.snapshot();
      throw error;
    } finally {
      unsubscribe();
      left({ cutOff: signal.aborted });
    }
  }

  cancel(caller: Caller, id: string): SignatureSnapshot | undefined {
    const live = this.#held.byId(id);
    if (live?.identity.caller.clientId === caller.clientId) live.stop(cancelledBy('caller'));
    return this.get(caller, id);
  }

  subscribe(clientId: string, listener: (snapshot: SignatureSnapshot) => void): () => void {
    const listeners = this.#listeners.get(clientId) ?? new Set();
    this.#listeners.set(clientId, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size > 0 || this.#listeners.get(clientId) !== listeners) return;
      this.#listeners.delete(clientId);
      for (const live of this.#held.running()) if (live.identity.caller.clientId === clientId) this.#attendance.streamEnded(live);
    };
  }

  /** Requests that have not ended. */
  unended(): number {
    return this.#held.running().length;
  }

  /** Calls back when a request has come, moved on or ended, whoever's it is. Returns the unsubscribe function. */
  watch(listener: () => void): () => void {
    this.#watchers.add(listener);
    return () => this.#watchers.delete(listener);
  }

  /** Screen lock, suspend or log-off: the next signature asks for the PIN again. */
  endPinSessions(): Promise<void> {
    return this.#pinSessions.endAll();
  }

  async close(): Promise<void> {
    for (const live of this.#held.running()) live.stop(cancelledBy('shutdown'));
    await Promise.all(this.#running);
    this.#unsubscribe();
    await this.#pinSessions.endAll();
  }

  /** Asking again does not help where this terminal offers no way to authenticate. */
  #noWayToTheCloud(): ProblemError {
    const { remote } = this.#options;
    return remote ? problem('AUTHENTICATION_NOT_OFFERED', remote.authentications.whyNone) : problem('NOT_AUTHENTICATED', whyNotHere.notConfigured);
  }

  #begin(arrival: Arrival, request: SignatureRequest, entry: JournalEntry | null): SignatureSnapshot {
    const recipe = entry?.recipe ?? null;
    if (!this.#options.policy.terminal.signs) throw problem('TERMINAL_DOES_NOT_SIGN');
    if (request.method === 'remote' && !this.#ways.canSignRemotely(arrival.caller, request)) throw this.#noWayToTheCloud();
    if (this.#held.running().length > maxWaitingRequests) throw problem('BUSY');
    this.#options.journal.ready();
    // By the time that a journalled recipe states, so that the answer to a repeated request is the answer to the first.
    const plan = acceptDocuments(request, this.#verifiers.plain(), recipe?.signingTime ?? this.#options.clock.now(), this.#options.serviceTime?.skewMs() ?? null);
    const live = this.#register({ ...arrival, id: recipe?.id ?? this.#newId() });
    // An earlier run may have signed by this recipe: it stays in force however this one ends.
    live.keyUsed = recipe !== null;
    void this.#track(
      live,
      this.#ways.sign(live, plan, request, entry).then((result) => live.release(result)),
    );
    return live.snapshot();
  }

  async #repeat(arrival: Arrival, request: SignatureRequest, entry: JournalEntry): Promise<SignatureSnapshot> {
    const live = this.#register({ ...arrival, id: entry.id });
    live.keyUsed = true;
    const at = entry.recipe?.signingTime ?? this.#options.clock.now();
    const plan = (): DocumentPlan => acceptDocuments({ ...request, partial: true }, this.#verifiers.plain(), at);
    live.dispatch({ type: 'signing_began', total: request.documents.length });
    await this.#track(
      live,
      this.#release.repeat(live, request.documents, entry, plan).then((result) => live.release(result)),
    );
    return live.snapshot();
  }

  #register(identity: Omit<LiveRequestIdentity, 'startedAt'>): LiveRequest {
    const live = new LiveRequest({ ...identity, startedAt: this.#options.clock.now() });
    live.onChange((snapshot) => {
      for (const listener of [...(this.#listeners.get(identity.caller.clientId) ?? [])]) listener(snapshot);
      this.#changed();
    });
    this.#held.add(live);
    this.#changed();
    return live;
  }

  #track(live: LiveRequest, work: Promise<void>): Promise<void> {
    const tracked = work
      .catch((error: unknown) => this.#end(live, error))
      .finally(() => {
        this.#held.ended(live);
        this.#changed();
        this.#running.delete(tracked);
      });
    this.#running.add(tracked);
    return tracked;
  }

  /** Written down first, then told. That it cannot be written down does not make it untrue. */
  async #end(live: LiveRequest, error: unknown): Promise<void> {
    const end = endOf(error) ?? this.#internal(live, error);
    const { id, key, body, caller, staff, startedAt } = live.identity;
    const { state } = end;
    const notRecorded = (cause: unknown): void => {
      this.#options.log.warn('signature.end_not_recorded', { request: identifier(id), error: fault(cause) });
    };
    await this.#options.journal
      .record({ type: 'ended', at: startedAt, id, key, body, client: caller.clientId, state, code: end.problem.code, keyUsed: live.keyUsed })
      .catch(notRecorded);
    await this.#options.audit
      .append({
        event: `signature.${state}`,
        result: end.problem.code,
        caller,
        staffId: staff.id,
        request: id,
        method: live.method,
        startedAt: new Date(startedAt),
        ...(end.by === null ? {} : { notes: [`by=${end.by}`] }),
      })
      .catch(notRecorded);
    live.dispatch({ type: state, problem: end.problem });
  }

  #internal(live: LiveRequest, error: unknown): RequestEnd {
    const { id } = live.identity;
    this.#options.log.error('signature.internal', { request: identifier(id), state: code(live.phase.state), error: fault(error) });
    return { state: 'failed', problem: { code: 'INTERNAL', detail: null, reference: id }, by: null };
  }

  /** What a card has begun is finished and held: the caller may come for it. */
  #callerGone(live: LiveRequest): void {
    const { clientId } = live.identity.caller;
    if (this.#listeners.has(clientId) || live.phase.state === 'signing') return;
    live.stop(cancelledBy('caller_gone'));
  }

  #changed(): void {
    for (const watcher of [...this.#watchers]) watcher();
  }

  #cardLane(certificateSha256: string): Lane {
    const lane = this.#cardLanes.get(certificateSha256) ?? new Lane();
    this.#cardLanes.set(certificateSha256, lane);
    return lane;
  }

  #waitingCallers(except: LiveRequest): readonly string[] {
    return this.#held
      .running()
      .filter((live) => live !== except && live.phase.state === 'received')
      .map((live) => live.identity.caller.clientName);
  }

  #newId(): string {
    return this.#options.newId?.() ?? randomUUID();
  }
}

/** What the journal alone still tells about a request. */
function snapshotOf(entry: JournalEntry): SignatureSnapshot {
  const base = { id: entry.id, reason: null, result: null };
  if (entry.signed) return { ...base, state: 'signed', problem: { code: 'RESULT_NOT_HELD', detail: null } };
  if (entry.ended) return { ...base, state: entry.ended.state, problem: { code: entry.ended.code, detail: null } };
  if (isAnswerLost(entry)) return { ...base, state: 'failed', problem: { code: 'REMOTE_ANSWER_LOST', detail: null } };
  return { ...base, state: 'failed', problem: { code: 'INTERRUPTED', detail: null } };
}
