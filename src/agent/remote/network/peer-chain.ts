import { X509Certificate } from 'node:crypto';
import type { DetailedPeerCertificate, TLSSocket } from 'node:tls';
import { showSafely } from '../../../formats/prescription/display-safety.ts';

/** Who vouches for a server, as its certificate says. Not verified by being here. */
export interface PeerIssuer {
  /** Common name and organization, safe to show. */
  readonly name: string;
  /** The whole distinguished name, for comparing. */
  readonly subject: string;
}

/** What a server presented, end entity first. */
export interface PeerChain {
  readonly subject: string;
  readonly issuer: PeerIssuer;
  /** The highest issuer that the presented certificates lead to. */
  readonly top: PeerIssuer;
  readonly notAfter: Date;
  /** SHA-256 fingerprints, lower-case hex. */
  readonly fingerprints: readonly string[];
}

/** More certificates than any path has. */
const longestChain = 10;

/**
 * The chain as far as it was presented or found among the known CAs; null before the handshake has got that far. By
 * getPeerCertificate, because getPeerX509Certificate takes the certificate out of the chain that Node then compares the
 * host name with (Node 24).
 */
export function peerChainOf(socket: TLSSocket): PeerChain | null {
  let next: Partial<DetailedPeerCertificate> | undefined = socket.getPeerCertificate(true);
  const chain: X509Certificate[] = [];
  while (next?.raw !== undefined && chain.length < longestChain && chain.at(-1)?.raw.equals(next.raw) !== true) {
    chain.push(new X509Certificate(next.raw));
    next = next.issuerCertificate;
  }
  const [leaf] = chain;
  if (leaf === undefined) return null;
  const last = chain.at(-1) ?? leaf;
  return {
    subject: shown(leaf.subject),
    issuer: issuerOf(leaf.issuer),
    top: issuerOf(last.issuer),
    notAfter: leaf.validToDate,
    fingerprints: chain.map(({ fingerprint256 }) => fingerprint256.replaceAll(':', '').toLowerCase()),
  };
}

function issuerOf(distinguishedName: string): PeerIssuer {
  return { name: shown(distinguishedName), subject: distinguishedName };
}

/** Node writes one attribute a line. The names that mean something to a person are enough. */
function shown(distinguishedName: string): string {
  const of = (type: string): string | undefined => distinguishedName.split('\n').findLast((line) => line.startsWith(`${type}=`))?.slice(type.length + 1);
  const [common, organization] = [of('CN'), of('O')];
  const name = [common ?? of('OU'), common !== undefined && common === organization ? undefined : organization].filter((part) => part !== undefined).join(' / ');
  return showSafely((name === '' ? distinguishedName.replaceAll('\n', ', ') : name).slice(0, 160));
}
