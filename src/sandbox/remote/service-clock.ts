/** Where the service's time comes from: the machine, or a test's own clock. Milliseconds since 1970. */
export interface TimeSource {
  now(): number;
}

/** The service's time: a source, and an offset that tests move. Everything that the service dates or lets run out asks here. */
export class ServiceClock implements TimeSource {
  readonly #source: TimeSource;
  #offset = 0;

  constructor(source: TimeSource = { now: () => Date.now() }) {
    this.#source = source;
  }

  now(): number {
    return this.#source.now() + this.#offset;
  }

  date(): Date {
    return new Date(this.now());
  }

  /** As JWT and OAuth count: whole seconds since 1970. */
  seconds(): number {
    return Math.floor(this.now() / 1000);
  }

  /** Milliseconds by which the service is ahead of its source. */
  get offset(): number {
    return this.#offset;
  }

  set offset(milliseconds: number) {
    this.#offset = milliseconds;
  }
}
