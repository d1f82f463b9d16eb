import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { App, Session } from 'electron';
import type { Settings } from '../agent/config/settings.ts';
import type { SecretStore } from '../agent/ports.ts';
import { credentialsFor } from '../agent/remote/network/proxy-credentials.ts';
import { planRoute, type Route, type SystemProxy } from '../agent/remote/network/proxy-route.ts';
import { readPem } from '../formats/pki/pem.ts';
import { leadsTo } from './extra-authorities.ts';

export interface LoginSessionParts {
  readonly app: Pick<App, 'on'>;
  readonly system: SystemProxy;
  readonly settings: Settings['network'];
  readonly secrets: SecretStore;
}

type Proxy = Extract<Route, { kind: 'proxy' }>;

/** Electron's answers of a certificate verification. */
const accept = 0;
const asChromiumFound = -3;

/**
 * Gives the sessions of login windows the proxy and the CAs of the agent's own connections, so that one setting is enough.
 * A password that the proxy has refused is not sent again, and none goes in the clear where policy forbids Basic.
 * SECURITY: test/unit/main/login-session.test.ts
 */
export function prepareLoginSessions({ app, system, settings, secrets }: LoginSessionParts): (own: Session, address: URL) => Promise<void> {
  const proxies = new WeakMap<Session, Proxy>();
  const mayBeSent = (scheme: string): boolean => scheme !== 'basic' || typeof settings.proxy !== 'object' || settings.proxy.basic;
  app.on('login', (event, contents, { firstAuthAttempt }, { isProxy, scheme }, answer) => {
    const proxy = contents === null || !isProxy ? undefined : proxies.get(contents.session);
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
    const route = typeof plan === 'string' ? null : plan.routes[0];
    if (route?.kind === 'proxy') proxies.set(own, route);
    await own.setProxy(proxyConfig(route));
    const extra = await readExtraCas(settings.extraCa);
    if (extra.length > 0) own.setCertificateVerifyProc((request, answer) => answer(leadsTo(extra, request) ? accept : asChromiumFound));
  };
}

function proxyConfig(route: Route | null): Parameters<Session['setProxy']>[0] {
  if (route?.kind === 'direct') return { mode: 'direct' };
  // The discard port: a connection that cannot come about.
  const place = route === null ? 'http://127.0.0.1:9' : `${route.secure ? 'https' : 'http'}://${route.host}:${route.port}`;
  return { mode: 'fixed_servers', proxyRules: place, proxyBypassRules: '' };
}

async function readExtraCas(files: readonly string[]): Promise<readonly X509Certificate[]> {
  const contents = await Promise.all(files.map((file) => readFile(file)));
  return contents.flatMap((bytes) => (bytes.includes('-----BEGIN') ? readPem(bytes.toString('latin1')).map((der) => new X509Certificate(der)) : [new X509Certificate(bytes)]));
}
