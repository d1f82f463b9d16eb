import { setTimeout as wait } from 'node:timers/promises';
import { serviceAddress } from '../../config/addresses.ts';
import type { Settings } from '../../config/settings.ts';
import { silentLog, type Log } from '../../log.ts';
import type { Clock, SecretStore } from '../../ports.ts';
import type { BreakerBounds } from './breaker.ts';
import type { ClientCertificate } from './client-certificate.ts';
import type { Credentials } from './digest-access.ts';
import { fetchResponse, wireRequest } from './fetch-shapes.ts';
import { notNamed, noRoute } from './network-failures.ts';
import { openConnection } from './open-connection.ts';
import { usualDeadlines, type Deadlines } from './phases.ts';
import { ProxyAuthentication } from './proxy-authentication.ts';
import { credentialsFor, keepCredentials, proxyName } from './proxy-credentials.ts';
import { planRoute, type ProxyRoute, type RoutePlan, type SystemProxy } from './proxy-route.ts';
import type { ServiceConnection } from './service-connection.ts';
import type { ServiceFetch, ServiceRequestInit } from './service-fetch.ts';
import { ServiceHost, type ExchangeReport } from './service-host.ts';
import { TlsMaterialSource } from './tls-material.ts';

export interface OutboundNetworkOptions {
  readonly settings: Settings['network'];
  /** Keeps the client certificate and the proxy's password. */
  readonly secrets: SecretStore;
  /** Null where nobody knows the system's proxy (plain Node). */
  readonly system: SystemProxy | null;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly log?: Log;
  /** Told of every try, with the time that each phase took. */
  readonly onExchange?: (report: ExchangeReport) => void;
  readonly deadlines?: Partial<Deadlines>;
  readonly breakerBounds?: BreakerBounds;
  readonly pause?: (milliseconds: number, signal: AbortSignal) => Promise<void>;
  readonly random?: () => number;
}

/**
 * The one way out of the agent: every connection to a signing service is made here, by machine policy's proxy, CAs and client
 * certificate.
 */
export class OutboundNetwork {
  readonly #options: OutboundNetworkOptions;
  readonly #deadlines: Deadlines;
  readonly #tls: TlsMaterialSource;
  readonly #hosts = new Map<string, ServiceHost>();
  readonly #authentications = new Map<string, ProxyAuthentication>();
  /** Origin to the issuer of its certificate, when it was last found right. */
  readonly #issuers = new Map<string, string>();

  constructor(options: OutboundNetworkOptions) {
    this.#options = options;
    this.#deadlines = { ...usualDeadlines, ...options.deadlines };
    this.#tls = new TlsMaterialSource(options.settings, options.secrets);
  }

  /** `fetch` for the origins of these addresses and no other one. Its contract is {@link ServiceFetch}'s. Throws where one is not https. */
  fetchFor(addresses: readonly string[]): ServiceFetch {
    return this.#fetchOver(addresses, this.#hosts);
  }

