/** INVALID outranks INDETERMINATE, which outranks VALID. */
export type Verdict = 'VALID' | 'INVALID' | 'INDETERMINATE';

export interface Bilingual {
  readonly ja: string;
  readonly en: string;
}

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

export function worstVerdict(verdicts: readonly Verdict[]): Verdict {
  if (verdicts.includes('INVALID')) return 'INVALID';
  return verdicts.includes('INDETERMINATE') ? 'INDETERMINATE' : 'VALID';
}
