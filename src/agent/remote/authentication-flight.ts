import type { SessionMethod } from '../../contract/api.ts';
import type { Caller, Staff } from '../ports.ts';
import { reasonOfAbort } from '../signing/lane.ts';
import { cancelledBy } from '../signing/request-end.ts';
import type { AuthenticationStep } from './authentication-step.ts';
import type { RemoteSession } from './remote-session.ts';

/** Somebody who waits for an authentication: a signature request, or an EHR that asks ahead of time. */
export interface Passenger {
  readonly caller: Caller;
  readonly staff: Staff;
  readonly documents: number;
  /** A card of this person may do instead. */
  readonly canUseCard: boolean;
  readonly suggested: SessionMethod | null;
  readonly signal: AbortSignal;
  readonly onStep: (step: AuthenticationStep) => void;
}

export type Landing = RemoteSession | 'use_card';

/** One authentication and all who wait for it. It ends early when nobody does any more. */
export class AuthenticationFlight {
  readonly #stopped = new AbortController();
  readonly #aboard = new Set<Passenger>();
  readonly #landing: Promise<Landing>;
  #step: AuthenticationStep | null = null;

  constructor(fly: (signal: AbortSignal, report: (step: AuthenticationStep) => void) => Promise<Landing>) {
    this.#landing = fly(this.#stopped.signal, (step) => this.#report(step));
    // Whoever is aboard hears of it; the last one may have left.
    this.#landing.catch(() => undefined);
  }

  take(passenger: Passenger): Promise<Landing> {
    const { signal } = passenger;
    if (signal.aborted) return Promise.reject(reasonOfAbort(signal));
    this.#aboard.add(passenger);
    if (this.#step) passenger.onStep(this.#step);
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.#aboard.delete(passenger);
        if (this.#aboard.size === 0) this.stop(cancelledBy('caller'));
        reject(reasonOfAbort(signal));
      };
      signal.addEventListener('abort', leave, { once: true });
      this.#landing.then(resolve, reject).finally(() => {
        signal.removeEventListener('abort', leave);
        this.#aboard.delete(passenger);
      });
    });
  }

  stop(reason: Error): void {
    this.#stopped.abort(reason);
  }

  /** Resolves when it is over, however it ended. */
  landed(): Promise<void> {
    return this.#landing.then(
      () => undefined,
      () => undefined,
    );
  }

  #report(step: AuthenticationStep): void {
    this.#step = step;
    for (const passenger of [...this.#aboard]) passenger.onStep(step);
  }
}