  /**
   * The same with connections and breakers of its own, for the diagnosis: what it meets holds back no signature, and it sees
   * for itself what they have been held back for. The caller closes it.
   */
  fetchApart(addresses: readonly string[]): { readonly fetch: ServiceFetch; close(): void } {
    const hosts = new Map<string, ServiceHost>();
    return { fetch: this.#fetchOver(addresses, hosts), close: () => closeAll(hosts) };
  }

  /**
   * One connection of its own, for the diagnosis; the caller destroys it. `anonymous` where policy does not name the host: it
   * is not to learn whose terminal this is. Throws NetworkError, or the signal's reason.
   */
  async connect(address: URL, signal: AbortSignal, as: 'client' | 'anonymous' = 'client'): Promise<ServiceConnection> {
    const { clock } = this.#options;
    const plan = await this.planFor(address);
    // Loaded with the first connection: its HTTP client takes 25 MB, and a terminal that signs with cards alone needs none.
    const { ServiceConnection } = await import('./service-connection.ts');
    const { serviceContext, proxyContext, clientCertificate } = await this.#tls.current();
    const opened = await openConnection(
      address,
      {
        plan,
        context: as === 'client' ? serviceContext : proxyContext(),
        proxyContext,
        authenticationFor: (proxy) => this.#authenticationFor(proxy),
        identityNotAfter: as === 'client' ? (clientCertificate?.notAfter ?? null) : null,
        issuerBefore: this.#issuers.get(address.origin) ?? null,
        deadlines: this.#deadlines,
        clock,
      },
      signal,
    );
    this.#issuers.set(address.origin, opened.peer.issuer.subject);
    return new ServiceConnection(address.origin, opened, this.#deadlines, clock);
  }

  /** Which way a connection would take. Throws NETWORK_NOT_CONFIGURED. */
  async planFor(address: URL): Promise<RoutePlan> {
    const plan = await planRoute(address, { proxy: this.#options.settings.proxy, system: this.#options.system, environment: this.#options.environment });
    if (typeof plan === 'string') throw noRoute(address.host, plan);
    return plan;
  }

  /** The client certificate as it is set now. Throws NETWORK_NOT_CONFIGURED. */
  async clientCertificate(): Promise<ClientCertificate | null> {
    return (await this.#tls.current()).clientCertificate;
  }

  /** Whether a CA, by its SHA-256 fingerprint, is one of the Web's or of policy. */
  async isNamedAuthority(sha256: string): Promise<boolean> {
    return (await this.#tls.current()).isNamedAuthority(sha256);
  }

  /** Keeps an imported certificate and shows it from the next connection on. */
  async useClientCertificate(certificate: ClientCertificate): Promise<void> {
    await this.#tls.keep(certificate);
    this.#closeIdle();
  }

  /** Keeps the credentials for one proxy (`host:port`) and lifts what a refusal of earlier ones has closed. */
  async useProxyCredentials(proxy: string, credentials: Credentials): Promise<void> {
    await keepCredentials(proxy, credentials, this.#options.secrets);
    this.#authentications.clear();
  }

  close(): void {
    closeAll(this.#hosts);
  }

  #fetchOver(addresses: readonly string[], hosts: Map<string, ServiceHost>): ServiceFetch {
    const origins: ReadonlySet<string> = new Set(addresses.map((address) => new URL(serviceAddress.parse(address)).origin));
    return async (address, init = {}) => {
      const url = new URL(address);
      // SECURITY: a discovery document or a redirect may name any host. test/attacks/row-28-provider-addresses.test.ts
      if (!origins.has(url.origin)) throw notNamed(url);
      return this.#fetch(url, init, hosts);
    };
  }

  #authenticationFor(proxy: ProxyRoute): ProxyAuthentication {
    const { settings, secrets, clock } = this.#options;
    const name = proxyName(proxy);
    const known = this.#authentications.get(name);
    if (known !== undefined) return known;
    const basic = typeof settings.proxy !== 'object' || settings.proxy.basic;
    const authentication = new ProxyAuthentication({ credentials: () => credentialsFor(proxy, settings.proxy, secrets), basic, clock });
    this.#authentications.set(name, authentication);
    return authentication;
  }

  #closeIdle(): void {
    for (const host of this.#hosts.values()) host.closeIdle();
  }

  async #fetch(url: URL, init: ServiceRequestInit, hosts: Map<string, ServiceHost>): Promise<Response> {
    const signal = init.signal ?? new AbortController().signal;
    signal.throwIfAborted();
    const request = await wireRequest(url, init);
    const repeatable = init.repeatable ?? ['GET', 'HEAD', 'OPTIONS'].includes(request.method);
    return fetchResponse(url, request.method, await this.#hostOf(url, hosts).call(request, repeatable, signal));
  }

  #hostOf(url: URL, hosts: Map<string, ServiceHost>): ServiceHost {
    const { clock, log = silentLog, onExchange = () => undefined, breakerBounds } = this.#options;
    const known = hosts.get(url.origin);
    if (known !== undefined) return known;
    const name = `${url.hostname}:${url.port || '443'}`;
    const host = new ServiceHost({
      host: name,
      open: (signal) => this.connect(url, signal),
      clock,
      log,
      onExchange,
      pause: this.#options.pause ?? ((milliseconds, signal) => wait(milliseconds, undefined, { signal })),
      random: this.#options.random ?? Math.random,
      ...(breakerBounds === undefined ? {} : { breakerBounds }),
    });
    hosts.set(url.origin, host);
    return host;
  }
}

function closeAll(hosts: Map<string, ServiceHost>): void {
  for (const host of hosts.values()) host.close();
  hosts.clear();
}
