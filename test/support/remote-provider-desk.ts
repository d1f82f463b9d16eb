/** A provider of the agent at the sandbox's service, with a person who does what the test says. */
import { constants, privateEncrypt } from 'node:crypto';
import { importClientCertificate } from '../../src/agent/remote/network/client-certificate.ts';
import type { OutboundNetwork } from '../../src/agent/remote/network/outbound-network.ts';
import type { ServiceFetch } from '../../src/agent/remote/network/service-fetch.ts';
import { createProviders } from '../../src/agent/remote/providers/create-providers.ts';
import type { AuthenticationOrder, AuthenticationSteps, IssuedToken, PhoneCode, RemoteProvider, RemoteToken } from '../../src/agent/remote/remote-provider.ts';
import { providerSettings } from '../../src/agent/config/remote-settings.ts';
import { systemClock } from '../../src/agent/system-clock.ts';
import type { IssuedCertificate } from '../../src/sandbox/ca/test-ca.ts';
import type { RemoteService } from '../../src/sandbox/remote/remote-service.ts';
import { testNetwork } from './network/test-network.ts';

export const order = (method: AuthenticationOrder['method']): AuthenticationOrder => ({ method, staff: { id: 'D0012', name: '医者　三郎' }, facility: '架空内科クリニック', terminal: '診察室１' });

/** Steps that no test has named fail it. */
export function steps(own: Partial<AuthenticationSteps>): AuthenticationSteps {
  const unasked = (what: string) => (): never => {
    throw new Error(`nobody expected ${what}`);
  };
  const discard = (late: Promise<IssuedToken | null>): void => void late.then((token) => token && unasked('a refused token')());
  return { showCode: unasked('a code'), showLogin: unasked('a login page'), openCardKey: unasked('a card'), discard, ...own };
}

type Person = Parameters<RemoteService['people']['person']>[0];
type Wrap = (fetch: ServiceFetch) => ServiceFetch;

/** The agent's own network with the facility's certificate. */
export async function openNetwork(service: RemoteService): Promise<{ readonly network: OutboundNetwork; close(): void }> {
  const { tlsCa, facility } = service.trust;
  const tested = testNetwork({ trusted: [{ pem: tlsCa.serverRoot }] });
  await tested.network.useClientCertificate(importClientCertificate(Buffer.from(`${facility.certificate}\n${facility.privateKey}`), ''));
  return tested;
}

/** The same, and what the test changes in it. */
export async function networkTo(service: RemoteService, wrap: Wrap = (plain) => plain): Promise<{ readonly fetchFor: OutboundNetwork['fetchFor']; close(): void }> {
  const opened = await openNetwork(service);
  return { fetchFor: (addresses) => wrap(opened.network.fetchFor(addresses)), close: () => opened.close() };
}

export interface ProviderDesk {
  readonly provider: RemoteProvider;
  close(): void;
}

export async function openDesk(service: RemoteService, settings: Readonly<Record<string, unknown>>, wrap: Wrap = (plain) => plain): Promise<ProviderDesk> {
  const network = await networkTo(service, wrap);
  const [provider] = await createProviders([providerSettings.parse(settings)], { network, clock: systemClock });
  if (provider === undefined) throw new Error('one set of settings makes one provider');
  return { provider, close: () => network.close() };
}

export function cscSettings({ addresses: { csc } }: RemoteService): Readonly<Record<string, unknown>> {
  return { kind: 'csc', name: 'sandbox', issuer: csc.issuer, serviceUrl: csc.base, clientId: csc.clientId };
}

export function kaguraSettings({ addresses: { kagura } }: RemoteService): Readonly<Record<string, unknown>> {
  return {
    kind: 'kagura',
    name: 'platform',
    issuer: kagura.issuer,
    authorizationUrl: kagura.authorization,
    tokenUrl: kagura.token,
    signatureUrl: kagura.sign,
    revocationUrl: kagura.revocation,
    jwksUrl: kagura.keys,
    redirectUrl: kagura.redirectUri,
    allowedOrigins: kagura.loginOrigins,
    institution: { MedicalInstitutionCode: '9999999' },
  };
}

/** The person on the phone types what the terminal shows. */
export async function approve(service: RemoteService, { userCode, number }: PhoneCode, person: Person): Promise<void> {
  const signIn = service.signIns.find(userCode);
  await signIn?.tryNumber('a phone', number ?? '');
  await signIn?.approve('a phone', service.people.person(person));
}

/** A whole login by phone. */
export function loginByPhone({ provider }: ProviderDesk, service: RemoteService, person: Person = 'doctor', own: Partial<AuthenticationSteps> = {}): Promise<RemoteToken> {
  return provider.authenticate(order('smartphone'), steps({ showCode: (code) => void approve(service, code, person), ...own }), new AbortController().signal);
}

/** The one token that was handed over to be revoked, as a provider would use it. */
export async function onlyToken(discarded: readonly Promise<IssuedToken | null>[]): Promise<RemoteToken> {
  const [token, ...more] = (await Promise.all(discarded)).filter((one) => one !== null);
  if (token === undefined || more.length > 0) throw new Error(`not one token was handed over to be revoked, but ${more.length + (token ? 1 : 0)}`);
  return { ...token, subject: 'nobody', expiresAt: new Date(Date.now() + 60_000) };
}

/** A card's key as the agent hands it to a provider. */
export function cardKey({ certificate, privateKey }: IssuedCertificate): { readonly certificate: Uint8Array; sign(hash: Uint8Array): Promise<Uint8Array> } {
  const digestInfo = Buffer.from('3031300d060960864801650304020105000420', 'hex');
  const signHash = (hash: Uint8Array) => privateEncrypt({ key: privateKey, padding: constants.RSA_PKCS1_PADDING }, Buffer.concat([digestInfo, hash]));
  return { certificate: certificate.der, sign: (hash) => Promise.resolve(new Uint8Array(signHash(hash))) };
}
