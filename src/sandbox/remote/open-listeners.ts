import type { TestTlsCa, TlsIdentity } from '../ca/test-tls-ca.ts';
import { writePem } from '../../formats/pki/pem.ts';
import type { CardAuthority } from './authorization/card-assertion.ts';
import type { Gate } from './http/gate.ts';
import { Listener, type ListenerTls } from './http/listener.ts';
import type { ListenerName, RemoteServiceOptions } from './remote-service.ts';

export interface ListenerParts {
  readonly options: Pick<RemoteServiceOptions, 'hostName' | 'ports' | 'phones'>;
  readonly gate: Gate;
  /** The control port's own, which no fault may reach. */
  readonly controlGate: Gate;
  readonly tlsCa: TestTlsCa;
  readonly server: TlsIdentity;
  /** Whose cards the card port asks for. */
  readonly authorities: readonly CardAuthority[];
}

const loopback = '127.0.0.1';

/** Binds all ports. They serve nothing yet: addresses come first, because issuer and pages name them. */
export async function openListeners({ options, gate, controlGate, tlsCa, server, authorities }: ListenerParts): Promise<Readonly<Record<ListenerName, Listener>>> {
  const { hostName = 'localhost', phones, ports } = options;
  const own = { cert: server.certificate, key: server.privateKey };
  const local = (name: ListenerName, tls: ListenerTls | null): Promise<Listener> =>
    Listener.open({ address: loopback, hostName: tls === null ? 'localhost' : hostName, port: ports?.[name] ?? 0, tls, gate: name === 'control' ? controlGate : gate });
  const phone = async (): Promise<Listener> => {
    // http://localhost is a secure context, where WebAuthn works without TLS.
    if (phones === undefined) return local('phone', null);
    const { certificate, privateKey } = phones.tls ?? (await tlsCa.issueServer([phones.hostName]));
    return Listener.open({ ...phones, port: ports?.phone ?? 0, tls: { cert: certificate, key: privateKey }, gate });
  };
  const opening: Readonly<Record<ListenerName, Promise<Listener>>> = {
    api: local('api', { ...own, ca: tlsCa.facilityRoot, requestCert: true, rejectUnauthorized: true }),
    login: local('login', own),
    // Cards of today sign PKCS#1 v1.5 only, and TLS 1.3 has no place for it (RFC 8446 §4.2.3).
    card: local('card', { ...own, ca: cardRoots(authorities), requestCert: true, rejectUnauthorized: false, maxVersion: 'TLSv1.2' }),
    phone: phone(),
    control: local('control', null),
  };
  const opened = await Promise.allSettled(Object.values(opening));
  if (opened.some(({ status }) => status === 'rejected')) {
    // All five or none: a port that is left open would keep the process.
    for (const result of opened) if (result.status === 'fulfilled') await result.value.close();
  }
  return { api: await opening.api, login: await opening.login, card: await opening.card, phone: await opening.phone, control: await opening.control };
}

/** The CAs of whose certificates a browser offers only those of cards. */
function cardRoots(authorities: readonly CardAuthority[]): string[] {
  return authorities.flatMap(({ root, chain }) => [root, ...chain].map(({ der }) => writePem(der)));
}

