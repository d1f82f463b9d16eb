import { randomUUID, sign } from 'node:crypto';
import type { SessionMethod } from '../../../../src/contract/api.ts';
import { ProblemError } from '../../../../src/contract/problem.ts';
import type { ErrorCode } from '../../../../src/contract/error-codes.ts';
import type { AuthenticationOrder, AuthenticationSteps, IssuedToken, RemoteCredential, RemoteProvider, RemoteToken } from '../../../../src/agent/remote/remote-provider.ts';
import type { DocumentType } from '../../../../src/formats/prescription/document.ts';
import { wrapperNames } from '../../../../src/formats/prescription/wrapper.ts';
import { sha256Base64, toBase64 } from '../../../../src/formats/xades/digests.ts';
import { signatureIds } from '../../../../src/formats/xades/signature-ids.ts';
import { sampleProfile } from '../../../../src/formats/xades/signature-profile.ts';
import { keyInfo, signedInfo, signedProperties } from '../../../../src/formats/xades/signed-parts.ts';
import { dsNamespace, xadesNamespace } from '../../../../src/formats/xades/vocabulary.ts';
import type { IssuedCertificate } from '../../../../src/sandbox/ca/test-ca.ts';
import { signDigestInfo } from './played-card-host.ts';

export interface PlayedAccount {
  readonly subject: string;
  readonly certificates: readonly IssuedCertificate[];
}

type Login = (order: AuthenticationOrder, steps: AuthenticationSteps, signal: AbortSignal) => Promise<PlayedAccount>;

/** A signing service with real keys and none of the network: what a provider's adapter looks like from inside the agent. */
export class PlayedProvider implements RemoteProvider {
  readonly name: string;
  methods: readonly SessionMethod[] = ['smartphone', 'hpki-card', 'mynumber-card'];
  cardLogin: 'driver' | 'page' = 'driver';
  readonly form: 'value' | 'element';
  readonly now: () => number;
  account: PlayedAccount;
  lifetimeMs = 18 * 60 * 60 * 1000;
  hashesAtOnce = 1000;
  /** What happens between the click and the approval: by default the phone approves as soon as the code is shown. */
  login: Login = (_order, steps) => {
    steps.showCode(this.code());
    return Promise.resolve(this.account);
  };
  /** Before the n-th call to sign leaves (1-based): throw, or change something. */
  beforeCall: (n: number) => void | Promise<void> = () => undefined;
  /** After the n-th call's signatures were made: throw REMOTE_ANSWER_LOST to lose them. */
  afterCall: (n: number) => void | Promise<void> = () => undefined;
  beforeCredentials: () => void = () => undefined;
  /** What the service signs in place of the hash that it was sent. */
  twist: (hash: Uint8Array) => Uint8Array = (hash) => hash;
  /** What it answers in place of the value or element that it has made. */
  forge: (answer: Uint8Array) => Uint8Array = (answer) => answer;
  revocation: () => Promise<void> = () => Promise.resolve();
  readonly orders: AuthenticationOrder[] = [];
  /** Every hash or digest that a signature was ever made for, in order: a second one of the same is a second signature. */
  readonly signed: string[] = [];
  readonly revoked: string[] = [];
  readonly #live = new Map<string, PlayedAccount>();
  calls = 0;

  constructor(form: 'value' | 'element', account: PlayedAccount, now: () => number, name = form === 'value' ? 'csc' : 'kagura') {
    this.form = form;
    this.account = account;
    this.now = now;
    this.name = name;
  }

  get liveTokens(): number {
    return this.#live.size;
  }

  code(seconds = 120): Parameters<AuthenticationSteps['showCode']>[0] {
    return { uri: `https://auth.example/device?user_code=${randomUUID().slice(0, 8)}`, userCode: 'BCDF-GHJK', number: '047', expiresAt: new Date(this.now() + seconds * 1000) };
  }

  /** Whoever has a token has none any more, without being told. */
  forgetTokens(): void {
    this.#live.clear();
  }

  async authenticate(order: AuthenticationOrder, steps: AuthenticationSteps, signal: AbortSignal): Promise<RemoteToken> {
    this.orders.push(order);
    const account = await this.login(order, steps, signal);
    const secret = `secret-${randomUUID()}`;
    this.#live.set(secret, account);
    return { subject: account.subject, method: order.method, expiresAt: new Date(this.now() + this.lifetimeMs), secret: new Uint8Array(Buffer.from(secret)) };
  }

