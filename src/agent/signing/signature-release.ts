import type { ErrorCode } from '../../contract/error-codes.ts';
import type { Problem } from '../../contract/problem.ts';
import { parseCertificate, type Certificate } from '../../formats/pki/certificate.ts';
import { describeRoles } from '../../formats/pki/hc-role.ts';
import { fault, type Log } from '../log.ts';
import type { Audit } from '../audit/audit-log.ts';
import type { AuditHead, AuditedDocument } from '../audit/audit-entry.ts';
import type { Clock, Prompts } from '../ports.ts';
import type { ServiceTime } from '../remote/service-time.ts';
import { withServiceClock, type DocumentPlan } from './accept-documents.ts';
import { signerNameOf } from './card-fitness.ts';
import type { Journal, JournalEntry, Recipe, SignedRecord } from './journal.ts';
import type { LiveRequest } from './live-request.ts';
import { certificateOf, documentsOf, type UnsignedDocument } from './recipe.ts';
import { problem } from './request-end.ts';
import { sha256 } from './request-fingerprint.ts';
import { releaseDocument, type ReleasableDocument } from './self-verification.ts';
import { signedToast } from './signed-toast.ts';
import type { SignaturePolicy } from './signature-policy.ts';
import type { RequestSigner, SignedAnswers } from './signed-answers.ts';
import type { DocumentToSign, SignatureResult } from './signature-service.ts';
import { isSameAccount, type StaffBindings } from './staff-bindings.ts';
import { isNewCertificate, ownershipOf } from './staff-ownership.ts';
import type { Verifiers } from './verifiers.ts';

export interface ReleaseParts {
  readonly journal: Journal;
  readonly audit: Audit;
  readonly bindings: StaffBindings;
  readonly verifiers: Verifiers;
  readonly prompts: Pick<Prompts, 'notify'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly policy: Pick<SignaturePolicy, 'staff'>;
  /** What the services of remote signing say of this clock. */
  readonly serviceTime?: Pick<ServiceTime, 'skewMs'>;
}

/**
 * From what a signer answered to the answer of the request, in the order that survives a crash at any point: self-verification, journal,
 * audit (on the disk), answer. Nothing leaves that is not in the audit log.
 */
export class SignatureRelease {
  readonly #parts: ReleaseParts;

  constructor(parts: ReleaseParts) {
    this.#parts = parts;
  }

  async release(request: LiveRequest, accepted: DocumentPlan, order: readonly DocumentToSign[], signed: SignedAnswers): Promise<SignatureResult> {
    const { journal, prompts, serviceTime } = this.#parts;
    const { signer, recipe } = signed;
    // The service that has just signed has told its time.
    const plan = withServiceClock(accepted, serviceTime?.skewMs() ?? null);
    const { certificate } = signer;
    const released = signed.documents.flatMap((document) => {
      const value = signed.values.get(document.input.id);
      if (value === undefined) return [];
      return [signed.verified.get(document.input.id) ?? this.verify(document, value, signer, recipe.signingTime)];
    });
    await this.#settleBinding(request, signed);

    const failed = new Map<string, Problem>([
      ...plan.refused.map((refused) => [refused.id, refused.problem] as const),
      ...[...signed.failed].map(([id, code]) => [id, { code, detail: null }] as const),
    ]);
    const warnings = warningsOf(plan, released);
    const record: SignedRecord = {
      type: 'signed',
      id: request.identity.id,
      ...(recipe.form === 'element' ? { certificate: Buffer.from(certificate.der).toString('base64') } : {}),
      values: Object.fromEntries([...signed.values].map(([id, value]) => [id, Buffer.from(value).toString('base64')])),
      failed: Object.fromEntries([...failed].map(([id, { code }]) => [id, code])),
      warnings: Object.fromEntries([...warnings].map(([id, list]) => [id, list.map(({ text }) => text)])),
    };
    // A card gives the same value once more; a service must not be asked to.
    await (recipe.form === 'card' ? journal.record(record) : journal.recordDurably(record));
    const documents = auditedDocuments(order, released, record, (id) => [...new Set((warnings.get(id) ?? []).map((warning) => warning.id))]);
    const statement = this.#statement(request, recipe, certificate, documents);
    const head = await this.#auditOnce(request.identity.id, statement, signed.isResumed);
    await this.#recordReleased(request.identity.id, head);
    if (!signed.wasShown) prompts.notify(signedToast(plan, signed.values.size));
    return answer({ order, released, warnings: record.warnings, failed, certificate, recipe, audit: head });
  }

