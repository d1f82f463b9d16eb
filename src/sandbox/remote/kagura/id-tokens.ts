import type { AuthenticationMethod } from '../authorization/authenticated-person.ts';
import type { RemotePerson } from '../people.ts';
import type { ServiceClock } from '../service-clock.ts';

interface Issued {
  readonly person: RemotePerson;
  readonly method: AuthenticationMethod;
  readonly grantId: string;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

export type BearerAnswer = { readonly state: 'valid'; readonly person: RemotePerson } | { readonly state: 'expired' | 'unknown' };

/** The ID tokens that serve as bearers here. Only those that were handed out, letter by letter, and until they end. */
export class IdTokens {
  readonly #clock: ServiceClock;
  readonly #issued = new Map<string, Issued>();

  constructor(clock: ServiceClock) {
    this.#clock = clock;
  }

  issue(token: string, issued: Issued): void {
    this.#issued.set(token, issued);
  }

  check(token: string): BearerAnswer {
    const issued = this.#issued.get(token);
    if (issued === undefined) return { state: 'unknown' };
    return this.#clock.now() < issued.expiresAt ? { state: 'valid', person: issued.person } : { state: 'expired' };
  }

  /** False where it was none of ours. */
  revoke(token: string): boolean {
    return this.#issued.delete(token);
  }

  /** The access token that was handed out together with it has ended. */
  revokeGrant(grantId: string): void {
    for (const [token, issued] of this.#issued) if (issued.grantId === grantId) this.#issued.delete(token);
  }

  revokeAll(): void {
    this.#issued.clear();
  }
}
