import type { Adapter, AdapterPayload } from 'oidc-provider';
import type { ServiceClock } from '../service-clock.ts';

/** Far more than one sandbox hands out in a day; the oldest goes first. */
const maxEntries = 20_000;

/**
 * Memory behind oidc-provider, which reads the machine's clock and has no other. What it stores is kept in the service's
 * time, and is handed back in the machine's: so the service's clock alone decides when something has run out.
 */
export class ProviderStorage {
  readonly #clock: ServiceClock;
  readonly #entries = new Map<string, AdapterPayload>();

  constructor(clock: ServiceClock) {
    this.#clock = clock;
  }

  /** `adapter` of oidc-provider's configuration. */
  readonly adapter = (model: string): Adapter => ({
    upsert: (id, payload) => {
      this.#store(`${model}:${id}`, this.#shifted(payload, this.ahead));
      return Promise.resolve();
    },
    find: (id) => Promise.resolve(this.#found(this.#entries.get(`${model}:${id}`))),
    findByUid: (uid) => Promise.resolve(this.#found(this.#search(model, (payload) => payload.uid === uid))),
    findByUserCode: (code) => Promise.resolve(this.#found(this.#search(model, (payload) => payload.userCode === code))),
    consume: (id) => {
      const payload = this.#entries.get(`${model}:${id}`);
      if (payload !== undefined) payload.consumed = this.#clock.seconds();
      return Promise.resolve();
    },
    destroy: (id) => {
      this.#entries.delete(`${model}:${id}`);
      return Promise.resolve();
    },
    revokeByGrantId: (grantId) => {
      for (const [key, payload] of this.#entries) if (payload.grantId === grantId) this.#entries.delete(key);
      return Promise.resolve();
    },
  });

  /** Every token that was handed out, and what could still become one, ends now. */
  revokeAll(): void {
    for (const key of this.#entries.keys()) if (/^(AccessToken|AuthorizationCode|Grant):/.test(key)) this.#entries.delete(key);
  }

  /** Seconds by which the service is ahead of the machine. */
  get ahead(): number {
    return this.#clock.seconds() - Math.floor(Date.now() / 1000);
  }

  #store(key: string, payload: AdapterPayload): void {
    this.#entries.delete(key);
    const [oldest] = this.#entries.keys();
    if (this.#entries.size >= maxEntries && oldest !== undefined) this.#entries.delete(oldest);
    this.#entries.set(key, payload);
  }

  #found(payload: AdapterPayload | undefined): AdapterPayload | undefined {
    return payload === undefined ? undefined : this.#shifted(payload, -this.ahead);
  }

  #search(model: string, fits: (payload: AdapterPayload) => boolean): AdapterPayload | undefined {
    for (const [key, payload] of this.#entries) if (key.startsWith(`${model}:`) && fits(payload)) return payload;
    return undefined;
  }

  #shifted(payload: AdapterPayload, seconds: number): AdapterPayload {
    const moved = structuredClone(payload);
    if (moved.exp !== undefined) moved.exp += seconds;
    if (moved.iat !== undefined) moved.iat += seconds;
    return moved;
  }
}
