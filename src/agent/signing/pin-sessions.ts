import type { CardHost, CardStackState, PinEntry, PinSessionId } from '../../native/host/card-host.ts';
import type { Clock } from '../ports.ts';
import type { SigningCard } from '../../native/host/card-host.ts';
import { Usage } from './usage.ts';
import { longestPinSessionMs, pinMsPerDocument, type SignaturePolicy } from './signature-policy.ts';

/** Who may use a PIN session: one program for one staff member, nobody else. */
export interface SessionOwner {
  readonly clientId: string;
  readonly staffId: string;
}

export interface OpenPinSession {
  readonly id: PinSessionId;
  readonly card: SigningCard;
}

interface Kept extends OpenPinSession {
  readonly expiresAt: number;
  readonly usage: Usage;
}

/**
 * PIN sessions that serve without a window, as policy allows. Each belongs to one client and one staff member and is
 * bounded in documents, in requests an hour and in time; beyond a bound a person confirms again.
 * SECURITY: one caller never uses what another one's doctor has unlocked
 * (test/unit/agent/signing/signature-requests.test.ts).
 */
export class PinSessions {
  readonly #cards: Pick<CardHost, 'endPinSession'>;
  readonly #policy: Pick<SignaturePolicy, 'pin' | 'bounds'>;
  readonly #clock: Clock;
  readonly #kept = new Map<string, Kept>();

  constructor(cards: Pick<CardHost, 'endPinSession'>, policy: Pick<SignaturePolicy, 'pin' | 'bounds'>, clock: Clock) {
    this.#cards = cards;
    this.#policy = policy;
    this.#clock = clock;
  }

  /** What a PIN may do that is typed for a request of so many documents. */
  boundsFor(documents: number): Pick<PinEntry, 'maxSignatures' | 'lifetimeMs'> {
    const lifetimeMs = this.#lifetimeMs();
    if (lifetimeMs === null) return { maxSignatures: documents, lifetimeMs: documents * pinMsPerDocument };
    const { documentsPerSession } = this.#policy.bounds;
    return { maxSignatures: Math.max(documents, documentsPerSession), lifetimeMs: Math.max(lifetimeMs, documents * pinMsPerDocument) };
  }

  /** The request in whose window the PIN was typed is done: keep its session for the next ones, or end it. */
  async finish(owner: SessionOwner, session: OpenPinSession, documents: number): Promise<void> {
    const lifetimeMs = this.#lifetimeMs();
    if (lifetimeMs === null) {
      await this.#end(session.id);
      return;
    }
    await this.drop(owner);
    this.#kept.set(nameOf(owner), {
      ...session,
      expiresAt: this.#clock.monotonic() + lifetimeMs,
      usage: new Usage(documents),
    });
  }

  /** The session that may serve so many documents now without a window. Takes its share of the bounds. */
  use(owner: SessionOwner, documents: number): OpenPinSession | undefined {
    const kept = this.#usable(owner, documents);
    if (kept === undefined) return undefined;
    kept.usage.take(documents, this.#clock.monotonic());
    return kept;
  }

  peek(owner: SessionOwner, documents: number): OpenPinSession | undefined {
    return this.#usable(owner, documents);
  }

  async drop(owner: SessionOwner): Promise<void> {
    const kept = this.#kept.get(nameOf(owner));
    this.#kept.delete(nameOf(owner));
    if (kept) await this.#end(kept.id);
  }

  /** A card that has left its reader takes its session with it. */
  async dropRemoved(state: CardStackState): Promise<void> {
    const ready = state.service === 'running' ? state.readers.filter((reader) => reader.state === 'ready') : [];
    const gone = [...this.#kept].filter(
      ([, { card }]) => !ready.some((reader) => reader.reader === card.reader && reader.card.certificateSha256 === card.certificateSha256),
    );
    for (const [name] of gone) this.#kept.delete(name);
    await Promise.all(gone.map(([, { id }]) => this.#end(id)));
  }

  async endAll(): Promise<void> {
    const all = [...this.#kept.values()];
    this.#kept.clear();
    await Promise.all(all.map(({ id }) => this.#end(id)));
  }

  /** Ends a session in the card host; one that has ended already is what was wanted. */
  async end(id: PinSessionId): Promise<void> {
    await this.#end(id);
  }

  #usable(owner: SessionOwner, documents: number): Kept | undefined {
    const kept = this.#kept.get(nameOf(owner));
    if (kept === undefined) return undefined;
    const now = this.#clock.monotonic();
    return now < kept.expiresAt && kept.usage.allows(this.#policy.bounds, documents, now) ? kept : undefined;
  }

  #lifetimeMs(): number | null {
    const { pin } = this.#policy;
    if (pin === 'every-signature') return null;
    return pin === 'until-card-removed' ? longestPinSessionMs : pin.minutes * 60_000;
  }

  async #end(id: PinSessionId): Promise<void> {
    await this.#cards.endPinSession(id).catch(() => undefined);
  }
}

function nameOf({ clientId, staffId }: SessionOwner): string {
  return JSON.stringify([clientId, staffId]);
}
