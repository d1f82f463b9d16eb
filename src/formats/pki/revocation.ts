import type { Certificate } from './certificate.ts';
import type { Bilingual } from '../bilingual.ts';
import type { Verdict } from '../verdict.ts';
import type { CertificateRevocationList } from './crl.ts';
import { sameName } from './name.ts';
import { pathTexts } from './path-text.ts';
import type { SignatureAnswer, SignedData, VerificationKey } from './signed-data.ts';

/** `doubtful`: revoked later, but the key is said to have been lost before the time in question. */
type Status = 'revoked' | 'doubtful' | 'good' | 'unusable';

/** Which of several lists is believed: bad news first, and any usable list before one that cannot tell. */
const weight: readonly Status[] = ['revoked', 'doubtful', 'good', 'unusable'];

export interface RevocationFinding {
  readonly status: Status;
  readonly verdict: Verdict;
  readonly reason: Bilingual;
}

/** Verifies a signature, or remembers having done so. */
export type VerifySignature = (signed: SignedData & { readonly sha256: string }, signer: VerificationKey & { readonly sha256: string }) => SignatureAnswer;

/**
 * Whether the lists say that `certificate` was revoked at a time. Lists of other issuers, for other kinds of
 * certificates and with a wrong signature are passed over: a list that is not the issuer's own proves nothing.
 */
export function checkRevocation(
  certificate: Certificate,
  issuer: Certificate,
  crls: readonly CertificateRevocationList[],
  at: Date,
  verifySignature: VerifySignature,
): RevocationFinding {
  const findings = crls
    .filter((crl) => appliesTo(crl, certificate, issuer) && verifySignature(crl, issuer) === 'good')
    .map((crl) => readStatus(crl, certificate, at));
  return (
    findings.toSorted((a, b) => weight.indexOf(a.status) - weight.indexOf(b.status))[0] ??
    { status: 'unusable', verdict: 'INDETERMINATE', reason: pathTexts.noCrl(certificate) }
  );
}

function appliesTo(crl: CertificateRevocationList, certificate: Certificate, issuer: Certificate): boolean {
  if (!sameName(crl.issuer, certificate.issuer)) return false;
  if (issuer.keyUsage !== null && !issuer.keyUsage.has('cRLSign')) return false;
  const scope = crl.issuingDistributionPoint;
  if (scope === null) return true;
  const isCa = certificate.basicConstraints?.ca === true;
  if (isCa ? scope.onlyUserCertificates : scope.onlyCaCertificates) return false;
  // RFC 5280 §6.3.3 (b)(2)(i): a named part of the CA's lists is for certificates that point to it.
  return scope.urls.length === 0 || scope.urls.some((url) => certificate.crlUrls.includes(url));
}

function readStatus(crl: CertificateRevocationList, certificate: Certificate, at: Date): RevocationFinding {
  const entry = crl.revoked.get(certificate.serialNumber);
  if (crl.unsupported.length > 0) {
    return { status: 'unusable', verdict: 'INDETERMINATE', reason: pathTexts.unsupportedCrl(certificate, crl.unsupported) };
  }
  // Once listed as revoked it stays so, however old the list is.
  if (entry !== undefined && entry.revocationDate <= at) {
    return { status: 'revoked', verdict: 'INVALID', reason: pathTexts.revoked(certificate, entry.revocationDate, entry.reason) };
  }
  if (entry?.invalidityDate && entry.invalidityDate <= at) {
    return { status: 'doubtful', verdict: 'INDETERMINATE', reason: pathTexts.doubtfulSince(certificate, entry.invalidityDate) };
  }
  if (crl.nextUpdate === null || crl.nextUpdate < at) {
    return { status: 'unusable', verdict: 'INDETERMINATE', reason: pathTexts.staleCrl(certificate, crl.nextUpdate) };
  }
  if (entry === undefined && crl.thisUpdate > certificate.notAfter) {
    return { status: 'unusable', verdict: 'INDETERMINATE', reason: pathTexts.droppedFromCrl(certificate) };
  }
  return { status: 'good', verdict: 'VALID', reason: pathTexts.revocationGood(at) };
}
