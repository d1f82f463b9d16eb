import type { Clock } from '../ports.ts';
import type { ServiceFetch } from './network/service-fetch.ts';

interface Network {
  fetchFor(addresses: readonly string[]): ServiceFetch;
}

/** How far this clock may be from a service's: beyond it a login is refused (CLOCK_WRONG), and a signature carries a warning. */
export const tolerableSkewMs = 300_000;

/** Within this the wall clock keeps step with the monotonic one, unless somebody sets it or the machine sleeps. */
const stepMs = 60_000;

/** How often it is looked whether somebody has set the clock, of which no answer tells. */
const lookEveryMs = 30_000;

/** This machine's clock against the signing services' (HTTP Date, RFC 9110 §6.6.1), as the last answer of any told it. */
export class ServiceTime {
  readonly #clock: Clock;
  readonly #looks = new Set<() => void>();
  #last: { readonly skewMs: number; readonly step: number } | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The network whose services are heard here. */
  over(network: Network): Network {
    return { fetchFor: (addresses) => this.#hearing(network.fetchFor(addresses)) };
  }

  /** This clock minus the service's in milliseconds. Null where no service has told a time, or this clock was set since. */
  skewMs(): number | null {
    return this.#last !== null && Math.abs(this.#step() - this.#last.step) <= stepMs ? this.#last.skewMs : null;
  }

  /** So far from a service's that nobody can authenticate. */
  isOff(): boolean {
    return Math.abs(this.skewMs() ?? 0) > tolerableSkewMs;
  }

  /** Calls back when {@link isOff} has changed. Returns the unsubscribe function. */
  subscribe(listener: () => void): () => void {
    let before = this.isOff();
    const look = (): void => {
      if (this.isOff() === before) return;
      before = !before;
      listener();
    };
    const timer = setInterval(look, lookEveryMs).unref();
    this.#looks.add(look);
    return () => {
      clearInterval(timer);
      this.#looks.delete(look);
    };
  }

  #hearing(fetch: ServiceFetch): ServiceFetch {
    return async (address, init) => {
      const response = await fetch(address, init);
      const theirs = Date.parse(response.headers.get('date') ?? '');
      if (!Number.isNaN(theirs)) this.#last = { skewMs: this.#clock.now() - theirs, step: this.#step() };
      for (const look of [...this.#looks]) look();
      return response;
    };
  }

  #step(): number {
    return this.#clock.now() - this.#clock.monotonic();
  }
}
