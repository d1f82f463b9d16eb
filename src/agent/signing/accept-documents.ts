import { ProblemError, type DocumentProblem, type Problem } from '../../contract/problem.ts';
import type { CsvFinding } from '../../formats/prescription/document.ts';
import { readDispensingCsv, readPrescriptionCsv } from '../../formats/prescription/csv-reader.ts';
import { summarizeDispensing } from '../../formats/prescription/dispensing-summary.ts';
import { summarizePrescription } from '../../formats/prescription/prescription-summary.ts';
import type { DocumentSummary } from '../../formats/prescription/summary.ts';
import type { Bilingual } from '../../formats/bilingual.ts';
import type { VerificationReport } from '../../formats/xades/report.ts';
import type { Verdict } from '../../formats/verdict.ts';
import type { Verifier } from '../../formats/xades/verifier.ts';
import { clockWarningId, warnOfClock, warnOfServiceClock } from './clock-warning.ts';
import type { DocumentToSign, SignatureRequest } from './signature-service.ts';

interface Said {
  readonly ja: string;
  readonly en: string;
}

const csvWarningId = 'csv';

/** Something that the person and the EHR are told, and that does not stop the signature. */
export interface DocumentWarning {
  /** For the audit: `csv`, `clock`, or the id of a check that was INDETERMINATE. */
  readonly id: string;
  readonly text: Said;
}

/** A document that was read, may be shown and may be signed. */
export interface AcceptedDocument {
  readonly id: string;
  readonly input: DocumentToSign;
  readonly summary: DocumentSummary;
  readonly warnings: readonly DocumentWarning[];
}

/**
 * What a window says beside the summary. The CSV's own warnings are the summary's first section already, and one
 * warning twice reads as two.
 */
export function warningsBesideSummary({ warnings }: AcceptedDocument): readonly Said[] {
  return warnings.filter(({ id }) => id !== csvWarningId && id !== clockWarningId).map(({ text }) => text);
}

/** What a window says once, however many documents it is true of. */
export function noticesOf(accepted: readonly AcceptedDocument[]): readonly Said[] {
  const clock = accepted.flatMap(({ warnings }) => warnings).filter(({ id }) => id === clockWarningId);
  return [...new Map(clock.map(({ text }) => [text.en, text])).values()];
}

export interface RefusedDocument {
  readonly id: string;
  readonly problem: Problem;
}

export interface DocumentPlan {
  readonly accepted: readonly AcceptedDocument[];
  /** Empty unless the request is `partial`. */
  readonly refused: readonly RefusedDocument[];
}

/**
 * Reads every document of a request before anybody is asked anything. Nothing is signed whose content was not parsed,
 * checked and listed. Throws DOCUMENT_INVALID with every finding, and with the report of a nested prescription that
 * was refused; with `partial` only when no document is left. `now` is milliseconds since 1970, as this machine has it,
 * `skewMs` what it is ahead of a signing service.
 * SECURITY: test/unit/agent/signing/signature-requests.test.ts
 */
export function acceptDocuments(request: SignatureRequest, verifier: Verifier, now: number, skewMs: number | null = null): DocumentPlan {
  refuseRepeatedIds(request.documents);
  const accepted: AcceptedDocument[] = [];
  const refused: RefusedDocument[] = [];
  for (const document of request.documents) {
    const reading = document.type === 'prescription' ? acceptPrescription(document) : acceptDispensing(document, verifier);
    if ('problem' in reading) refused.push(reading);
    else accepted.push(withWarning(reading, warnOfServiceClock(skewMs) ?? warnOfClock(reading.summary.date, now)));
  }
  const [first] = refused;
  if (first && (!request.partial || accepted.length === 0)) throw new ProblemError(mergeProblems(first, refused));
  return { accepted, refused };
}

/** The plan with what a service has told since about this clock. A document whose clock was warned of needs no second one. */
export function withServiceClock(plan: DocumentPlan, skewMs: number | null): DocumentPlan {
  const warning = warnOfServiceClock(skewMs);
  const isWarned = ({ warnings }: AcceptedDocument): boolean => warnings.some(({ id }) => id === clockWarningId);
  return { ...plan, accepted: plan.accepted.map((document) => (isWarned(document) ? document : withWarning(document, warning))) };
}

function withWarning(document: AcceptedDocument, warning: DocumentWarning | null): AcceptedDocument {
  return warning === null ? document : { ...document, warnings: [...document.warnings, warning] };
}

