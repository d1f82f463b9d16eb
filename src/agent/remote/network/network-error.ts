import type { NetworkErrorCode } from '../../../contract/error-codes.ts';
import { ProblemError } from '../../../contract/problem.ts';
import type { Bilingual } from '../../../formats/bilingual.ts';

/** Where a connection was when it failed, in the order in which it is made. `connect` is the proxy's answer to CONNECT. */
export type NetworkPhase = 'dns' | 'tcp' | 'connect' | 'tls' | 'http';

export interface NetworkFailure {
  readonly code: NetworkErrorCode;
  /** Null where nothing was tried: a setting is missing, or the breaker is open. */
  readonly phase: NetworkPhase | null;
  /** Who failed: the proxy, or the service behind it. */
  readonly hop: 'proxy' | 'service';
  /** Host and port of that hop, as policy has them. Never a path, a query or a user name. */
  readonly host: string;
  /**
   * `never`: not one byte of the request has left, or the other side has proven that it did not take it; sending it again
   * is safe. `maybe`: the service may have carried it out.
   */
  readonly sent: 'never' | 'maybe';
  readonly detail: Bilingual;
  /** When it is worth trying again, where somebody has said so (Retry-After, breaker). */
  readonly retryAfterSeconds?: number;
}

/**
 * The one error of the network. It is a ProblemError, so whoever does not handle it hands on its code, cause and remedy in
 * both languages.
 */
export class NetworkError extends ProblemError {
  readonly code: NetworkErrorCode;
  readonly phase: NetworkPhase | null;
  readonly hop: 'proxy' | 'service';
  readonly host: string;
  readonly sent: 'never' | 'maybe';

  constructor({ code, phase, hop, host, sent, detail, retryAfterSeconds }: NetworkFailure, options?: ErrorOptions) {
    super({ code, detail, ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }) }, options);
    this.code = code;
    this.phase = phase;
    this.hop = hop;
    this.host = host;
    this.sent = sent;
  }
}
