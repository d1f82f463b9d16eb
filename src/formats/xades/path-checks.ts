import type { Certificate } from '../pki/certificate.ts';
import type { CertificateRevocationList } from '../pki/crl.ts';
import type { PathValidator } from '../pki/path-validator.ts';
import type { TrustAnchors } from '../pki/path-building.ts';
import type { VerificationCheck } from './report.ts';

/** What signatures are judged by. */
export interface Trust {
  readonly validator: PathValidator;
  readonly anchors: TrustAnchors;
  readonly chain: readonly Certificate[];
  readonly crls: readonly CertificateRevocationList[];
  /** One of these OIDs must be in the signer's certificate. */
  readonly policies: readonly string[];
}

export interface PathContext {
  readonly trust: Trust;
  /** Certificates that came with the signature. */
  readonly embedded: readonly Certificate[];
  readonly at: Date;
  /**
   * The signer's own word on when it was signed, where the time of the signature is not established by `at`: an expiry or a
   * revocation after it does not make the signature INVALID, only INDETERMINATE.
   */
  readonly claimedTime: Date | null;
}

/** Path, validity, key usage, policy and revocation of the signing certificate. */
export function pathChecks(certificate: Certificate, context: PathContext): readonly VerificationCheck[] {
  const now = validate(certificate, context, context.at);
  if (context.claimedTime === null || !now.some(mayHaveHappenedSince)) return now;
  const then = validate(certificate, context, context.claimedTime);
  return now.map((finding) => {
    const heldThen = !then.some(({ id, verdict }) => id === finding.id && verdict === 'INVALID');
    return mayHaveHappenedSince(finding) && heldThen ? { ...finding, verdict: 'INDETERMINATE', reason: sinceThen(finding) } : finding;
  });
}

function mayHaveHappenedSince({ id, verdict }: VerificationCheck): boolean {
  return verdict === 'INVALID' && (id === 'certificate.validity' || id === 'certificate.revocation');
}

function sinceThen({ reason }: VerificationCheck): VerificationCheck['reason'] {
  return {
    ja: `${reason.ja}ただし、署名時刻（署名者の申告）の時点では有効でした。`,
    en: `${reason.en} At the signing time that the signer states it was still valid.`,
  };
}

function validate(certificate: Certificate, { trust, embedded }: PathContext, at: Date): readonly VerificationCheck[] {
  return trust.validator.validate({
    certificate,
    chain: [...trust.chain, ...embedded],
    anchors: trust.anchors,
    crls: trust.crls,
    at,
    requireKeyUsage: 'nonRepudiation',
    requirePolicies: trust.policies,
  }).checks;
}
