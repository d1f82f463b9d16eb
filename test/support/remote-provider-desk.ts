/** A provider of the agent at the sandbox's service, with a person who does what the test says. */
import { constants, privateEncrypt } from 'node:crypto';
import { Agent, fetch } from 'undici';
import { createCscProvider } from '../../src/agent/remote/providers/csc/csc-provider.ts';
import type { ServiceFetch } from '../../src/agent/remote/network/service-fetch.ts';
import type { AuthenticationOrder, AuthenticationSteps, PhoneCode, RemoteProvider, RemoteToken } from '../../src/agent/remote/remote-provider.ts';
import { providerSettings, type CscSettings } from '../../src/agent/config/remote-settings.ts';
import { systemClock } from '../../src/agent/system-clock.ts';
import type { IssuedCertificate } from '../../src/sandbox/ca/test-ca.ts';
import type { RemoteService } from '../../src/sandbox/remote/remote-service.ts';

export const order = (method: AuthenticationOrder['method']): AuthenticationOrder => ({ method, staff: { id: 'D0012', name: '医者　三郎' }, terminal: '診察室１' });

/** Steps that no test has named fail it. */
export function steps(own: Partial<AuthenticationSteps>): AuthenticationSteps {
  const unasked = (what: string) => (): never => {
    throw new Error(`nobody expected ${what}`);
  };
  return { showCode: unasked('a code'), showLogin: unasked('a login page'), openCardKey: unasked('a card'), ...own };
}

export class CscDesk {
  readonly provider: RemoteProvider;
  readonly #service: RemoteService;
  readonly #agent: Agent;

  constructor(service: RemoteService, change: Partial<CscSettings> = {}, wrap: (fetch: ServiceFetch) => ServiceFetch = (plain) => plain) {
    this.#service = service;
    const { certificate, privateKey } = service.trust.facility;
    this.#agent = new Agent({ connect: { ca: service.trust.tlsCa.serverRoot, cert: certificate, key: privateKey } });
    const { issuer, base, clientId } = service.addresses.csc;
    const settings = providerSettings.parse({ kind: 'csc', name: 'sandbox', issuer, serviceUrl: base, clientId, ...change }) as CscSettings;
    this.provider = createCscProvider(settings, { fetch: wrap(this.#fetch), clock: systemClock });
  }

  /** A whole login by phone: the person on the phone types what the terminal shows. */
  async loginByPhone(person: Parameters<RemoteService['people']['person']>[0] = 'doctor', signal = new AbortController().signal): Promise<RemoteToken> {
    return this.provider.authenticate(order('smartphone'), steps({ showCode: (code) => void this.approve(code, person) }), signal);
  }

  async approve({ userCode, number }: PhoneCode, person: Parameters<RemoteService['people']['person']>[0]): Promise<void> {
    const signIn = this.#service.signIns.find(userCode);
    await signIn?.tryNumber('a phone', number ?? '');
    await signIn?.approve('a phone', this.#service.people.person(person));
  }

  close(): Promise<void> {
    return this.#agent.close();
  }

  readonly #fetch: ServiceFetch = async (address, init = {}) => {
    const { headers, body, method, signal } = init;
    const answer = await fetch(address, {
      method: method ?? 'GET',
      headers: Object.fromEntries(new Headers(headers)),
      body: body instanceof URLSearchParams ? body.toString() : ((body ?? null) as string | null),
      signal: signal ?? null,
      redirect: 'manual',
      dispatcher: this.#agent,
    });
    return answer;
  };
}

/** A card's key as the agent hands it to a provider. */
export function cardKey({ certificate, privateKey }: IssuedCertificate): { readonly certificate: Uint8Array; sign(hash: Uint8Array): Promise<Uint8Array> } {
  const digestInfo = Buffer.from('3031300d060960864801650304020105000420', 'hex');
  const signHash = (hash: Uint8Array) => privateEncrypt({ key: privateKey, padding: constants.RSA_PKCS1_PADDING }, Buffer.concat([digestInfo, hash]));
  return { certificate: certificate.der, sign: (hash) => Promise.resolve(new Uint8Array(signHash(hash))) };
}
