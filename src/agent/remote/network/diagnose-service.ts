import type { NetworkErrorCode } from '../../../contract/error-codes.ts';
import type { Problem } from '../../../contract/problem.ts';
import type { Bilingual } from '../../../formats/bilingual.ts';
import type { Clock } from '../../ports.ts';
import { exchangeFailure, refusalIn } from './exchange-failures.ts';
import { ExchangeLost } from './exchange-lost.ts';
import { unreachable } from './network-failures.ts';
import { NetworkError, type NetworkPhase } from './network-error.ts';
import type { OpenConnection } from './open-connection.ts';
import type { OutboundNetwork } from './outbound-network.ts';
import { PhaseTimeout, type ConnectionTimings } from './phases.ts';
import { proxyName } from './proxy-credentials.ts';
import type { RouteSource } from './proxy-route.ts';

/** What one look at a service has found, step by step as far as it came. JSON, because the running agent looks for the command line. */
export interface ServiceDiagnosis {
  /** `host:port` */
  readonly host: string;
  readonly route: { readonly source: RouteSource; readonly proxy: string | null } | null;
  readonly connection: {
    readonly timings: ConnectionTimings;
    readonly protocol: string;
    readonly issuer: string;
    /** The CA at the top is neither one of the Web's nor one of policy: somebody has added it to this machine. */
    readonly isLocalAuthority: boolean;
  } | null;
  readonly clientCertificate: { readonly subject: string; readonly issuer: string; readonly notAfter: string } | null;
  /** Any status says that the service is there. `skewMs`: this clock minus the service's; null where it told no time. */
  readonly answer: { readonly status: number; readonly ms: number; readonly skewMs: number | null } | null;
  /** What it says of itself, where policy names it; empty for a service that did not answer. */
  readonly descriptions: readonly { readonly address: string; readonly fault: Problem | null }[];
  readonly failure: {
    readonly code: NetworkErrorCode;
    readonly phase: NetworkPhase | null;
    readonly hop: 'proxy' | 'service';
    readonly detail: Bilingual;
  } | null;
}

/** How long the whole look may take, in milliseconds. */
const patienceMs = 30_000;

/**
 * Connects to a service and asks it for nothing. `anonymous` for a host that policy does not name. Throws no NetworkError:
 * that is what it tells.
 */
export async function diagnoseService(network: OutboundNetwork, address: URL, as: 'client' | 'anonymous', clock: Clock, signal: AbortSignal): Promise<ServiceDiagnosis> {
  let found: Omit<ServiceDiagnosis, 'failure'> = { host: `${address.hostname}:${address.port || '443'}`, route: null, connection: null, clientCertificate: null, answer: null, descriptions: [] };
  try {
    const { source, routes } = await network.planFor(address);
    const [route] = routes;
    found = { ...found, route: { source, proxy: route.kind === 'direct' ? null : proxyName(route) } };
    const certificate = as === 'client' ? await network.clientCertificate() : null;
    if (certificate !== null) {
      const { subject, issuer, notAfter } = certificate;
      found = { ...found, clientCertificate: { subject, issuer, notAfter: notAfter.toISOString() } };
    }
    const either = AbortSignal.any([signal, AbortSignal.timeout(patienceMs)]);
    const connection = await network.connect(address, either, as);
    try {
      found = { ...found, connection: await connectionFacts(connection.opened, network) };
      const begun = clock.now();
      const answer = await connection.exchange({ method: 'GET', path: address.pathname, headers: { accept: '*/*' }, body: null }, either);
      const ended = clock.now();
      const refusal = refusalIn(answer, connection, found.host, new Date(ended));
      if (refusal !== null) throw refusal;
      const date = answer.headers.find(([name]) => name === 'date')?.[1];
      found = { ...found, answer: { status: answer.status, ms: ended - begun, skewMs: skewOf(date, begun, ended) } };
    } catch (error) {
      throw error instanceof ExchangeLost ? exchangeFailure(error, connection, found.host, new Date(clock.now()), true) : error;
    } finally {
      connection.destroy();
    }
    return { ...found, failure: null };
  } catch (error) {
    if (signal.aborted) throw error;
    const isLate = error instanceof DOMException && error.name === 'TimeoutError';
    const failure = isLate ? unreachable({ hop: 'service', host: found.host }, 'http', new PhaseTimeout()) : error;
    if (!(failure instanceof NetworkError)) throw failure;
    const { code, phase, hop, problem } = failure;
    return { ...found, failure: { code, phase, hop, detail: problem.detail ?? { ja: '', en: '' } } };
  }
}

/** HTTP tells whole seconds, so half of one is added; both ways are held to take the same time. */
function skewOf(date: string | undefined, begun: number, ended: number): number | null {
  const theirs = date === undefined ? Number.NaN : Date.parse(date);
  return Number.isNaN(theirs) ? null : Math.round((begun + ended) / 2 - (theirs + 500));
}

async function connectionFacts({ timings, protocol, peer }: OpenConnection, network: OutboundNetwork): Promise<NonNullable<ServiceDiagnosis['connection']>> {
  const { issuer, top, fingerprints } = peer;
  return {
    timings,
    protocol,
    issuer: top.name === issuer.name ? issuer.name : `${issuer.name} ← ${top.name}`,
    isLocalAuthority: !(await network.isNamedAuthority(fingerprints.at(-1) ?? '')),
  };
}
