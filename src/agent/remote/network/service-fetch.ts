/** What a call may say beside the fetch standard's own options. */
export interface ServiceRequestInit {
  readonly method?: string | undefined;
  readonly headers?: RequestInit['headers'] | undefined;
  readonly body?: string | URLSearchParams | Uint8Array | ArrayBuffer | ReadableStream | null | undefined;
  /** Ends the call; it then rejects with the signal's reason, as fetch does. */
  readonly signal?: AbortSignal | null | undefined;
  /** Accepted for what calls fetch by its standard; any value means `manual`. */
  readonly redirect?: RequestInit['redirect'] | undefined;
  /**
   * Whether carrying it out twice is as good as once (RFC 9110 §9.2.2). GET, HEAD and OPTIONS are unless this says no;
   * everything else is not unless this says yes. What is not repeatable is sent again only where nothing has left.
   */
  readonly repeatable?: boolean | undefined;
}

/**
 * `fetch` for the services of one provider, as the fetch standard has it, and narrower:
 *
 * - Only https addresses whose origin was named when it was made; another one rejects before anything happens. A redirect
 *   is never followed: it comes back as the answer that it is.
 *   SECURITY: test/attacks/row-28-provider-addresses.test.ts
 * - It resolves when the answer is here whole (16 MiB at most), so reading `json()` or `text()` cannot fail by the network.
 *   Any status resolves; which status means what is for the caller to say. (A page of nginx that says why it refused the
 *   client certificate is no answer of the service and rejects as such.)
 * - It rejects with NetworkError (network-error.ts) whatever failed, and with `signal.reason` when the caller ended it. `sent`
 *   of the error says whether the service may have carried the request out. A request that is not repeatable and whose
 *   answer was lost rejects with REMOTE_ANSWER_LOST; it was sent once, and nothing here sends it again.
 * - What never left is tried up to three times. What is repeatable is tried again after a lost answer too, and after
 *   429 and 503 (RFC 9110 §10.2.3, Retry-After) where the wait is short; else the answer is the caller's.
 * - Every phase has a deadline of its own. The client certificate, the proxy and its password, the CAs and the breaker of
 *   the host are the network's affair and nothing that a call can change.
 *
 * openid-client takes it as it is: `config[customFetch] = network.fetchFor([issuer])`.
 */
export type ServiceFetch = (address: string | URL, init?: ServiceRequestInit) => Promise<Response>;
