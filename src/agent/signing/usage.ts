import type { SignaturePolicy } from './signature-policy.ts';

const hourMs = 60 * 60 * 1000;

/** How much was signed without a window since a person last looked: a PIN session's and a token's are counted alike. */
export class Usage {
  #documents: number;
  /** Monotonic times of the requests. */
  #requests: number[] = [];

  constructor(documents = 0) {
    this.#documents = documents;
  }

  /** Whether a request of so many documents is within the bounds. `now` is monotonic. */
  allows({ documentsPerSession, requestsPerHour }: SignaturePolicy['bounds'], documents: number, now: number): boolean {
    this.#requests = this.#requests.filter((at) => now - at < hourMs);
    return this.#documents + documents <= documentsPerSession && this.#requests.length < requestsPerHour;
  }

  take(documents: number, now: number): void {
    this.#documents += documents;
    this.#requests.push(now);
  }

  /** A person has confirmed: it is counted anew from here. */
  reset(): void {
    this.#documents = 0;
    this.#requests = [];
  }
}
