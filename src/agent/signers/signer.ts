/**
 * One way to have hashes signed, after a person has agreed. A card takes them one by one; a remote service may take
 * them all at once and still yields them in order.
 */
export interface Signer<Grant> {
  readonly method: 'local' | 'remote';
  /**
   * Yields the RSASSA-PKCS1-v1_5 signature of each SHA-256 hash, in order. Ends after the
   * values at hand when the signal aborts. What was yielded before an error stays valid.
   */
  sign(grant: Grant, hashes: readonly Uint8Array[], signal: AbortSignal): AsyncGenerator<Uint8Array, void, void>;
}

/** Which way a request goes. Remote signing is another signer behind the same interface. */
export type SigningMethod = Signer<unknown>['method'];
