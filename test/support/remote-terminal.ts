/** A terminal as the sandbox's remote signing service meets it: TLS with the facility's client certificate, and nothing of the agent. */
import { createHash, randomBytes, randomUUID, sign, type KeyObject } from 'node:crypto';
import type { CustomFetch } from 'openid-client';
import { Agent, fetch, type RequestInit as UndiciInit } from 'undici';
import { writePem } from '../../src/formats/pki/pem.ts';
import type { IssuedCertificate } from '../../src/sandbox/ca/test-ca.ts';
import type { RemoteService } from '../../src/sandbox/remote/remote-service.ts';
import type { TlsIdentity } from '../../src/sandbox/ca/test-tls-ca.ts';

export interface TerminalAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface DeviceCodeAnswer {
  readonly device_code: string;
  readonly user_code: string;
  readonly verification_uri: string;
  readonly verification_uri_complete: string;
  readonly expires_in: number;
  readonly interval: number;
}

export const sha256Oid = '2.16.840.1.101.3.4.2.1';
export const deviceCodeGrant = 'urn:ietf:params:oauth:grant-type:device_code';
export const jwtBearerGrant = 'urn:ietf:params:oauth:grant-type:jwt-bearer';

export class RemoteTerminal {
  readonly #service: RemoteService;
  readonly #agent: Agent;

  constructor(service: RemoteService, identity: TlsIdentity | null = service.trust.facility) {
    this.#service = service;
    const own = identity === null ? {} : { cert: identity.certificate, key: identity.privateKey };
    this.#agent = new Agent({ connect: { ca: service.trust.tlsCa.serverRoot, ...own } });
  }

  async get(url: string): Promise<TerminalAnswer> {
    return this.#call(url, { method: 'GET' });
  }

  async post(url: string, body: unknown, token?: string): Promise<TerminalAnswer> {
    const authorization = token === undefined ? {} : { Authorization: `Bearer ${token}` };
    return this.#call(url, { method: 'POST', headers: { 'Content-Type': 'application/json', ...authorization }, body: JSON.stringify(body) });
  }

