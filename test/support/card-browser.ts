/** A browser that logs in by a card: it follows the login page's redirects with the card's certificate in TLS, as Chromium does. */
import { Agent, fetch } from 'undici';
import type { LoginPage } from '../../src/agent/remote/remote-provider.ts';
import { writePem } from '../../src/formats/pki/pem.ts';
import type { IssuedCertificate } from '../../src/sandbox/ca/test-ca.ts';
import type { RemoteService } from '../../src/sandbox/remote/remote-service.ts';

export class CardBrowser {
  readonly #agent: Agent;

  constructor({ trust }: RemoteService, { certificate, privateKey }: IssuedCertificate) {
    const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    this.#agent = new Agent({ connect: { ca: trust.tlsCa.serverRoot, cert: writePem(certificate.der), key, maxVersion: 'TLSv1.2' } });
  }

  /** The address on which the login ends, which is never fetched. */
  async endOf({ url, redirectUrl, allowedOrigins }: LoginPage): Promise<URL> {
    const cookies = new Map<string, string>();
    for (let at = url, step = 0; step < 10; step += 1) {
      if (at.href.startsWith(redirectUrl.href)) return at;
      if (!allowedOrigins.includes(at.origin)) throw new Error(`the login leads to ${at.origin}`);
      const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
      const answer = await fetch(at, { dispatcher: this.#agent, redirect: 'manual', headers: { cookie } });
      for (const set of answer.headers.getSetCookie()) {
        const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(set) ?? [];
        cookies.set(name, value);
      }
      at = new URL(answer.headers.get('location') ?? '', at);
    }
    throw new Error('the login did not end');
  }

  close(): Promise<void> {
    return this.#agent.close();
  }
}

export function withParameter(url: URL, name: string, value: string | null): URL {
  const changed = new URL(url);
  if (value === null) changed.searchParams.delete(name);
  else changed.searchParams.set(name, value);
  return changed;
}
