import type { Certificate } from '../../formats/pki/certificate.ts';
import { sha256 } from './request-fingerprint.ts';

/** The person behind a certificate, as their authority names them. A renewed certificate has the same. */
export interface CertificateSubject {
  /** SHA-256 of the DER names, lower-case hex: what is compared. */
  readonly issuerSha256: string;
  readonly subjectSha256: string;
  /** For people. */
  readonly issuer: string;
  readonly subject: string;
}

export interface BoundSubject extends CertificateSubject {
  /** ISO 8601. */
  readonly boundAt: string;
  readonly by: 'person' | 'administrator';
  /** SHA-256 of the certificates of this subject that were seen, so that a new one is noticed. */
  readonly certificates: readonly string[];
}

export interface StaffBinding {
  readonly staffId: string;
  readonly subjects: readonly BoundSubject[];
}

/** Which staff id belongs to which certificate subjects. Writing throws STORAGE_FAILED. */
export interface StaffBindings {
  list(): readonly StaffBinding[];
  subjectsOf(staffId: string): readonly BoundSubject[];
  /** Adds the certificate's subject, or the certificate to a subject that is bound already. */
  bind(staffId: string, certificate: Certificate, by: BoundSubject['by'], at: number): Promise<void>;
  /** Removes one subject, or all of them. False where there was nothing to remove. */
  unbind(staffId: string, subjectSha256?: string): Promise<boolean>;
}

export function subjectOf(certificate: Certificate): CertificateSubject {
  return {
    issuerSha256: sha256(certificate.issuerDer),
    subjectSha256: sha256(certificate.subjectDer),
    issuer: certificate.issuer.text,
    subject: certificate.subject.text,
  };
}

export function isSameSubject(a: CertificateSubject, b: CertificateSubject): boolean {
  return a.issuerSha256 === b.issuerSha256 && a.subjectSha256 === b.subjectSha256;
}

export function addBinding(
  bindings: readonly StaffBinding[],
  staffId: string,
  certificate: Certificate,
  by: BoundSubject['by'],
  at: number,
): readonly StaffBinding[] {
  const subject = subjectOf(certificate);
  const others = bindings.filter((binding) => binding.staffId !== staffId);
  const subjects = bindings.find((binding) => binding.staffId === staffId)?.subjects ?? [];
  const known = subjects.find((bound) => isSameSubject(bound, subject));
  const bound: BoundSubject = known
    ? { ...known, certificates: [...new Set([...known.certificates, certificate.sha256])] }
    : { ...subject, boundAt: new Date(at).toISOString(), by, certificates: [certificate.sha256] };
  return [...others, { staffId, subjects: [...subjects.filter((other) => other !== known), bound] }];
}

/** Null where there was nothing to remove. */
export function removeBinding(
  bindings: readonly StaffBinding[],
  staffId: string,
  subjectSha256?: string,
): readonly StaffBinding[] | null {
  const binding = bindings.find((candidate) => candidate.staffId === staffId);
  const subjects = subjectSha256 === undefined ? [] : (binding?.subjects ?? []).filter((bound) => bound.subjectSha256 !== subjectSha256);
  if (binding === undefined || subjects.length === binding.subjects.length) return null;
  const others = bindings.filter((candidate) => candidate !== binding);
  return subjects.length === 0 ? others : [...others, { staffId, subjects }];
}
