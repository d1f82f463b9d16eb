import type { IncomingMessage } from 'node:http';
import type { default as Provider, KoaContextWithOIDC } from 'oidc-provider';
import type { Exchange } from '../http/exchange.ts';
import type { Route } from '../http/route.ts';
import { oauthRoutes } from './shared-configuration.ts';

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

type EndpointName = 'token' | 'revocation' | 'device_authorization' | 'jwks' | 'authorization';

/** Routes that hand over to oidc-provider, named `<prefix>.<endpoint>`. */
export function oauthEndpoints(provider: Provider, prefix: string, endpoints: readonly EndpointName[], exchanges: ServedExchanges): readonly Route[] {
  const handOver = provider.callback();
  const route = (name: string, method: Route['method'], path: string): Route => ({
    name: `${prefix}.${name}`,
    method,
    path,
    async serve(exchange) {
      exchanges.remember(exchange);
      await handOver(exchange.request, exchange.response);
    },
  });
  return endpoints.flatMap((endpoint) => {
    const path = oauthRoutes[endpoint];
    const routes = [route(endpoint, endpoint === 'jwks' || endpoint === 'authorization' ? 'GET' : 'POST', path)];
    // Where a login goes on after it was interrupted for the person.
    return endpoint === 'authorization' ? [...routes, route('resume', 'GET', `${path}/:uid`)] : routes;
  });
}

/** RFC 8414 and OpenID Connect Discovery: one document at two addresses. */
export function discoveryRoutes(provider: Provider, prefix: string): readonly Route[] {
  const handOver = provider.callback();
  return ['oauth-authorization-server', 'openid-configuration'].map((name) => ({
    name: `${prefix}.discovery`,
    method: 'GET' as const,
    path: `/.well-known/${name}`,
    serve: async ({ request, response }) => handOver(request, response),
  }));
}
