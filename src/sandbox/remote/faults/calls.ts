/** How often one endpoint was called, and how it answered. */
export interface CallCount {
  readonly received: number;
  /** Answers by status. A call that was cut off has none. */
  readonly answered: Readonly<Record<string, number>>;
}

/** Counts calls by endpoint, so that a test can say "called once". */
export class CallCounter {
  readonly #received = new Map<string, number>();
  readonly #answered = new Map<string, Map<string, number>>();

  receive(endpoint: string): void {
    this.#received.set(endpoint, this.received(endpoint) + 1);
  }

  answer(endpoint: string, status: number): void {
    const answers = this.#answered.get(endpoint) ?? new Map<string, number>();
    this.#answered.set(endpoint, answers.set(String(status), (answers.get(String(status)) ?? 0) + 1));
  }

  received(endpoint: string): number {
    return this.#received.get(endpoint) ?? 0;
  }

  all(): Readonly<Record<string, CallCount>> {
    return Object.fromEntries(
      [...this.#received].map(([endpoint, received]) => [endpoint, { received, answered: Object.fromEntries(this.#answered.get(endpoint) ?? []) }]),
    );
  }

  reset(): void {
    this.#received.clear();
    this.#answered.clear();
  }
}
