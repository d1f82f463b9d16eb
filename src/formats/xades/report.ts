import type { Bilingual } from '../bilingual.ts';
import type { DocumentType } from '../prescription/document.ts';
import type { Verdict } from '../verdict.ts';

export type { Verdict };

export interface VerificationCheck {
  /** Stable, for programs: `reference.document`, `certificate.path`, `certificate.role`, … */
  readonly id: string;
  readonly verdict: Verdict;
  readonly title: Bilingual;
  readonly reason: Bilingual;
}

export interface ReportedSigner {
  /** Subject CN. */
  readonly name: string;
  /** SAN directoryName CN in kanji, where the certificate has one. */
  readonly kanjiName: string | null;
  /** hcRole as written, or null for a certificate without one. */
  readonly role: string | null;
  readonly certificateSha256: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
}

export interface VerificationReport {
  readonly verdict: Verdict;
  readonly documentType: DocumentType | null;
  /** Read from what is present; only BES is evaluated here, the rest is named. */
  readonly level: 'BES' | 'T' | 'XL' | 'A' | null;
  readonly signer: ReportedSigner | null;
  /** As claimed by the signer. */
  readonly signingTime: Date | null;
  /** The time for which the certificate path was checked. */
  readonly checkedAt: Date;
  readonly checks: readonly VerificationCheck[];
  /** The prescription inside a dispensing result. */
  readonly nested: VerificationReport | null;
}
