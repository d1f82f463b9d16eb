import { authenticationPolicy } from '../../formats/pki/policies.ts';
import { createTestCa, type TestCa } from '../ca/test-ca.ts';
import { createTestTlsCa, type TestTlsCa, type TlsIdentity } from '../ca/test-tls-ca.ts';
import { CardAssertions, type CardAuthority } from './authorization/card-assertion.ts';
import { createCscAuthorizationServer, cscClientId } from './authorization/csc-authorization-server.ts';
import { generateIssuerKey } from './authorization/issuer-key.ts';
import { discoveryRoutes, oauthEndpoints, ServedExchanges } from './authorization/oauth-routes.ts';
import { ProviderStorage } from './authorization/provider-storage.ts';
import { cscAccess } from './csc/csc-access.ts';
import { cscRoutes } from './csc/csc-api.ts';
import { CallCounter } from './faults/calls.ts';
import { FaultInjector } from './faults/fault-injector.ts';
import { Gate } from './http/gate.ts';
import { Listener } from './http/listener.ts';
import { PeopleDirectory } from './people.ts';
import { SignInDesk } from './phone/sign-in-desk.ts';
import { ServiceClock, type TimeSource } from './service-clock.ts';
import { SigningDesk } from './signing-desk.ts';

export interface RemoteServiceOptions {
  /** HPKI's test authorities; default: new ones. A clinic's own, and its cards can sign in here. */
  readonly ca?: TestCa;
  /** Authorities of other cards that may sign in: JPKI's. */
  readonly cardAuthorities?: readonly CardAuthority[];
  readonly clock?: TimeSource;
  /** How long an authentication lasts. Default: 18 hours. */
  readonly tokenSeconds?: number;
  /** How long a QR code lives. Default and bound: 120 seconds. */
  readonly codeSeconds?: number;
  /** Signatures of one authorization. Default: 100. */
  readonly multisign?: number;
  /** Name in the facility's client certificate. */
  readonly facility?: string;
  /** Ports of the listeners; 0, the default, lets the system choose. */
  readonly ports?: Partial<Readonly<Record<ListenerName, number>>>;
}

export type ListenerName = 'api' | 'phone';

export interface RemoteServiceAddresses {
  /** Terminals: OAuth, CSC. A client certificate of a facility is demanded. */
  readonly api: string;
  /** Phones. */
  readonly phone: string;
  readonly csc: { readonly issuer: string; readonly base: string; readonly clientId: string };
}

/** What a terminal has to be given. PEM. */
export interface RemoteServiceTrust {
  readonly ca: TestCa;
  readonly tlsCa: TestTlsCa;
  readonly facility: TlsIdentity;
}

export interface RemoteService {
  readonly addresses: RemoteServiceAddresses;
  readonly trust: RemoteServiceTrust;
  readonly clock: ServiceClock;
  readonly calls: CallCounter;
  readonly faults: FaultInjector;
  readonly signIns: SignInDesk;
  readonly signing: SigningDesk;
  readonly people: PeopleDirectory;
  readonly errors: readonly unknown[];
  close(): Promise<void>;
}

const loopback = '127.0.0.1';

export async function startRemoteService(options: RemoteServiceOptions = {}): Promise<RemoteService> {
  const clock = new ServiceClock(options.clock);
  const [ca, tlsCa, key] = await Promise.all([options.ca ?? createTestCa({ now: clock.date() }), createTestTlsCa(clock.date()), generateIssuerKey()]);
  const [server, facility] = await Promise.all([tlsCa.issueServer(['localhost']), tlsCa.issueFacility(options.facility ?? '架空内科クリニック')]);
  const calls = new CallCounter();
  const faults = new FaultInjector();
  const gate = new Gate(calls, faults, clock);

  const facilityTls = { cert: server.certificate, key: server.privateKey, ca: tlsCa.facilityRoot, requestCert: true, rejectUnauthorized: true };
  const common = { address: loopback, hostName: 'localhost', gate };
  const [api, phone] = await Promise.all([
    Listener.open({ ...common, port: options.ports?.api ?? 0, tls: facilityTls }),
    Listener.open({ ...common, port: options.ports?.phone ?? 0, tls: null }),
  ]);

  const people = new PeopleDirectory(ca);
  const signing = new SigningDesk(people, faults);
  const codeSeconds = options.codeSeconds ?? 120;
  const desk = new SignInDesk(clock, codeSeconds);
  const storage = new ProviderStorage(clock);
  gate.revokeTokens = () => storage.revokeAll();
  const exchanges = new ServedExchanges();
  const resource = `${api.origin}/csc/v2`;
  const assertions = new CardAssertions([hpkiAuthority(ca), ...(options.cardAuthorities ?? [])], clock);
  const authorization = createCscAuthorizationServer({
    issuer: api.origin,
    resource,
    phoneOrigin: phone.origin,
    clock,
    desk,
    assertions,
    faults,
    storage,
    key,
    people,
    tokenSeconds: options.tokenSeconds ?? 18 * 3600,
    codeSeconds,
    exchangeOf: (context) => exchanges.of(context),
  });
  api.serve([
    ...discoveryRoutes(authorization, 'oauth'),
    ...oauthEndpoints(authorization, 'oauth', ['token', 'revocation', 'device_authorization', 'jwks'], exchanges),
    ...cscRoutes({ ca, signing, clock, multisign: options.multisign ?? 100, issuer: api.origin, access: cscAccess(authorization, people, resource) }),
  ]);

  return {
    addresses: { api: api.origin, phone: phone.origin, csc: { issuer: api.origin, base: resource, clientId: cscClientId } },
    trust: { ca, tlsCa, facility },
    clock,
    calls,
    faults,
    signIns: desk,
    signing,
    people,
    get errors() {
      return gate.errors;
    },
    async close() {
      gate.close();
      await Promise.all([api.close(), phone.close()]);
    },
  };
}

function hpkiAuthority(ca: TestCa): CardAuthority {
  return { method: 'HPKI', root: ca.root.certificate, chain: [ca.authentication.certificate], policies: [authenticationPolicy], crls: ca.crls() };
}
