import { X509Certificate } from 'node:crypto';
import type { App, Session } from 'electron';
import type { Settings } from '../agent/config/settings.ts';
import type { SecretStore } from '../agent/ports.ts';
import { credentialsFor } from '../agent/remote/network/proxy-credentials.ts';
import { bareHost, planRoute, type ProxyRoute, type Route, type SystemProxy } from '../agent/remote/network/proxy-route.ts';
import { readAuthorities } from '../agent/remote/network/tls-material.ts';
import { leadsTo } from './extra-authorities.ts';

export interface LoginSessionParts {
  readonly app: Pick<App, 'on'>;
  readonly system: SystemProxy;
  readonly settings: Settings['network'];
  readonly secrets: SecretStore;
}

/** Electron's answers of a certificate verification. */
const accept = 0;
const asChromiumFound = -3;

/**
 * Gives the sessions of login windows the proxy and the CAs of the agent's own connections, so that one setting is enough.
 * A password that the proxy has refused is not sent again, and none goes in the clear where policy forbids Basic.
 * Preparing throws NETWORK_NOT_CONFIGURED where a CA of policy cannot be read.
 * SECURITY: test/unit/main/login-session.test.ts
 */
export function prepareLoginSessions({ app, system, settings, secrets }: LoginSessionParts): (own: Session, address: URL) => Promise<void> {
  const proxies = new WeakMap<Session, readonly ProxyRoute[]>();
  const mayBeSent = (scheme: string): boolean => scheme !== 'basic' || typeof settings.proxy !== 'object' || settings.proxy.basic;
  app.on('login', (event, contents, { firstAuthAttempt }, { isProxy, scheme, host, port }, answer) => {
    const tried = contents === null || !isProxy ? undefined : proxies.get(contents.session);
    const proxy = tried?.find((one) => one.host === bareHost(host) && one.port === port);
    if (proxy === undefined) return;
    event.preventDefault();
    if (!firstAuthAttempt || !mayBeSent(scheme)) {
      answer();
      return;
    }
    credentialsFor(proxy, settings.proxy, secrets).then(
      (credentials) => (credentials === null ? answer() : answer(credentials.user, credentials.password)),
      () => answer(),
    );
  });
  return async (own, address) => {
    const plan = await planRoute(address, { proxy: settings.proxy, system, environment: process.env });
    // Without a plan the page is not reached, and says so: going DIRECT is always somebody's decision.
    const routes: readonly Route[] = typeof plan === 'string' ? [] : plan.routes;
    const inOrder = routes.filter((route) => route.kind === 'proxy');
    proxies.set(own, inOrder);
    await own.setProxy(proxyConfig(routes[0], inOrder));
    const extra = (await Promise.all(settings.extraCa.map(readAuthorities))).flat().map((pem) => new X509Certificate(pem));
    if (extra.length > 0) own.setCertificateVerifyProc((request, answer) => answer(leadsTo(extra, request) ? accept : asChromiumFound));
  };
}

/** Chromium, too, goes to the next proxy of a list only where the one before could not be reached. */
function proxyConfig(first: Route | undefined, inOrder: readonly ProxyRoute[]): Parameters<Session['setProxy']>[0] {
  if (first?.kind === 'direct') return { mode: 'direct' };
  const places = inOrder.map(({ secure, host, port }) => `${secure ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${port}`);
  // The discard port: a connection that cannot come about.
  return { mode: 'fixed_servers', proxyRules: places.join(',') || 'http://127.0.0.1:9', proxyBypassRules: '' };
}
