import type { Clock } from '../../ports.ts';

type BreakerState =
  | { readonly state: 'closed'; readonly failures: number }
  | { readonly state: 'open'; readonly until: number; readonly openedMs: number }
  | { readonly state: 'half-open'; readonly openedMs: number };

export interface BreakerBounds {
  /** Failures in a row that open it. */
  readonly failures: number;
  /** How long it stays open first, and at most as that doubles, in milliseconds. */
  readonly firstMs: number;
  readonly longestMs: number;
}

export const usualBounds: BreakerBounds = { failures: 5, firstMs: 10_000, longestMs: 120_000 };

/** One call that was let through. Exactly one of the three is to be called, once. */
export interface Passage {
  succeeded(): void;
  failed(): void;
  /** The caller gave up: nothing is known. */
  abandoned(): void;
}

/**
 * Keeps calls from a host that fails: after some failures in a row nobody calls for a while, then one call tries it, and all
 * go on when that one succeeds. Doctors who wait are told at once when to try again, and a service that comes back is not
 * met by every terminal of the country at the same time.
 */
export class Breaker {
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #bounds: BreakerBounds;
  #state: BreakerState = { state: 'closed', failures: 0 };

  constructor(clock: Pick<Clock, 'monotonic'>, bounds: BreakerBounds = usualBounds) {
    this.#clock = clock;
    this.#bounds = bounds;
  }

  /** A passage, or the milliseconds until it is worth asking again. */
  enter(): Passage | number {
    const now = this.#clock.monotonic();
    if (this.#state.state === 'half-open') return this.#bounds.firstMs;
    if (this.#state.state === 'open') {
      if (now < this.#state.until) return this.#state.until - now;
      this.#state = { state: 'half-open', openedMs: this.#state.openedMs };
    }
    return {
      succeeded: () => (this.#state = { state: 'closed', failures: 0 }),
      failed: () => this.#failed(),
      abandoned: () => {
        if (this.#state.state === 'half-open') this.#state = { state: 'open', until: 0, openedMs: this.#state.openedMs };
      },
    };
  }

  /** For how long nobody is let through, in milliseconds. */
  closedMs(): number {
    return this.#state.state === 'open' ? Math.max(0, this.#state.until - this.#clock.monotonic()) : 0;
  }

  /** The service itself has said for how long it is not to be called (503 with Retry-After). */
  hold(milliseconds: number): void {
    this.#open(milliseconds, this.#state.state === 'closed' ? this.#bounds.firstMs : this.#state.openedMs);
  }

  #failed(): void {
    const { failures: limit, firstMs, longestMs } = this.#bounds;
    switch (this.#state.state) {
      case 'closed': {
        const failures = this.#state.failures + 1;
        if (failures < limit) this.#state = { state: 'closed', failures };
        else this.#open(firstMs, firstMs);
        return;
      }
      case 'half-open': {
        const openedMs = Math.min(longestMs, this.#state.openedMs * 2);
        this.#open(openedMs, openedMs);
        return;
      }
      case 'open':
        // A call that was on its way when it opened.
        return;
    }
  }

  #open(milliseconds: number, openedMs: number): void {
    this.#state = { state: 'open', until: this.#clock.monotonic() + milliseconds, openedMs };
  }
}
