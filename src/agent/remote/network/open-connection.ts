import type { Duplex } from 'node:stream';
import type { SecureContext, TLSSocket } from 'node:tls';
import type { Clock } from '../../ports.ts';
import { NetworkError } from './network-error.ts';
import type { PeerChain } from './peer-chain.ts';
import { PhaseRunner, type ConnectionTimings, type Deadlines } from './phases.ts';
import type { ProxyAuthentication } from './proxy-authentication.ts';
import { bareHost, type ProxyRoute, type Route, type RoutePlan } from './proxy-route.ts';
import { openTunnel } from './proxy-tunnel.ts';
import { reachHost, type Endpoint } from './reach-host.ts';
import { secureSocket } from './secure-socket.ts';

/** A connection that is ready for a request. */
export interface OpenConnection {
  readonly socket: TLSSocket;
  readonly route: Route;
  readonly timings: ConnectionTimings;
  readonly peer: PeerChain;
  readonly protocol: string;
  /** End of the validity of the client certificate that was offered; null where none was. */
  readonly identityNotAfter: Date | null;
}

export interface ConnectionNeeds {
  readonly plan: RoutePlan;
  /** For the service: with the client certificate. */
  readonly context: SecureContext;
  /** For the proxy: the same CAs, and no client certificate. */
  readonly proxyContext: () => SecureContext;
  readonly authenticationFor: (proxy: ProxyRoute) => ProxyAuthentication;
  readonly identityNotAfter: Date | null;
  readonly issuerBefore: string | null;
  readonly deadlines: Deadlines;
  readonly clock: Clock;
}

/**
 * Opens a connection to the origin of `address` along the plan: name, TCP, the proxy's CONNECT, TLS. Where the system names
 * several proxies the next one is tried when one cannot be reached. Throws NetworkError, or the signal's reason.
 */
export async function openConnection(address: URL, needs: ConnectionNeeds, signal: AbortSignal): Promise<OpenConnection> {
  let failure: unknown;
  for (const route of needs.plan.routes) {
    try {
      return await openAlong(route, address, needs, signal);
    } catch (error) {
      const isProxyAway = error instanceof NetworkError && error.hop === 'proxy' && (error.phase === 'dns' || error.phase === 'tcp');
      if (!isProxyAway) throw error;
      failure ??= error;
    }
  }
  throw failure;
}

async function openAlong(route: Route, address: URL, needs: ConnectionNeeds, signal: AbortSignal): Promise<OpenConnection> {
  const { deadlines, clock, issuerBefore, identityNotAfter } = needs;
  const runner = new PhaseRunner(clock, signal);
  const port = Number(address.port || 443);
  const service: Endpoint = { hop: 'service', host: `${address.hostname}:${port}`, name: bareHost(address.hostname), port };
  const underlying = route.kind === 'direct' ? await reachHost(service, runner, deadlines) : await throughProxy(route);
  const { socket, peer, protocol } = await secureSocket({
    underlying,
    name: service.name,
    context: needs.context,
    phase: 'tls',
    circumstances: { hop: 'service', host: service.host, throughProxy: route.kind === 'proxy', issuerBefore, identityNotAfter, now: new Date(clock.now()) },
    runner,
    deadlines,
  });
  return { socket, route, timings: runner.timings, peer, protocol, identityNotAfter };

  function throughProxy(proxy: ProxyRoute): Promise<Duplex> {
    const endpoint: Endpoint = { hop: 'proxy', host: `${proxy.host}:${proxy.port}`, name: proxy.host, port: proxy.port };
    const reach = async (): Promise<Duplex> => {
      const socket = await reachHost(endpoint, runner, deadlines);
      if (!proxy.secure) return socket;
      const secured = await secureSocket({
        underlying: socket,
        name: proxy.host,
        context: needs.proxyContext(),
        phase: 'proxyTls',
        circumstances: { hop: 'proxy', host: endpoint.host, throughProxy: false, issuerBefore: null, identityNotAfter: null, now: new Date(clock.now()) },
        runner,
        deadlines,
      });
      return secured.socket;
    };
    return openTunnel({ proxy: endpoint, authority: service.host, authentication: needs.authenticationFor(proxy), reach, runner, deadlines });
  }
}
