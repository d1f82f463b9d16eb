/** What an administrator may change about the local API. Times are milliseconds, sizes are bytes. */
export interface ApiPolicy {
  /** Tried in this order; 0 is any free port (tests, demo). */
  readonly ports: readonly number[];
  /** Largest request body, at most {@link largestBodyLimit}. */
  readonly bodyLimit: number;
  /** Requests a minute of one client; half of them may come at once. */
  readonly requestsPerMinute: number;
  /** The same for callers that are not paired (health, pairing), per Origin. */
  readonly openRequestsPerMinute: number;
  readonly maxConnections: number;
  /** Connections that have not completed a request header; the oldest is dropped for a newer one. */
  readonly maxHalfOpen: number;
  /** Requests that are being read, waited for or answered. */
  readonly maxPending: number;
  readonly maxEventStreamsPerClient: number;
  readonly headersTimeout: number;
  /** From the first byte of a request to the last of its body. */
  readonly requestTimeout: number;
  readonly keepAliveTimeout: number;
  /** How often the timeouts above are looked at. */
  readonly timeoutCheckInterval: number;
  readonly eventHeartbeat: number;
  /** OS users, besides the agent's own, whose programs may connect. */
  readonly otherUsers: readonly string[];
}

export const largestBodyLimit = 16 * 1024 * 1024;

/** A body over the limit is still read up to here (and thrown away), so that the caller gets to read the 413. */
export function drainLimitOf(policy: Pick<ApiPolicy, 'bodyLimit'>): number {
  return Math.max(8 * 1024 * 1024, policy.bodyLimit * 2);
}

export const defaultApiPolicy: ApiPolicy = {
  ports: [17090, 17091, 17092, 17093, 17094, 17095, 17096, 17097, 17098, 17099],
  bodyLimit: 4 * 1024 * 1024,
  requestsPerMinute: 600,
  openRequestsPerMinute: 600,
  maxConnections: 512,
  maxHalfOpen: 128,
  maxPending: 256,
  maxEventStreamsPerClient: 8,
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  keepAliveTimeout: 75_000,
  timeoutCheckInterval: 2_000,
  eventHeartbeat: 15_000,
  otherUsers: [],
};
