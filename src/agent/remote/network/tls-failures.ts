import type { Bilingual } from '../../../formats/bilingual.ts';
import { codeOf, unreachable, type Hop } from './network-failures.ts';
import { NetworkError, type NetworkFailure } from './network-error.ts';
import type { PeerChain } from './peer-chain.ts';
import { ClosedEarly } from './socket-events.ts';

/** What is known of a handshake beside the error that ended it. */
export interface HandshakeEvidence extends Hop {
  /** A proxy stands between, which could open the connection. */
  readonly throughProxy: boolean;
  readonly peer: PeerChain | null;
  /** Whom the host's certificate came from when it was last found right, in this run of the agent. */
  readonly issuerBefore: string | null;
  /** The other side had sent its certificate before the handshake ended. */
  readonly serverAnswered: boolean;
  /** The handshake was over as this side sees it, and the other side ended the connection upon it. */
  readonly afterHandshake: boolean;
  /** End of the client certificate's validity; null where none was offered. */
  readonly identityNotAfter: Date | null;
  readonly now: Date;
}

/** X509_V_ERR_… as Node words them: no path leads to a CA that is known here. */
const unknownAuthority: ReadonlySet<string> = new Set([
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  // A CA of a known name with another key.
  'CERT_SIGNATURE_FAILURE',
  'CERT_UNTRUSTED',
  'INVALID_CA',
]);

/** Products that open TLS connections, by what their CAs call themselves when nobody has changed it. */
const inspectionProducts =
  /fortinet|fortigate|zscaler|netskope|palo ?alto|blue ?coat|symantec web|sophos|check ?point|mcafee|skyhigh|forcepoint|websense|barracuda|watchguard|fireware|sonicwall|juniper|cisco umbrella|squid|mitmproxy|charles proxy|fiddler|i-?filter|digital arts|interscan|trend micro|kaspersky|eset ssl|avast|bitdefender|untangle|stormshield|menlo/i;

/** Why a TLS handshake failed. Nothing of the request has left. */
export function handshakeFailure(error: unknown, evidence: HandshakeEvidence): NetworkError {
  const code = codeOf(error);
  if (unknownAuthority.has(code)) return untrustedPeer(error, evidence);
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID' || code === 'HOSTNAME_MISMATCH') {
    const owner = evidence.peer?.subject ?? '-';
    return failed('TLS_HOSTNAME', evidence, error, {
      ja: `${evidence.host} のサーバー証明書は「${owner}」のものです。`,
      en: `The certificate that ${evidence.host} shows belongs to "${owner}".`,
    });
  }
  const refused = evidence.hop === 'service' ? clientCertificateFailure(error, evidence) : null;
  return refused ?? otherFailure(code, error, evidence);
}

/**
 * The peer cannot be trusted, which ends the connection in every case; here only its name is found. A terminal cannot tell a
 * CA that nobody has told it of from one that stands in between, so it names TLS_INTERCEPTED where something speaks for it:
 * a proxy on the way, a product that is known for it, or another issuer for this host a while ago. Else it is CA_UNKNOWN.
 * Both texts name the issuer, so that a person can decide.
 */
function untrustedPeer(cause: unknown, evidence: HandshakeEvidence): NetworkError {
  const { hop, host, peer, throughProxy, issuerBefore } = evidence;
  const issuer = peer?.top.name ?? '-';
  const isOther = issuerBefore !== null && peer !== null && issuerBefore !== peer.issuer.subject;
  const isProduct = peer !== null && inspectionProducts.test(`${peer.issuer.subject}\n${peer.top.subject}`);
  if (hop === 'service' && (throughProxy || isProduct || isOther)) {
    return failed('TLS_INTERCEPTED', evidence, cause, {
      ja: `${host} の証明書の発行元は「${issuer}」で、署名サービスのものと確認できません。プロキシやUTMのTLS検査と考えられます。検査の対象外にしても変わらない場合は、契約先の認証局かどうかを確かめてください。`,
      en: `The certificate of ${host} was issued by "${issuer}", which is not known here: most likely a proxy or firewall that inspects TLS. If an exemption does not help, ask whether it is the CA of the service's operator.`,
    });
  }
  return failed('CA_UNKNOWN', evidence, cause, {
    ja: `${host} の証明書の発行元は「${issuer}」で、この端末では確認できません。`,
    en: `The certificate of ${host} was issued by "${issuer}", which is not known on this computer.`,
  });
}

/** TLS alerts (RFC 8446 §6.2) by which a server says that it does not take the client's certificate. */
const alerts = { badCertificate: 42, unsupported: 43, revoked: 44, expired: 45, unknown: 46, unknownCa: 48, accessDenied: 49, required: 116, handshake: 40 } as const;
const certificateAlerts: ReadonlySet<number> = new Set([
  alerts.badCertificate,
  alerts.unsupported,
  alerts.revoked,
  alerts.expired,
  alerts.unknown,
  alerts.unknownCa,
  alerts.accessDenied,
  alerts.required,
]);

/** BoringSSL gives no number in its messages, but names the alerts as OpenSSL does. */
const alertNames: readonly (readonly [RegExp, number])[] = [
  [/ALERT_CERTIFICATE_REQUIRED|_CERTIFICATE_REQUIRED$/, alerts.required],
  [/ALERT_BAD_CERTIFICATE$/, alerts.badCertificate],
  [/ALERT_UNSUPPORTED_CERTIFICATE$/, alerts.unsupported],
  [/ALERT_CERTIFICATE_REVOKED$/, alerts.revoked],
  [/ALERT_CERTIFICATE_EXPIRED$/, alerts.expired],
  [/ALERT_CERTIFICATE_UNKNOWN$/, alerts.unknown],
  [/ALERT_UNKNOWN_CA$/, alerts.unknownCa],
  [/ALERT_ACCESS_DENIED$/, alerts.accessDenied],
  [/ALERT_HANDSHAKE_FAILURE$/, alerts.handshake],
];

