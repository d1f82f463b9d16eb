import type { Certificate } from '../../formats/pki/certificate.ts';
import type { DocumentType } from '../../formats/prescription/document.ts';
import type { Clock, SignatureDialogView } from '../ports.ts';
import { noticesOf, warningsBesideSummary, type DocumentPlan } from './accept-documents.ts';
import type { CardQuestion, Ownership } from './card-question.ts';
import type { Recipe } from './journal.ts';
import type { LiveRequest } from './live-request.ts';
import { certificateOf } from './recipe.ts';
import { sha256 } from './request-fingerprint.ts';
import type { SignaturePolicy } from './signature-policy.ts';
import type { StaffBindings } from './staff-bindings.ts';
import { isColleagues, ownershipOf } from './staff-ownership.ts';

export interface QuestionParts {
  readonly clock: Pick<Clock, 'now'>;
  readonly bindings: StaffBindings;
  readonly policy: Pick<SignaturePolicy, 'staff'>;
}

export interface QuestionedRequest {
  readonly request: LiveRequest;
  readonly plan: DocumentPlan;
  readonly partial: boolean;
}

/** What is asked of a certificate for this request, wherever its key is. */
export interface SignerQuestion {
  readonly types: readonly DocumentType[];
  readonly partial: boolean;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Only this certificate will do: a recipe names it. */
  readonly certificateSha256: string | null;
  readonly ownership: (certificate: Certificate) => Ownership;
}

export function signerQuestion({ clock, bindings, policy }: QuestionParts, { request, plan, partial }: QuestionedRequest, recipe: Recipe | null): SignerQuestion {
  const { staff } = request.identity;
  // One question looks into the file of the bindings once.
  const subjects = bindings.subjectsOf(staff.id);
  return {
    types: [...new Set(plan.accepted.map(({ input }) => input.type))],
    partial,
    at: clock.now(),
    certificateSha256: recipe === null || recipe.form === 'element' ? null : sha256(certificateOf(recipe)),
    ownership: (certificate) => ownershipOf(certificate, staff.id, { subjectsOf: () => subjects }, policy.staff),
  };
}

export function cardQuestion(parts: QuestionParts, order: QuestionedRequest, recipe: Recipe | null): CardQuestion {
  const { ownership, ...question } = signerQuestion(parts, order, recipe);
  const { bindings, policy } = parts;
  const { id } = order.request.identity.staff;
  return { ...question, ownership: ({ certificate }) => ownership(certificate), isColleagues: ({ certificate }) => isColleagues(certificate, id, bindings, policy.staff) };
}

/** What a window says of a request while it is open. */
export function dialogViewOf({ request, plan }: QuestionedRequest, waiting: readonly string[]): SignatureDialogView {
  return {
    caller: request.identity.caller,
    staff: request.identity.staff,
    documents: plan.accepted.map((document) => ({ id: document.id, summary: document.summary, warnings: warningsBesideSummary(document) })),
    waiting,
    notices: noticesOf(plan.accepted),
  };
}
