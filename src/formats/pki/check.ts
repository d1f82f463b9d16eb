import type { Bilingual } from '../bilingual.ts';
import type { Verdict } from '../verdict.ts';

/** One finding about a certificate, in the shape of a verification report's checks. */
export interface CertificateCheck {
  /** Stable, for programs. */
  readonly id: CertificateCheckId;
  readonly verdict: Verdict;
  readonly title: Bilingual;
  readonly reason: Bilingual;
}

export type CertificateCheckId =
  | 'certificate.path'
  | 'certificate.validity'
  | 'certificate.algorithm'
  | 'certificate.extensions'
  | 'certificate.keyUsage'
  | 'certificate.policy'
  | 'certificate.revocation';
