import type { ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { CallCounter } from '../faults/calls.ts';
import type { WireFault } from '../faults/fault.ts';
import type { FaultInjector } from '../faults/fault-injector.ts';
import type { ServiceClock } from '../service-clock.ts';
import { RefusedRequest, type Exchange } from './exchange.ts';
import type { Route } from './route.ts';

/** Through here goes every call: it is counted, dated by the service's clock, and meets the faults that wait for it. */
export class Gate {
  readonly #calls: CallCounter;
  readonly #faults: FaultInjector;
  readonly #clock: ServiceClock;
  readonly #closing = new AbortController();
  readonly #errors: unknown[] = [];
  /** What `revoke-tokens` does. */
  revokeTokens: () => void = () => undefined;

  constructor(calls: CallCounter, faults: FaultInjector, clock: ServiceClock) {
    this.#calls = calls;
    this.#faults = faults;
    this.#clock = clock;
  }

  async pass(route: Route, exchange: Exchange): Promise<void> {
    const { name } = route;
    const { response } = exchange;
    this.#calls.receive(name);
    this.date(response);
    response.once('finish', () => this.#calls.answer(name, response.statusCode));
    for (const fault of this.#faults.takeWireFaults(name)) {
      if ((await this.#hit(fault, exchange)) === 'ended') return;
    }
    try {
      await route.serve(exchange);
    } catch (error) {
      if (!(error instanceof RefusedRequest)) throw error;
      exchange.answerJson(error.status, error.body);
    }
  }

  /** Every answer of a server tells one time, also that nothing is here. */
  date(response: ServerResponse): void {
    response.setHeader('Date', this.#clock.date().toUTCString());
  }

  /** A fault of the service's own, which a test must not take for one that it armed. */
  report(error: unknown): void {
    this.#errors.push(error);
  }

  get errors(): readonly unknown[] {
    return this.#errors;
  }

  /** Ends the waits of `latency`. */
  close(): void {
    this.#closing.abort();
  }

  async #hit(fault: WireFault, exchange: Exchange): Promise<'ended' | 'goes-on'> {
    const { request, response } = exchange;
    switch (fault.kind) {
      case 'latency':
        await delay(fault.milliseconds, undefined, { signal: this.#closing.signal }).catch(() => undefined);
        return 'goes-on';
      case 'status': {
        // Without a time it is the 503 of a machine in between, which does not know what became of the call.
        const error = fault.status === 429 || (fault.status === 503 && fault.retryAfter !== undefined) ? 'temporarily_unavailable' : 'server_error';
        exchange.answerJson(fault.status, { error }, fault.retryAfter === undefined ? {} : { 'Retry-After': String(fault.retryAfter) });
        return 'ended';
      }
      case 'half-open':
        await exchange.body();
        return 'ended';
      case 'cut-before-read':
        request.socket.destroy();
        return 'ended';
      case 'cut-after-read':
        await exchange.body();
        request.socket.destroy();
        return 'ended';
      case 'cut-after-work':
        // Whoever serves the call, oidc-provider too, ends its answer by `end`.
        response.end = () => {
          request.socket.destroy();
          return response;
        };
        return 'goes-on';
      case 'revoke-tokens':
        this.revokeTokens();
        return 'goes-on';
    }
  }
}
