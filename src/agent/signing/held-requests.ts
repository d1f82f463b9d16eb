import type { Clock } from '../ports.ts';
import type { LiveRequest } from './live-request.ts';
import type { SignatureResult } from './signature-service.ts';

export interface HoldingLimits {
  readonly ms: number;
  readonly bytes: number;
}

interface Held {
  readonly request: LiveRequest;
  endedAt: number | null;
  bytes: number;
}

/**
 * Requests that run, and for a while those that have ended, by id and by key. Ended ones go when their time is up or
 * when their documents take too much room, oldest first; the newest always stays. The journal knows the rest.
 */
export class HeldRequests {
  readonly #limits: HoldingLimits;
  readonly #clock: Clock;
  readonly #byId = new Map<string, Held>();
  readonly #byKey = new Map<string, Held>();
  /** In the order of their end. */
  readonly #ended = new Set<Held>();
  #bytes = 0;

  constructor(limits: HoldingLimits, clock: Clock) {
    this.#limits = limits;
    this.#clock = clock;
  }

  add(request: LiveRequest): void {
    const { id, key } = request.identity;
    const before = this.#byId.get(id);
    if (before) this.#remove(before);
    const held: Held = { request, endedAt: null, bytes: 0 };
    this.#byId.set(id, held);
    this.#byKey.set(key, held);
  }

  ended(request: LiveRequest): void {
    const held = this.#byId.get(request.identity.id);
    if (held?.request !== request || held.endedAt !== null) return;
    held.endedAt = this.#clock.monotonic();
    held.bytes = sizeOf(request.result);
    this.#bytes += held.bytes;
    this.#ended.add(held);
    this.#prune();
  }

  byId(id: string): LiveRequest | undefined {
    this.#prune();
    return this.#byId.get(id)?.request;
  }

  byKey(key: string): LiveRequest | undefined {
    this.#prune();
    return this.#byKey.get(key)?.request;
  }

  running(): readonly LiveRequest[] {
    return [...this.#byId.values()].filter(({ endedAt }) => endedAt === null).map(({ request }) => request);
  }

  #prune(): void {
    const oldest = this.#clock.monotonic() - this.#limits.ms;
    for (const held of this.#ended) {
      const isOld = held.endedAt !== null && held.endedAt <= oldest;
      const isTooMuch = this.#bytes > this.#limits.bytes && this.#ended.size > 1;
      if (!isOld && !isTooMuch) return;
      this.#remove(held);
    }
  }

  #remove(held: Held): void {
    const { id, key } = held.request.identity;
    if (this.#byId.get(id) === held) this.#byId.delete(id);
    if (this.#byKey.get(key) === held) this.#byKey.delete(key);
    if (this.#ended.delete(held)) this.#bytes -= held.bytes;
  }
}

function sizeOf(result: SignatureResult | null): number {
  const documents = result?.documents ?? [];
  return documents.reduce((sum, document) => sum + (document.state === 'signed' ? document.xml.length : 0), 0);
}