  /**
   * The self-verification of one document before all have their values: the signer works on the next one meanwhile. What
   * fails here is not stored, so that {@link release} verifies it again and says why.
   */
  verifyAhead(document: UnsignedDocument, value: Uint8Array, signer: RequestSigner, signingTime: number): ReleasableDocument | null {
    try {
      return this.verify(document, value, signer, signingTime);
    } catch {
      return null;
    }
  }

  /**
   * The same answer again, from the journal and the body that the caller sent again. Neither card nor person is needed.
   * A crash may have come before the audit entry: then it is written now.
   */
  async repeat(request: LiveRequest, order: readonly DocumentToSign[], entry: JournalEntry, plan: () => DocumentPlan): Promise<SignatureResult> {
    const { recipe, signed } = entry;
    if (recipe === null || signed === null) throw new Error('only a signed request can be repeated');
    const certificate = parseCertificate(recipe.form === 'element' ? Buffer.from(signed.certificate ?? '', 'base64') : certificateOf(recipe));
    const verifier = this.#parts.verifiers.plain();
    const at = new Date(recipe.signingTime);
    const released = documentsOf(recipe, order).flatMap((document) => {
      const value = signed.values[document.input.id];
      return value ? [releaseDocument(document, Buffer.from(value, 'base64'), certificate.sha256, verifier, at)] : [];
    });
    const refused = Object.values(signed.failed).includes('DOCUMENT_INVALID') ? plan().refused : [];
    const failed = new Map(
      Object.entries(signed.failed).map(([id, code]): [string, Problem] => [
        id,
        refused.find((document) => document.id === id)?.problem ?? { code, detail: null },
      ]),
    );
    const documents = auditedDocuments(order, released, signed, () => []);
    const statement = this.#statement(request, recipe, certificate, documents);
    const head = entry.released?.audit ?? (await this.#auditOnce(entry.id, statement, true));
    if (entry.released === null) await this.#recordReleased(entry.id, head);
    return answer({ order, released, warnings: signed.warnings, failed, certificate, recipe, audit: head });
  }

  /** Throws SIGNATURE_MISMATCH. */
  readonly verify = (document: UnsignedDocument, value: Uint8Array, { certificate, chain }: RequestSigner, signingTime: number): ReleasableDocument => {
    return releaseDocument(document, value, certificate.sha256, this.#parts.verifiers.forSigner(certificate.sha256, chain), new Date(signingTime));
  };

  /** One request is released once: an entry that an earlier run wrote before it was killed is the one that counts. */
  async #auditOnce(id: string, statement: Parameters<Audit['append']>[0], mayBeThere: boolean): Promise<AuditHead> {
    const { audit } = this.#parts;
    return (mayBeThere ? await audit.findReleased(id) : undefined) ?? audit.append(statement);
  }

  /** Only spares a search in the audit log, should the same answer be asked for after a restart. */
  async #recordReleased(id: string, audit: AuditHead): Promise<void> {
    await this.#parts.journal.record({ type: 'released', id, audit }).catch((error: unknown) => {
      this.#parts.log.warn('journal.released_not_recorded', { error: fault(error) });
    });
  }

  /**
   * SECURITY: whose certificate it is was decided before it was used; it must still be so now. A first use is bound only
   * here, after the card has proven that the person knows its PIN, or the cloud that it signs with what it showed.
   */
  async #settleBinding(request: LiveRequest, { signer, isFirstUse }: SignedAnswers): Promise<void> {
    const { bindings, policy, clock, audit } = this.#parts;
    const { certificate, account } = signer;
    const { staff, caller, id } = request.identity;
    const subjects = bindings.subjectsOf(staff.id);
    const ownership = ownershipOf(certificate, staff.id, { subjectsOf: () => subjects }, policy.staff);
    if (ownership === 'other' || (ownership === 'unbound' && !isFirstUse)) throw problem('STAFF_MISMATCH');
    const isNew = isNewCertificate(certificate, subjects);
    const statement = {
      result: 'ok',
      caller,
      staffId: staff.id,
      request: id,
      signerName: signerNameOf(certificate),
      certificateSha256: certificate.sha256,
    };
    if (ownership === 'unbound' || isNew) {
      await bindings.bind(staff.id, certificate, 'person', clock.now());
      await audit.append({ ...statement, event: isNew ? 'staff.new_certificate' : 'staff.bound' });
    }
    if (account === null || bindings.accountsOf(staff.id).some((bound) => isSameAccount(bound, account))) return;
    await bindings.bindAccount(staff.id, account, clock.now());
    await audit.append({ ...statement, event: 'staff.bound', notes: [`provider=${account.provider}`, `subjectSha256=${sha256(account.subject)}`] });
  }

  #statement(request: LiveRequest, recipe: Recipe, certificate: Certificate, documents: readonly AuditedDocument[]): Parameters<Audit['append']>[0] {
    const { caller, staff, id, startedAt } = request.identity;
    return {
      event: 'signature.released',
      result: 'ok',
      caller,
      staffId: staff.id,
      request: id,
      method: methodOf(recipe),
      signerName: signerNameOf(certificate),
      certificateSha256: certificate.sha256,
      documents,
      startedAt: new Date(startedAt),
    };
  }
}