function alertOf(error: unknown): number | null {
  if (!(error instanceof Error)) return null;
  const number = /alert number (\d{1,3})/.exec(error.message)?.[1];
  return number === undefined ? (alertNames.find(([name]) => name.test(codeOf(error)))?.[1] ?? null) : Number(number);
}

/**
 * TLS_CLIENT_CERT_… where the server does not take what this end showed or did not show; null where it is something else. In
 * TLS 1.2 a missing certificate is a plain handshake_failure, but one that follows the server's own certificate. A server
 * that hangs up without a word once it has shown its own does it for that reason, too.
 */
export function clientCertificateFailure(error: unknown, evidence: HandshakeEvidence): NetworkError | null {
  const { host, identityNotAfter, now, serverAnswered, afterHandshake } = evidence;
  const alert = alertOf(error);
  const hungUp = (serverAnswered || afterHandshake) && (error instanceof ClosedEarly || ['ECONNRESET', 'EPIPE'].includes(codeOf(error)));
  const isAboutIt = alert !== null && (certificateAlerts.has(alert) || (alert === alerts.handshake && serverAnswered));
  if (!isAboutIt && !hungUp) return null;
  if (identityNotAfter === null) {
    return failed('TLS_CLIENT_CERT_MISSING', evidence, error, hungUp ? silentText(host) : {
      ja: `${host} はクライアント証明書のない接続を受け付けません。`,
      en: `${host} takes no connection without a client certificate.`,
    });
  }
  const until = identityNotAfter.toISOString().slice(0, 10);
  if (alert === alerts.expired || identityNotAfter < now) {
    return failed('TLS_CLIENT_CERT_EXPIRED', evidence, error, {
      ja: `クライアント証明書の有効期限は ${until} です。`,
      en: `The client certificate was valid until ${until}.`,
    });
  }
  return failed('TLS_CLIENT_CERT_REJECTED', evidence, error, hungUp ? silentText(host) : {
    ja: `${host} が、登録されているクライアント証明書（${until}まで）を拒否しました（TLSアラート ${alert ?? '-'}）。`,
    en: `${host} refused the client certificate that is set (valid until ${until}; TLS alert ${alert ?? '-'}).`,
  });
}

/**
 * nginx ends the handshake whatever the client's certificate is, and then answers 400 with a page of its own (495 and 496
 * where it was told so). The request reached no application.
 */
export function clientCertificateAnswer(status: number, page: string, evidence: Omit<HandshakeEvidence, 'serverAnswered' | 'afterHandshake'>): NetworkError | null {
  const isMissing = status === 496 || (status === 400 && page.includes('No required SSL certificate was sent'));
  const isWrong = status === 495 || (status === 400 && page.includes('The SSL certificate error'));
  if (!isMissing && !isWrong) return null;
  const alert = Object.assign(new Error(`HTTP ${status}, alert number ${isMissing ? alerts.required : alerts.badCertificate}`), { code: `HTTP_${status}` });
  return clientCertificateFailure(alert, { ...evidence, serverAnswered: true, afterHandshake: false });
}

const silentText = (host: string): Bilingual => ({
  ja: `${host} はTLSの途中または直後に、何も言わず接続を切りました。クライアント証明書を受け付けないサーバーの振る舞いです。`,
  en: `${host} hung up without a word during or right after the TLS handshake, as servers do that do not take the client certificate.`,
});

function otherFailure(code: string, cause: unknown, evidence: HandshakeEvidence): NetworkError {
  const { host, peer } = evidence;
  const until = peer?.notAfter.toISOString().slice(0, 10) ?? '-';
  const texts: Readonly<Record<string, Bilingual>> = {
    CERT_HAS_EXPIRED: {
      ja: `${host} のサーバー証明書は期限切れです（${until}まで）。この端末の時計も確かめてください。`,
      en: `The server certificate of ${host} has expired (${until}). Check this computer's clock as well.`,
    },
    CERT_NOT_YET_VALID: {
      ja: `${host} のサーバー証明書はまだ有効ではありません。この端末の時計を確かめてください。`,
      en: `The server certificate of ${host} is not valid yet. Check this computer's clock.`,
    },
  };
  const isWeak = alertOf(cause) === alerts.handshake || /PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL|NO_SHARED|DH_KEY_TOO_SMALL|EE_KEY_TOO_SMALL|SIGNATURE_TYPE|SIGNATURE_ALGORITHM/.test(code);
  const text = texts[code] ?? (isWeak ? weakText(host) : null);
  return text === null ? unreachable(evidence, 'tls', cause) : failed('PROVIDER_UNREACHABLE', evidence, cause, text);
}

const weakText = (host: string): Bilingual => ({
  ja: `${host} は、必要な暗号（TLS 1.2以上、ECDHEとAES-GCMまたはChaCha20）に対応していません。`,
  en: `${host} does not offer what is required (TLS 1.2 or later, ECDHE with AES-GCM or ChaCha20).`,
});

function failed(code: NetworkFailure['code'], { hop, host }: Hop, cause: unknown, detail: Bilingual): NetworkError {
  return new NetworkError({ code, phase: 'tls', hop, host, sent: 'never', detail }, { cause });
}
