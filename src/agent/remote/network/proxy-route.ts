import type { Settings } from '../../config/settings.ts';

/** How a connection leaves this machine. */
export type Route =
  | { readonly kind: 'direct' }
  | {
      readonly kind: 'proxy';
      readonly secure: boolean;
      readonly host: string;
      readonly port: number;
      /** Only where the environment's address carries them. */
      readonly credentials: { readonly user: string; readonly password: string } | null;
    };

/** Who said which way: shown by the diagnosis. */
export type RouteSource = 'loopback' | 'policy' | 'system' | 'environment';

export interface RoutePlan {
  readonly source: RouteSource;
  /** In the order in which they are tried; the next one only where a proxy could not be reached at all. */
  readonly routes: readonly [Route, ...Route[]];
}

/** What the operating system says (PAC, WPAD and fixed settings), as Chromium's `session.resolveProxy` words it: `PROXY host:port; DIRECT`. */
export interface SystemProxy {
  resolve(url: string): Promise<string>;
}

export interface RouteSources {
  readonly proxy: Settings['network']['proxy'];
  readonly system: SystemProxy | null;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

export type NoRoute = 'nothing-configured' | 'only-socks' | 'environment-invalid';

/**
 * Decides the way to a service: policy, then system, then environment. Going without a proxy is always somebody's decision
 * (policy, system, NO_PROXY): where nobody has said anything, nothing is tried, because a hospital that has forgotten to
 * set its proxy must hear of it and not see its terminals knock at the firewall.
 */
export async function planRoute(address: URL, { proxy, system, environment }: RouteSources): Promise<RoutePlan | NoRoute> {
  if (isLoopback(address.hostname)) return { source: 'loopback', routes: [{ kind: 'direct' }] };
  if (proxy === 'direct') return { source: 'policy', routes: [{ kind: 'direct' }] };
  if (typeof proxy === 'object') {
    const isBypassed = proxy.bypass.some((pattern) => matchesHost(address.hostname, pattern));
    return { source: 'policy', routes: [isBypassed ? { kind: 'direct' } : policyProxy(proxy.url)] };
  }
  if (proxy === 'system' && system !== null) return readPacAnswer(await system.resolve(address.href));
  return fromEnvironment(address, environment);
}

/** PROXY, HTTP and HTTPS entries in their order. DIRECT counts only where it comes first: behind a proxy it is a fall-back, and there is none. */
function readPacAnswer(answer: string): RoutePlan | NoRoute {
  const entries = answer.split(';').map((entry) => /^\s*([A-Za-z0-9]+)(?:\s+(\S+))?\s*$/.exec(entry)).filter((match) => match !== null);
  if (entries[0]?.[1]?.toUpperCase() === 'DIRECT') return { source: 'system', routes: [{ kind: 'direct' }] };
  const [first, ...others] = entries.flatMap(([, kind = '', place = '']): Route[] => {
    const scheme = { PROXY: 'http', HTTP: 'http', HTTPS: 'https' }[kind.toUpperCase()];
    const url = scheme === undefined ? null : URL.parse(`${scheme}://${place}`);
    return url === null || url.hostname === '' ? [] : [proxyRoute(url)];
  });
  if (first === undefined) return entries.some(([, kind = '']) => /^SOCKS/i.test(kind)) ? 'only-socks' : 'nothing-configured';
  return { source: 'system', routes: [first, ...others] };
}

/** HTTPS_PROXY, else ALL_PROXY, and NO_PROXY, small letters first, as curl reads them. */
function fromEnvironment(address: URL, environment: RouteSources['environment']): RoutePlan | NoRoute {
  const variable = (name: string): string => environment[name.toLowerCase()] ?? environment[name] ?? '';
  const value = variable('HTTPS_PROXY') || variable('ALL_PROXY');
  const exceptions = variable('NO_PROXY').split(/[\s,]+/).filter((pattern) => pattern !== '');
  if (exceptions.some((pattern) => pattern === '*' || matchesNoProxy(address, pattern))) return { source: 'environment', routes: [{ kind: 'direct' }] };
  if (value === '') return 'nothing-configured';
  const url = URL.parse(value.includes('://') ? value : `http://${value}`);
  if (url === null || url.hostname === '') return 'environment-invalid';
  if (/^socks/.test(url.protocol)) return 'only-socks';
  if (!/^https?:$/.test(url.protocol) || !isDecodable(`${url.username}${url.password}`)) return 'environment-invalid';
  return { source: 'environment', routes: [proxyRoute(url)] };
}

/** `host`, `.domain` and `host:port`; a name stands for itself and for all below it, as in curl. */
function matchesNoProxy(address: URL, pattern: string): boolean {
  const [, host = '', port] = /^(.*?)(?::(\d+))?$/.exec(pattern.toLowerCase()) ?? [];
  if (port !== undefined && port !== (address.port || '443')) return false;
  const name = host.replace(/^\*?\./, '');
  return name !== '' && (matchesHost(address.hostname, name) || matchesHost(address.hostname, `.${name}`));
}

/** `host` itself, or `.domain` for all hosts below it. */
function matchesHost(host: string, pattern: string): boolean {
  return pattern.startsWith('.') ? host.endsWith(pattern) : host === pattern;
}

export type ProxyRoute = Extract<Route, { kind: 'proxy' }>;

/** The proxy that policy names. */
export const policyProxy = (url: string): ProxyRoute => proxyRoute(new URL(url));

function proxyRoute(url: URL): ProxyRoute {
  const secure = url.protocol === 'https:';
  const credentials = url.username === '' ? null : { user: decodeURIComponent(url.username), password: decodeURIComponent(url.password) };
  return { kind: 'proxy', secure, host: bareHost(url.hostname), port: Number(url.port || (secure ? 443 : 80)), credentials };
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

/** A host as sockets want it: IPv6 without its brackets. */
export function bareHost(hostname: string): string {
  return hostname.replace(/^\[(.*)\]$/, '$1');
}

/** This machine itself, which no proxy can reach for us. Chromium and Windows leave it out by themselves, too. */
export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname.endsWith('.localhost') || /^127(\.\d{1,3}){3}$/.test(hostname) || hostname === '[::1]' || hostname === '::1';
}
