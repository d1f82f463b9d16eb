import type { IncomingMessage } from 'node:http';
import type { default as Provider, KoaContextWithOIDC } from 'oidc-provider';
import type { Exchange } from '../http/exchange.ts';
import type { Route } from '../http/route.ts';

/** Which exchange a request that oidc-provider serves belongs to. */
export class ServedExchanges {
  readonly #exchanges = new WeakMap<IncomingMessage, Exchange>();

  remember(exchange: Exchange): void {
    this.#exchanges.set(exchange.request, exchange);
  }

  of(context: KoaContextWithOIDC): Exchange | undefined {
    return this.#exchanges.get(context.req);
  }
}

/** One endpoint that oidc-provider serves. */
export function handOver(provider: Provider, name: string, method: Route['method'], path: string, exchanges?: ServedExchanges): Route {
  const serve = provider.callback();
  return {
    name,
    method,
    path,
    async serve(exchange) {
      exchanges?.remember(exchange);
      await serve(exchange.request, exchange.response);
    },
  };
}

/** RFC 8414 and OpenID Connect Discovery: one document at two addresses. */
export function discoveryRoutes(provider: Provider, prefix: string): readonly Route[] {
  return ['oauth-authorization-server', 'openid-configuration'].map((document) =>
    handOver(provider, `${prefix}.discovery`, 'GET', `/.well-known/${document}`),
  );
}