type OfType<Type extends DocumentToSign['type']> = Extract<DocumentToSign, { readonly type: Type }>;

function acceptPrescription(document: OfType<'prescription'>): AcceptedDocument | RefusedDocument {
  const reading = readPrescriptionCsv(document.csv);
  if (!reading.ok) return refuseCsv(document.id, reading.errors);
  const summary = summarizePrescription(reading.document);
  return { id: document.id, input: document, summary, warnings: reading.warnings.map(csvWarning) };
}

function acceptDispensing(document: OfType<'dispensing'>, verifier: Verifier): AcceptedDocument | RefusedDocument {
  const reading = readDispensingCsv(document.csv);
  if (!reading.ok) return refuseCsv(document.id, reading.errors);
  const { gate, report, document: inside } = verifier.checkNestedPrescription(document.prescription);
  if (gate === 'refuse' || inside === null) return refuseNested(document.id, report);
  const nested = readPrescriptionCsv(inside.csv);
  const summary = summarizeDispensing(reading.document, nested.ok ? nested.document : null, inside.prescriptionId);
  return { id: document.id, input: document, summary, warnings: [...reading.warnings.map(csvWarning), ...undecidedChecks(report, 'nested.', nestedPrescription)] };
}

/** What a report could not decide, or found wrong where that does not stop anything. */
export function undecidedChecks(report: VerificationReport, prefix: string, about: (verdict: Verdict) => Bilingual = own): readonly DocumentWarning[] {
  return report.checks
    .filter(({ verdict }) => verdict !== 'VALID')
    .map(({ id, title, reason, verdict }) => ({
      id: `${prefix}${id}`,
      text: { ja: `${about(verdict).ja}${title.ja}: ${reason.ja}`, en: `${about(verdict).en}${title.en}: ${reason.en}` },
    }));
}

/** The pharmacist sees whose signature it is about, and whether it is open or bad. */
const nestedPrescription = (verdict: Verdict): Bilingual => ({
  ja: `内包する処方箋の署名は${verdict === 'INVALID' ? '無効です（INVALID）' : '判定できません（INDETERMINATE）'}。`,
  en: `The nested prescription’s signature is ${verdict}. `,
});
const own = (): Bilingual => ({ ja: '', en: '' });

function csvWarning({ line, record, reason }: CsvFinding): DocumentWarning {
  const place = record === null ? { ja: '', en: '' } : { ja: `（レコード${record}）`, en: ` (record ${record})` };
  return { id: csvWarningId, text: { ja: `${line}行目${place.ja}: ${reason.ja}`, en: `Line ${line}${place.en}: ${reason.en}` } };
}

function refuseCsv(documentId: string, errors: readonly CsvFinding[]): RefusedDocument {
  const documents = errors.map(({ line, record, field, reason }) => ({ documentId, line, record, field, reason }));
  return { id: documentId, problem: { code: 'DOCUMENT_INVALID', detail: null, documents } };
}

function refuseNested(documentId: string, report: VerificationReport): RefusedDocument {
  const documents = report.checks
    .filter(({ verdict }) => verdict === 'INVALID')
    .map(({ reason }): DocumentProblem => ({ documentId, line: null, record: null, field: null, reason }));
  const detail = {
    ja: '組み込む処方箋の署名を受け付けられません。処方箋を受け取り直し、変更せずに送ってください。',
    en: 'The signed prescription to be nested is refused. Fetch it again and send it unchanged.',
  };
  return { id: documentId, problem: { code: 'DOCUMENT_INVALID', detail, documents, report } };
}

function mergeProblems(first: RefusedDocument, refused: readonly RefusedDocument[]): Problem {
  const report = refused.map(({ problem }) => problem.report).find((found) => found !== undefined);
  return {
    code: 'DOCUMENT_INVALID',
    detail: first.problem.detail,
    documents: refused.flatMap(({ problem }) => problem.documents ?? []),
    ...(report === undefined ? {} : { report }),
  };
}

function refuseRepeatedIds(documents: readonly DocumentToSign[]): void {
  const seen = new Set<string>();
  for (const { id } of documents) {
    if (seen.has(id)) {
      throw new ProblemError({
        code: 'REQUEST_INVALID',
        detail: { ja: `documents の id「${id}」が重複しています。`, en: `The document id ${id} is there twice.` },
      });
    }
    seen.add(id);
  }
}
