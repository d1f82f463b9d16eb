import type { TestCa } from '../ca/test-ca.ts';
import type { TestJpkiCa } from '../ca/test-jpki-ca.ts';
import type { TestTlsCa, TlsIdentity } from '../ca/test-tls-ca.ts';
import type { TestTsa } from '../ca/test-tsa.ts';
import type { CallCounter } from './faults/calls.ts';
import type { RemoteControl } from './faults/remote-control.ts';
import type { KaguraContract } from './kagura/kagura-contract.ts';
import type { PeopleDirectory } from './people.ts';
import type { SignInDesk } from './phone/sign-in-desk.ts';
import type { ServiceClock, TimeSource } from './service-clock.ts';
import type { SigningDesk } from './signing-desk.ts';

export type ListenerName = 'api' | 'login' | 'card' | 'phone' | 'control';

export interface RemoteServiceOptions {
  /** HPKI's test authorities; default: new ones. With a clinic's own, its cards can sign in here. */
  readonly ca?: TestCa;
  /** Whose My Number cards may sign in, once they are enrolled (`people.enrol`). Default: none. */
  readonly jpki?: TestJpkiCa;
  readonly clock?: TimeSource;
  /** How long an authentication lasts. Default: 18 hours. */
  readonly tokenSeconds?: number;
  /** How long a QR code lives. Default and bound: 120 seconds. */
  readonly codeSeconds?: number;
  /** Signatures of one authorization (CSC). Default: 100. */
  readonly multisign?: number;
  /** Name in the facility's client certificate. */
  readonly facility?: string;
  /** What departs from sandboxKaguraContract. */
  readonly kagura?: Partial<KaguraContract>;
  /** Name of this machine in the addresses and certificates of terminals' ports. Default: localhost, which no proxy is asked for. */
  readonly hostName?: string;
  /** Ports; 0, the default, lets the system choose. */
  readonly ports?: Partial<Readonly<Record<ListenerName, number>>>;
  /** Phones in the same network. Default: only this machine, as http://localhost. */
  readonly phones?: PhoneNetwork;
}

/** Where phones come from. WebAuthn wants a name, and TLS that the phone trusts. */
export interface PhoneNetwork {
  readonly hostName: string;
  /** Interface to bind; 0.0.0.0 for all. */
  readonly address: string;
  /** Default: a certificate of the test CA, which the phone then has to trust. */
  readonly tls?: TlsIdentity;
}

export interface RemoteServiceAddresses {
  /** Terminals: OAuth, CSC, kagura's token and signature endpoints. A client certificate of a facility is demanded. */
  readonly api: string;
  /** Browsers of terminals: kagura's login pages. */
  readonly login: string;
  /** TLS client authentication by a card. */
  readonly card: string;
  /** Phones. */
  readonly phone: string;
  readonly control: string;
  /** RFC 3161 over HTTPS. */
  readonly timeStamps: string;
  readonly csc: { readonly issuer: string; readonly base: string; readonly clientId: string };
  readonly kagura: {
    readonly issuer: string;
    readonly authorization: string;
    readonly token: string;
    readonly revocation: string;
    readonly keys: string;
    readonly sign: string;
    readonly redirectUri: string;
    /** Where the login window may navigate to. */
    readonly loginOrigins: readonly string[];
  };
}

/** What a terminal has to be given. PEM. */
export interface RemoteServiceTrust {
  readonly ca: TestCa;
  readonly tlsCa: TestTlsCa;
  readonly tsa: TestTsa;
  /** The facility's client certificate. */
  readonly facility: TlsIdentity;
}

export interface RemoteService {
  readonly addresses: RemoteServiceAddresses;
  readonly trust: RemoteServiceTrust;
  readonly control: RemoteControl;
  readonly clock: ServiceClock;
  readonly calls: CallCounter;
  readonly people: PeopleDirectory;
  readonly signIns: SignInDesk;
  readonly signing: SigningDesk;
  /** Errors of the service's own, which no test has armed. */
  readonly errors: readonly unknown[];
  close(): Promise<void>;
}
