import type { ExchangeLost } from './exchange-lost.ts';
import { lostAnswer } from './network-failures.ts';
import type { NetworkError } from './network-error.ts';
import type { ServiceConnection, WireAnswer } from './service-connection.ts';
import { clientCertificateAnswer, clientCertificateFailure, type HandshakeEvidence } from './tls-failures.ts';

/** What an exchange that did not come to its answer is called. */
export function exchangeFailure(lost: ExchangeLost, connection: ServiceConnection, host: string, now: Date, repeatable: boolean): NetworkError {
  // In TLS 1.3 an alert about the certificate may come late, and still proves that the request was not looked at.
  const refused = lost.wasFirst ? clientCertificateFailure(lost.cause, { ...evidence(connection, host, now), serverAnswered: false, afterHandshake: false }) : null;
  return refused ?? lostAnswer(host, lost, repeatable);
}

/** An answer that is none of the service itself: what stands before it has refused the client certificate. */
export function refusalIn(answer: WireAnswer, connection: ServiceConnection, host: string, now: Date): NetworkError | null {
  // As much of a page as its title takes.
  const beginning = Buffer.from(answer.body.subarray(0, 1024)).toString('latin1');
  return clientCertificateAnswer(answer.status, beginning, evidence(connection, host, now));
}

function evidence({ opened }: ServiceConnection, host: string, now: Date): Omit<HandshakeEvidence, 'serverAnswered' | 'afterHandshake'> {
  const { route, peer, identityNotAfter } = opened;
  return { hop: 'service', host, throughProxy: route.kind === 'proxy', peer, issuerBefore: null, identityNotAfter, now };
}
