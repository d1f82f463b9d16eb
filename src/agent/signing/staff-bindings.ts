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

/** Whom a provider of remote signing authenticates. */
export interface ProviderAccount {
  /** As policy names it. */
  readonly provider: string;
  /** The token's `sub`. */
  readonly subject: string;
}

export interface BoundAccount extends ProviderAccount {
  /** ISO 8601. */
  readonly boundAt: string;
}

export interface StaffBinding {
  readonly staffId: string;
  readonly subjects: readonly BoundSubject[];
  readonly accounts: readonly BoundAccount[];
}

/** Which staff id belongs to which certificate subjects and provider accounts. Writing throws STORAGE_FAILED. */
export interface StaffBindings {
  list(): readonly StaffBinding[];
  subjectsOf(staffId: string): readonly BoundSubject[];
  accountsOf(staffId: string): readonly BoundAccount[];
  /** Adds the certificate's subject, or the certificate to a subject that is bound already. */
  bind(staffId: string, certificate: Certificate, by: BoundSubject['by'], at: number): Promise<void>;
  /** Only after a certificate of this account has fitted. An account that is bound already stays as it is. */
  bindAccount(staffId: string, account: ProviderAccount, at: number): Promise<void>;
  /** Removes one subject, or all that is bound. False where there was nothing to remove. */
  unbind(staffId: string, subjectSha256?: string): Promise<boolean>;
}

/** Every request asks several times. */
const subjectsKnown = new WeakMap<Certificate, CertificateSubject>();

export function subjectOf(certificate: Certificate): CertificateSubject {
  const known = subjectsKnown.get(certificate);
  if (known) return known;
  const subject = {
    issuerSha256: sha256(certificate.issuerDer),
    subjectSha256: sha256(certificate.subjectDer),
    issuer: certificate.issuer.text,
    subject: certificate.subject.text,
  };
  subjectsKnown.set(certificate, subject);
  return subject;
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
  const { subjects, accounts } = bindingOf(bindings, staffId);
  const known = subjects.find((bound) => isSameSubject(bound, subject));
  const bound: BoundSubject = known
    ? { ...known, certificates: [...new Set([...known.certificates, certificate.sha256])] }
    : { ...subject, boundAt: new Date(at).toISOString(), by, certificates: [certificate.sha256] };
  return [...without(bindings, staffId), { staffId, subjects: [...subjects.filter((other) => other !== known), bound], accounts }];
}

/** The same list where the account is there already. */
export function addAccount(bindings: readonly StaffBinding[], staffId: string, { provider, subject }: ProviderAccount, at: number): readonly StaffBinding[] {
  const { subjects, accounts } = bindingOf(bindings, staffId);
  if (accounts.some((account) => isSameAccount(account, { provider, subject }))) return bindings;
  return [...without(bindings, staffId), { staffId, subjects, accounts: [...accounts, { provider, subject, boundAt: new Date(at).toISOString() }] }];
}

export function isSameAccount(a: ProviderAccount, b: ProviderAccount): boolean {
  return a.provider === b.provider && a.subject === b.subject;
}

function bindingOf(bindings: readonly StaffBinding[], staffId: string): StaffBinding {
  return bindings.find((binding) => binding.staffId === staffId) ?? { staffId, subjects: [], accounts: [] };
}

function without(bindings: readonly StaffBinding[], staffId: string): readonly StaffBinding[] {
  return bindings.filter((binding) => binding.staffId !== staffId);
}

/** Null where there was nothing to remove. */
export function removeBinding(
  bindings: readonly StaffBinding[],
  staffId: string,
  subjectSha256?: string,
): readonly StaffBinding[] | null {
  const { subjects, accounts } = bindingOf(bindings, staffId);
  const rest = without(bindings, staffId);
  if (subjectSha256 === undefined) return subjects.length + accounts.length === 0 ? null : rest;
  const kept = subjects.filter((bound) => bound.subjectSha256 !== subjectSha256);
  if (kept.length === subjects.length) return null;
  return kept.length + accounts.length === 0 ? rest : [...rest, { staffId, subjects: kept, accounts }];
}