function methodOf({ form }: Recipe): SignatureResult['method'] {
  return form === 'card' ? 'local' : 'remote';
}

/** Ours is what the recipe says; a service that makes whole elements decides the time itself. */
function signedAt({ form, signingTime }: Recipe, released: readonly ReleasableDocument[]): Date {
  const claimed = form === 'element' ? released.map((document) => document.signingTime.getTime()) : [];
  return new Date(claimed.length === 0 ? signingTime : Math.max(...claimed));
}

type Warnings = ReadonlyMap<string, readonly { readonly id: string; readonly text: { readonly ja: string; readonly en: string } }[]>;

function warningsOf(plan: DocumentPlan, released: readonly ReleasableDocument[]): Warnings {
  return new Map(
    released.map(({ id, warnings }) => [id, [...(plan.accepted.find((document) => document.id === id)?.warnings ?? []), ...warnings]]),
  );
}

function auditedDocuments(
  order: readonly DocumentToSign[],
  released: readonly ReleasableDocument[],
  { failed }: SignedRecord,
  warnings: (id: string) => readonly string[],
): readonly AuditedDocument[] {
  return order.map(({ id, type }) => {
    const digest = released.find((document) => document.id === id)?.sha256 ?? null;
    return { id, type, digest, result: digest === null ? (failed[id] ?? 'INTERNAL') : 'signed', warnings: warnings(id) };
  });
}

interface Released {
  readonly order: readonly DocumentToSign[];
  readonly released: readonly ReleasableDocument[];
  readonly warnings: SignedRecord['warnings'];
  readonly failed: ReadonlyMap<string, Problem>;
  readonly certificate: Certificate;
  readonly recipe: Recipe;
  readonly audit: AuditHead;
}

function answer({ order, released, warnings, failed, certificate, recipe, audit }: Released): SignatureResult {
  return {
    method: methodOf(recipe),
    signer: {
      name: signerNameOf(certificate),
      role: describeRoles(certificate.hcActors),
      certificateSha256: sha256(certificate.der),
      notAfter: certificate.notAfter,
    },
    signedAt: signedAt(recipe, released),
    audit,
    documents: order.map(({ id }) => {
      const document = released.find((candidate) => candidate.id === id);
      if (document) return { id, state: 'signed', xml: document.xml, sha256: document.sha256, warnings: warnings[id] ?? [] };
      return { id, state: 'failed', problem: failed.get(id) ?? { code: 'INTERNAL' satisfies ErrorCode, detail: null } };
    }),
  };
}