  async form(url: string, fields: Readonly<Record<string, string>>): Promise<TerminalAnswer> {
    return this.#call(url, {
      method: 'POST',
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams(fields).toString(),
    });
  }

  csc(method: string, body: unknown, token?: string): Promise<TerminalAnswer> {
    return this.post(`${this.#service.addresses.csc.base}/${method}`, body, token);
  }

  /** Asks for a device code, with the number that only this terminal shows. */
  async deviceCode(number = '482', detail: Readonly<Record<string, unknown>> = {}): Promise<DeviceCodeAnswer> {
    const details = [{ type: 'hpki_sign_in', number, terminal: '診察室１', doctor: '医者　三郎', ...detail }];
    const answer = await this.requestDeviceCode(details);
    if (answer.status !== 200) throw new Error(`no device code: ${JSON.stringify(answer.body)}`);
    return answer.body as unknown as DeviceCodeAnswer;
  }

  requestDeviceCode(details?: unknown): Promise<TerminalAnswer> {
    const { clientId } = this.#service.addresses.csc;
    return this.form(`${this.#service.addresses.api}/oauth2/device_authorization`, {
      client_id: clientId,
      scope: 'openid profile service',
      ...(details === undefined ? {} : { authorization_details: JSON.stringify(details) }),
    });
  }

  poll(deviceCode: string): Promise<TerminalAnswer> {
    return this.token({ grant_type: deviceCodeGrant, device_code: deviceCode });
  }

  assert(assertion: string): Promise<TerminalAnswer> {
    return this.token({ grant_type: jwtBearerGrant, assertion, scope: 'openid profile service' });
  }

  token(fields: Readonly<Record<string, string>>): Promise<TerminalAnswer> {
    return this.form(`${this.#service.addresses.api}/oauth2/token`, { client_id: this.#service.addresses.csc.clientId, ...fields });
  }

  /** A token by an approval that the service is told of directly, for tests whose matter is something else. */
  async tokenOf(person: Parameters<RemoteService['people']['person']>[0]): Promise<string> {
    const code = await this.deviceCode();
    const signIn = this.#service.signIns.find(code.user_code);
    await signIn?.tryNumber('a phone', '482');
    await signIn?.approve('a phone', this.#service.people.person(person));
    return String((await this.poll(code.device_code)).body['access_token']);
  }

  /** fetch from this terminal, for openid-client. */
  readonly fetch: CustomFetch = async (url, init) => {
    const answer = await fetch(url, { ...init, dispatcher: this.#agent } as UndiciInit);
    // undici's Response is not the platform's own class.
    return new Response(await answer.arrayBuffer(), { status: answer.status, headers: [...answer.headers] });
  };

  /** An ID token of the kagura façade, by TLS client authentication: what a browser does, without one. */
  async kaguraTokenByCard({ certificate, privateKey }: IssuedCertificate): Promise<string> {
    const { kagura } = this.#service.addresses;
    const verifier = randomBytes(32).toString('base64url');
    const order = {
      client_id: 'HPKI',
      response_type: 'code',
      scope: 'openid',
      prompt: 'login',
      redirect_uri: kagura.redirectUri,
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256',
    };
    const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    const card = new Agent({ connect: { ca: this.#service.trust.tlsCa.serverRoot, cert: writePem(certificate.der), key, maxVersion: 'TLSv1.2' } });
    try {
      const cookies = new Map<string, string>();
      let url = `${kagura.authorization}?${new URLSearchParams(order).toString()}`;
      for (let step = 0; step < 10 && !url.startsWith(kagura.redirectUri); step += 1) {
        const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
        const answer = await fetch(url, { dispatcher: card, redirect: 'manual', headers: { cookie } });
        for (const set of answer.headers.getSetCookie()) {
          const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(set) ?? [];
          cookies.set(name, value);
        }
        const location = answer.headers.get('location');
        if (location === null) throw new Error(`the login stopped with ${answer.status}: ${await answer.text()}`);
        url = new URL(location, url).href;
      }
      const code = new URL(url).searchParams.get('code') ?? '';
      const fields = { grant_type: 'authorization_code', client_id: 'HPKI', redirect_uri: kagura.redirectUri, code, code_verifier: verifier };
      return String((await this.form(kagura.token, fields)).body['id_token']);
    } finally {
      await card.close();
    }
  }

  close(): Promise<void> {
    return this.#agent.close();
  }

  async #call(url: string, init: { method: string; headers?: Record<string, string>; body?: string }): Promise<TerminalAnswer> {
    const answer = await fetch(url, { ...init, dispatcher: this.#agent, redirect: 'manual' });
    const text = await answer.text();
    return { status: answer.status, headers: answer.headers as unknown as Headers, body: text.startsWith('{') ? (JSON.parse(text) as Record<string, unknown>) : {} };
  }
}

export interface AssertionParts {
  readonly certificate: Uint8Array;
  readonly privateKey: KeyObject;
  readonly header?: Readonly<Record<string, unknown>>;
  readonly claims?: Readonly<Record<string, unknown>>;
}

/** An RFC 7523 assertion as a card signs it, and departures from it. */
export function cardAssertion(service: RemoteService, { certificate, privateKey, header = {}, claims = {} }: AssertionParts): string {
  const now = service.clock.seconds();
  const encode = (part: unknown): string => Buffer.from(JSON.stringify(part), 'utf8').toString('base64url');
  const head = encode({ alg: 'RS256', x5c: [Buffer.from(certificate).toString('base64')], ...header });
  const { clientId, issuer } = service.addresses.csc;
  const body = encode({ iss: clientId, sub: clientId, aud: issuer, iat: now, exp: now + 120, jti: randomUUID(), ...claims });
  return `${head}.${body}.${sign('RSA-SHA256', Buffer.from(`${head}.${body}`), privateKey).toString('base64url')}`;
}
