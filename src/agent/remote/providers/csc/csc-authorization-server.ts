import type { Configuration, ServerMetadata } from 'openid-client';
import type { ServiceFetch } from '../../network/service-fetch.ts';
import { oauthClient, oauthFetch } from '../oauth/oauth-client.ts';
import type { ProviderParts } from '../provider-parts.ts';
import type { CscSettings } from '../../../config/remote-settings.ts';
import { discoverServer } from './discover-server.ts';

/** A day: addresses and keys of a service change rarely, but an agent runs for months. */
const discoveryMs = 24 * 60 * 60 * 1000;

/** The authorization server as it describes itself (RFC 8414), asked for again after a day, or after a failure at once. */
export class CscAuthorizationServer {
  readonly #settings: Pick<CscSettings, 'issuer' | 'clientId'>;
  readonly #parts: ProviderParts;
  #found: { readonly metadata: ServerMetadata; readonly at: number } | null = null;

  constructor(settings: Pick<CscSettings, 'issuer' | 'clientId'>, parts: ProviderParts) {
    this.#settings = settings;
    this.#parts = parts;
  }

  /** `fetch` in place of the usual one, for what the client asks; `until` ends that. */
  async client({ fetch = this.#parts.fetch, until }: { readonly fetch?: ServiceFetch; readonly until?: AbortSignal }): Promise<Configuration> {
    return oauthClient(await this.#metadata(until), this.#settings.clientId, { ...this.#parts, fetch }, until);
  }

  async #metadata(until: AbortSignal | undefined): Promise<ServerMetadata> {
    const { fetch, clock } = this.#parts;
    if (this.#found !== null && clock.monotonic() - this.#found.at < discoveryMs) return this.#found.metadata;
    this.#found = { metadata: await discoverServer(this.#settings, oauthFetch(fetch, clock, until)), at: clock.monotonic() };
    return this.#found.metadata;
  }
}