  revoke(token: IssuedToken & Partial<Pick<RemoteToken, 'subject'>>): Promise<void> {
    const secret = Buffer.from(token.secret).toString();
    this.revoked.push(token.subject ?? 'nobody');
    this.#live.delete(secret);
    return this.revocation();
  }

  get signing(): RemoteProvider['signing'] {
    if (this.form === 'element') return { form: 'element', reference1: 'inclusive', sign: (token, documents, signal) => this.#elements(token, documents, signal) };
    return {
      form: 'value',
      credentials: async (token) => {
        this.beforeCredentials();
        const { certificates } = this.#accountOf(token);
        return Promise.resolve(certificates.map(({ certificate }): RemoteCredential => ({ id: certificate.sha256, certificate: certificate.der, chain: [], hashesAtOnce: this.hashesAtOnce })));
      },
      sign: (token, credential, hashes, signal) => this.#values(token, credential, hashes, signal),
    };
  }

  async *#values(token: RemoteToken, credential: RemoteCredential, hashes: readonly Uint8Array[], signal: AbortSignal): AsyncGenerator<Uint8Array, void, void> {
    const size = Math.max(1, Math.min(this.hashesAtOnce, hashes.length));
    for (let at = 0; at < hashes.length && !signal.aborted; at += size) {
      const batch = hashes.slice(at, at + size);
      const account = await this.#begin(token);
      const issued = account.certificates.find(({ certificate }) => certificate.sha256 === credential.id);
      if (issued === undefined) throw refused('PROVIDER_REFUSED');
      const values = batch.map((hash) => {
        this.signed.push(Buffer.from(hash).toString('hex'));
        return this.forge(signDigestInfo(issued.privateKey, this.twist(hash)));
      });
      await this.afterCall(this.calls);
      yield* values;
    }
  }

  async *#elements(token: RemoteToken, documents: readonly { readonly type: DocumentType; readonly digest: Uint8Array }[], signal: AbortSignal): AsyncGenerator<Uint8Array, void, void> {
    for (const { type, digest } of documents) {
      if (signal.aborted) return;
      const account = await this.#begin(token);
      const [issued] = account.certificates;
      if (issued === undefined) throw refused('PROVIDER_REFUSED');
      this.signed.push(Buffer.from(digest).toString('hex'));
      const element = this.forge(makeElement(type, this.twist(digest), issued, new Date(this.now())));
      await this.afterCall(this.calls);
      yield element;
    }
  }

  async #begin(token: RemoteToken): Promise<PlayedAccount> {
    this.calls += 1;
    await this.beforeCall(this.calls);
    return this.#accountOf(token);
  }

  #accountOf({ secret, expiresAt }: RemoteToken): PlayedAccount {
    const account = this.#live.get(Buffer.from(secret).toString());
    if (account === undefined || expiresAt.getTime() <= this.now()) throw refused('TOKEN_EXPIRED');
    return account;
  }
}

export function refused(code: ErrorCode): ProblemError {
  return new ProblemError({ code, detail: null });
}

/** A whole signature element over nothing but a digest, as the national platform makes it. */
export function makeElement(type: DocumentType, digest: Uint8Array, issued: IssuedCertificate, at: Date): Uint8Array {
  const ids = signatureIds(type, new Set());
  const key = keyInfo(issued.certificate.der, ids);
  const properties = signedProperties(issued.certificate.der, new Date(Math.floor(at.getTime() / 1000) * 1000), sampleProfile, ids);
  const info = signedInfo(
    wrapperNames[type].signed,
    { document: toBase64(digest), keyInfo: sha256Base64(key.canonical), signedProperties: sha256Base64(properties.canonical) },
    sampleProfile,
    ids,
  );
  const value = sign('sha256', Buffer.from(info.canonical), issued.privateKey);
  return Buffer.from(
    `<xs:Signature xmlns:xs="${dsNamespace}" Id="${ids.signature}">${info.inFile}<xs:SignatureValue Id="${ids.signatureValue}">${toBase64(value)}</xs:SignatureValue>` +
      `${key.inFile}<xs:Object xmlns:xa="${xadesNamespace}"><xa:QualifyingProperties Target="#${ids.signature}">${properties.inFile}</xa:QualifyingProperties></xs:Object></xs:Signature>`,
  );
}
