import { randomBytes } from 'node:crypto';
import type { Clock } from '../../ports.ts';
import { Lane } from '../../signing/lane.ts';
import { readChallenges } from './auth-challenges.ts';
import { digestAuthorization, readDigestChallenge, strongest, type Credentials, type DigestChallenge } from './digest-access.ts';

/** Why a 407 cannot be answered. */
export type ProxyAuthenticationRefusal =
  | { readonly reason: 'no-credentials' }
  | { readonly reason: 'credentials-refused'; readonly user: string }
  /** The schemes that the proxy offers, as it calls them; none is spoken here, or only one that policy rules out. */
  | { readonly reason: 'scheme-not-supported'; readonly offered: readonly string[] };

export interface ProxyAuthenticationOptions {
  /** Asked for at each challenge. Null where none are set. */
  readonly credentials: () => Promise<Credentials | null>;
  /** Whether the password may be sent as it is (Basic). */
  readonly basic: boolean;
  readonly clock: Clock;
  readonly cnonce?: () => string;
}

/**
 * How long refused credentials are not tried again, in milliseconds: a proxy often asks a directory that locks the account
 * after a few wrong passwords, and a user's password for Windows is the same one.
 */
const refusalMs = 5 * 60_000;

/** One Proxy-Authorization header, and what a 407 to it has to be judged by. */
export interface ProxyAuthorization {
  readonly header: string;
  /** Null for Basic. */
  readonly nonce: string | null;
  /** How often the nonce was used with it. */
  readonly count: number;
}

type Chosen = { readonly scheme: 'basic' } | { readonly scheme: 'digest'; readonly challenge: DigestChallenge; count: number };

/**
 * Answers one proxy's 407 (RFC 9110 §11.7) and, once it knows what the proxy wants, spares the next connection the question:
 * a Digest nonce is used again with its count going up (RFC 7616 §3.4). Nothing is sent before the proxy has asked.
 */
export class ProxyAuthentication {
  readonly #options: ProxyAuthenticationOptions;
  #credentials: Credentials | null = null;
  #chosen: Chosen | null = null;
  #refusedUntil = 0;
  #isProven = false;
  readonly #unproven = new Lane();

  constructor(options: ProxyAuthenticationOptions) {
    this.#options = options;
  }

  /**
   * Resolves when a connection may begin, to what ends its turn. Until the proxy has accepted one, they begin one after the
   * other: six at once with a wrong password would be six wrong passwords.
   */
  async turn(signal: AbortSignal): Promise<() => void> {
    return this.#isProven ? () => undefined : this.#unproven.enter(signal);
  }

  /** The proxy has let a connection pass, or refused it for another reason than who asked. */
  accepted(): void {
    this.#isProven = true;
  }

  /** Set while credentials that were refused are not to be tried again. */
  get refusal(): ProxyAuthenticationRefusal | null {
    if (this.#credentials === null || this.#options.clock.monotonic() >= this.#refusedUntil) return null;
    return { reason: 'credentials-refused', user: this.#credentials.user };
  }

  /** The header for a first try; undefined until the proxy has asked once. */
  authorize(authority: string): ProxyAuthorization | undefined {
    if (this.#chosen === null || this.#credentials === null) return undefined;
    return this.#header(this.#chosen, this.#credentials, authority);
  }

  /**
   * Takes a 407 in; `sent` is what it answers. Resolves with the header for the next try, or says why there is none:
   * credentials that the proxy has refused are not sent to it again.
   */
  async challenged(field: string, sent: ProxyAuthorization | undefined, authority: string): Promise<ProxyAuthorization | ProxyAuthenticationRefusal> {
    const challenges = readChallenges(field);
    const digest = strongest(challenges.filter(({ scheme }) => scheme === 'digest').flatMap(({ parameters }) => readDigestChallenge(parameters) ?? []));
    // A stale nonce says that the password was right (RFC 7616 §3.3). So does a new nonce where the old one had been
    // accepted before: some proxies forget nonces without saying stale.
    const isForgotten = sent !== undefined && sent.nonce !== null && sent.count > 1 && digest !== undefined && digest.nonce !== sent.nonce;
    const isRefused = sent !== undefined && digest?.stale !== true && !isForgotten;
    if (isRefused && this.#credentials !== null) {
      this.#refusedUntil = this.#options.clock.monotonic() + refusalMs;
      this.#isProven = false;
      this.#chosen = null;
      return { reason: 'credentials-refused', user: this.#credentials.user };
    }
    if (digest === undefined && !(this.#options.basic && challenges.some(({ scheme }) => scheme === 'basic'))) {
      return { reason: 'scheme-not-supported', offered: challenges.map(({ scheme }) => scheme) };
    }
    this.#credentials = await this.#options.credentials();
    if (this.#credentials === null) return { reason: 'no-credentials' };
    this.#chosen = digest === undefined ? { scheme: 'basic' } : { scheme: 'digest', challenge: digest, count: 0 };
    return this.#header(this.#chosen, this.#credentials, authority);
  }

  #header(chosen: Chosen, credentials: Credentials, authority: string): ProxyAuthorization {
    if (chosen.scheme === 'basic') {
      const pair = Buffer.from(`${credentials.user}:${credentials.password}`, 'utf8').toString('base64');
      return { header: `Basic ${pair}`, nonce: null, count: 1 };
    }
    const { challenge } = chosen;
    const count = (chosen.count += 1);
    const cnonce = this.#options.cnonce?.() ?? randomBytes(16).toString('base64url');
    return { header: digestAuthorization(challenge, credentials, { method: 'CONNECT', uri: authority, cnonce, count }), nonce: challenge.nonce, count };
  }
}
