/** A token bucket per key: `perMinute` refill evenly, half of a minute's worth may come at once. */
export class RateLimiter {
  readonly #perMillisecond: number;
  readonly #burst: number;
  readonly #now: () => number;
  readonly #buckets = new Map<string, { tokens: number; at: number }>();
  /** Keys come from callers (Origins): the oldest bucket goes when there are more. */
  readonly #maxKeys = 1024;

  constructor(perMinute: number, now: () => number) {
    this.#perMillisecond = perMinute / 60_000;
    this.#burst = Math.max(1, Math.ceil(perMinute / 2));
    this.#now = now;
  }

  /** Takes one request. 0 when it may pass, else the whole seconds to wait. */
  take(key: string): number {
    const now = this.#now();
    let bucket = this.#buckets.get(key);
    if (bucket === undefined) {
      bucket = { tokens: this.#burst, at: now };
      this.#makeRoom();
      this.#buckets.set(key, bucket);
    }
    bucket.tokens = Math.min(this.#burst, bucket.tokens + (now - bucket.at) * this.#perMillisecond);
    bucket.at = now;
    if (bucket.tokens < 1) return Math.max(1, Math.ceil((1 - bucket.tokens) / this.#perMillisecond / 1000));
    bucket.tokens -= 1;
    return 0;
  }

  #makeRoom(): void {
    if (this.#buckets.size < this.#maxKeys) return;
    for (const oldest of this.#buckets.keys()) {
      this.#buckets.delete(oldest);
      return;
    }
  }
}
