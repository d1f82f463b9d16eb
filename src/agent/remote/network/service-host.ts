import { code, place, type Log } from '../../log.ts';
import type { Clock } from '../../ports.ts';
import { Breaker, type BreakerBounds } from './breaker.ts';
import { ConnectionPool } from './connection-pool.ts';
import { ExchangeLost } from './exchange-lost.ts';
import { exchangeFailure, refusalIn } from './exchange-failures.ts';
import { suspended } from './network-failures.ts';
import { NetworkError } from './network-error.ts';
import type { ConnectionTimings } from './phases.ts';
import { mayTryAgain, mostTries, pauseBefore, retryAfterMs, retryWithinMs, speaksAgainstHost } from './retry-policy.ts';
import type { ServiceConnection, WireAnswer, WireRequest } from './service-connection.ts';

/** What one try took and how it ended. Holds nothing of its content. */
export interface ExchangeReport {
  readonly host: string;
  readonly method: string;
  readonly route: 'direct' | 'proxy' | null;
  /** Null where an open connection was used again, or none came to be. */
  readonly connection: ConnectionTimings | null;
  /** Milliseconds from the request to the first byte of the answer, and of the whole try. */
  readonly firstByteMs: number | null;
  readonly totalMs: number;
  readonly status: number | null;
  readonly failure: NetworkError | null;
}

export interface ServiceHostOptions {
  /** `host:port`, for errors and reports. */
  readonly host: string;
  readonly open: (signal: AbortSignal) => Promise<ServiceConnection>;
  readonly clock: Clock;
  readonly pause: (milliseconds: number, signal: AbortSignal) => Promise<void>;
  readonly random: () => number;
  readonly log: Log;
  readonly onExchange: (report: ExchangeReport) => void;
  readonly breakerBounds?: BreakerBounds;
}

/** The service may be told to be left alone for this long at most, in milliseconds. */
const longestHoldMs = 10 * 60_000;

/**
 * How long a connection may have been idle to carry a call that cannot be repeated, in milliseconds. One that was idle for
 * longer may be dead without either side knowing, and the call's answer would be lost with it.
 */
const idleMs = { repeatable: 60_000, once: 10_000 } as const;

/** One host as callers see it: its connections, its breaker, and when a call is tried again. */
export class ServiceHost {
  readonly #options: ServiceHostOptions;
  readonly #pool: ConnectionPool;
  readonly #breaker: Breaker;

  constructor(options: ServiceHostOptions) {
    this.#options = options;
    this.#pool = new ConnectionPool(options.open);
    this.#breaker = new Breaker(options.clock, options.breakerBounds);
  }

  /** Throws NetworkError, or the signal's reason. */
  async call(request: WireRequest, repeatable: boolean, signal: AbortSignal): Promise<WireAnswer> {
    const { clock, pause, random } = this.#options;
    const begun = clock.monotonic();
    const hasTimeFor = (ms: number): boolean => clock.monotonic() - begun + ms <= retryWithinMs;
    for (let tries = 1; ; tries += 1) {
      const pauseMs = pauseBefore(tries + 1, random());
      try {
        const answer = await this.#throughBreaker(request, repeatable, signal);
        const retryMs = this.#retryAfter(answer);
        if (!repeatable || retryMs === null || tries === mostTries || !hasTimeFor(retryMs)) return answer;
        // A timer may be early: it counts from the time that the event loop had, the breaker from now.
        let left = retryMs;
        do {
          await pause(left, signal);
          left = this.#breaker.closedMs();
        } while (left > 0 && hasTimeFor(left));
      } catch (error) {
        const isWorthIt = error instanceof NetworkError && mayTryAgain(error, repeatable) && tries < mostTries && hasTimeFor(pauseMs);
        if (!isWorthIt) throw error;
        await pause(pauseMs, signal);
      }
    }
  }

  closeIdle(): void {
    this.#pool.closeIdle();
  }

  close(): void {
    this.#pool.close();
  }

  /** Milliseconds that the service wants to be left alone; null where it answered, or named no time. */
  #retryAfter({ status, headers }: WireAnswer): number | null {
    if (status !== 429 && status !== 503) return null;
    return retryAfterMs(headers.find(([name]) => name === 'retry-after')?.[1] ?? null, this.#options.clock.now());
  }

  async #throughBreaker(request: WireRequest, repeatable: boolean, signal: AbortSignal): Promise<WireAnswer> {
    const { host, clock } = this.#options;
    const passage = this.#breaker.enter();
    if (typeof passage === 'number') throw suspended(host, clock.now(), passage);
    try {
      const answer = await this.#once(request, repeatable, signal);
      if ([502, 503, 504].includes(answer.status)) passage.failed();
      else passage.succeeded();
      // 429 may be meant for one person's token alone; 503 speaks for the whole service.
      const retryMs = this.#retryAfter(answer);
      if (answer.status === 503 && retryMs !== null && retryMs > 0) this.#breaker.hold(Math.min(retryMs, longestHoldMs));
      return answer;
    } catch (error) {
      if (error instanceof NetworkError && speaksAgainstHost(error)) passage.failed();
      else passage.abandoned();
      throw error;
    }
  }

  async #once(request: WireRequest, repeatable: boolean, signal: AbortSignal): Promise<WireAnswer> {
    const { clock, host } = this.#options;
    const now = (): Date => new Date(clock.now());
    const begun = clock.monotonic();
    let used: ServiceConnection | null = null;
    let isNew = false;
    const report = (end: Pick<ExchangeReport, 'firstByteMs' | 'status' | 'failure'>): void =>
      this.#report({
        host,
        method: request.method,
        route: used?.opened.route.kind ?? null,
        connection: used !== null && isNew ? used.opened.timings : null,
        totalMs: clock.monotonic() - begun,
        ...end,
      });
    try {
      const answer = await this.#pool.with(repeatable ? idleMs.repeatable : idleMs.once, signal, async (connection) => {
        used = connection;
        isNew = connection.isFresh;
        try {
          const answered = await connection.exchange(request, signal);
          const refusal = refusalIn(answered, connection, host, now());
          if (refusal !== null) throw refusal;
          return answered;
        } catch (error) {
          if (!(error instanceof ExchangeLost)) throw error;
          throw exchangeFailure(error, connection, host, now(), repeatable);
        }
      });
      report({ firstByteMs: answer.firstByteMs, status: answer.status, failure: null });
      return answer;
    } catch (error) {
      if (error instanceof NetworkError) report({ firstByteMs: null, status: null, failure: error });
      throw error;
    }
  }

  #report(report: ExchangeReport): void {
    const { connection, failure } = report;
    const ms = (value: number | null | undefined): number | null => (value === null || value === undefined ? null : Math.round(value));
    const fields = {
      host: place(report.host),
      method: code(report.method),
      route: report.route === null ? null : code(report.route),
      dnsMs: ms(connection?.dns),
      tcpMs: ms(connection?.tcp),
      connectMs: ms(connection?.connect),
      tlsMs: ms(connection?.tls),
      firstByteMs: ms(report.firstByteMs),
      totalMs: ms(report.totalMs),
    };
    if (failure === null) this.#options.log.info('network.exchange', { ...fields, status: report.status });
    else this.#options.log.warn('network.failed', { ...fields, code: code(failure.code), phase: failure.phase === null ? null : code(failure.phase), sent: code(failure.sent) });
    this.#options.onExchange(report);
  }
}
