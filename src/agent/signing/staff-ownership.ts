import type { Certificate } from '../../formats/pki/certificate.ts';
import type { Ownership } from './card-question.ts';
import type { SignaturePolicy } from './signature-policy.ts';
import { isSameSubject, subjectOf, type BoundSubject, type StaffBindings } from './staff-bindings.ts';

/**
 * Whose certificate this is, on a card or in the cloud. `unbound` only where a person may still bind it, that is under
 * policy `ask` and while the staff member has no binding yet.
 * SECURITY: test/unit/agent/signing/staff-bindings.test.ts
 */
export function ownershipOf(certificate: Certificate, staffId: string, bindings: Pick<StaffBindings, 'subjectsOf'>, policy: SignaturePolicy['staff']): Ownership {
  const preset = policy.preset.filter((entry) => entry.staffId === staffId);
  const subjects = bindings.subjectsOf(staffId);
  if (preset.some((entry) => entry.certificateSha256 === certificate.sha256)) return 'bound';
  if (boundSubject(certificate, subjects)) return 'bound';
  const isFirstUse = preset.length === 0 && subjects.length === 0;
  return isFirstUse && policy.binding === 'ask' ? 'unbound' : 'other';
}

/** Whether this certificate is known as the one of a staff member other than this. */
export function isColleagues(certificate: Certificate, staffId: string, bindings: Pick<StaffBindings, 'list'>, policy: SignaturePolicy['staff']): boolean {
  if (policy.preset.some((entry) => entry.staffId !== staffId && entry.certificateSha256 === certificate.sha256)) return true;
  return bindings.list().some((binding) => binding.staffId !== staffId && boundSubject(certificate, binding.subjects) !== undefined);
}

/** True for a certificate that was not seen before, of a subject that is bound: renewal, re-issue, second card. */
export function isNewCertificate(certificate: Certificate, subjects: readonly BoundSubject[]): boolean {
  const bound = boundSubject(certificate, subjects);
  return bound !== undefined && !bound.certificates.includes(certificate.sha256);
}

function boundSubject(certificate: Certificate, subjects: readonly BoundSubject[]): BoundSubject | undefined {
  const subject = subjectOf(certificate);
  return subjects.find((bound) => isSameSubject(bound, subject));
}
