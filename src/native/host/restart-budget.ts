/** How often a failing card host may be started again before a person has to look. */
export interface RestartLimit {
  readonly restarts: number;
  readonly withinMs: number;
}

export const defaultRestartLimit: RestartLimit = { restarts: 3, withinMs: 60_000 };

export class RestartBudget {
  readonly #limit: RestartLimit;
  #at: readonly number[] = [];

  constructor(limit: RestartLimit) {
    this.#limit = limit;
  }

  /** Takes one restart at time `now` (monotonic, ms); false when none is left. */
  take(now: number): boolean {
    const recent = this.#at.filter((at) => now - at < this.#limit.withinMs);
    if (recent.length >= this.#limit.restarts) return false;
    this.#at = [...recent, now];
    return true;
  }

  refill(): void {
    this.#at = [];
  }
}
