import { X509Certificate } from 'node:crypto';
import type { Certificate } from 'electron';

/**
 * Only where Chromium's one objection is that it does not know the authority: every signature up to one of ours, the host
 * name and the dates are checked here. SECURITY: test/unit/main/extra-authorities.test.ts
 */
export function leadsTo(
  anchors: readonly X509Certificate[],
  { hostname, certificate, verificationResult }: { readonly hostname: string; readonly certificate: Certificate; readonly verificationResult: string },
  now: Date = new Date(),
): boolean {
  if (verificationResult !== 'net::ERR_CERT_AUTHORITY_INVALID') return false;
  const chain = certificatesOf(certificate);
  const [leaf] = chain;
  if (leaf?.checkHost(hostname) === undefined) return false;
  for (const [index, link] of chain.entries()) {
    if (!isInTime(link, now) || (index > 0 && !link.ca)) return false;
    if (anchors.some((anchor) => isInTime(anchor, now) && anchor.ca && link.checkIssued(anchor) && link.verify(anchor.publicKey))) return true;
    const issuer = chain[index + 1];
    if (issuer === undefined || !link.checkIssued(issuer) || !link.verify(issuer.publicKey)) return false;
  }
  return false;
}

const longestChain = 8;

function certificatesOf(first: Certificate): readonly X509Certificate[] {
  const chain: X509Certificate[] = [];
  // Electron's type promises an issuer always; the last one has none, or itself.
  for (let next: Certificate | undefined = first; next !== undefined && chain.length < longestChain; next = next.issuerCert as Certificate | undefined) {
    const read = new X509Certificate(next.data);
    if (chain.at(-1)?.raw.equals(read.raw) === true) break;
    chain.push(read);
  }
  return chain;
}

function isInTime({ validFromDate, validToDate }: X509Certificate, now: Date): boolean {
  return validFromDate <= now && now <= validToDate;
}
