/**
 * The CSV inside a prescription or a dispensing result: read, typed and checked before anybody is asked for a PIN.
 * The bytes are read only. They, not the records, are what is hashed and signed.
 */
import { checkDispensing, checkPrescription, type DocumentFindings } from './csv-checks.ts';
import { readLines, type CsvLines } from './csv-lines.ts';
import { readRecords, type ReadRecords, type RecordsOf, type UnknownRecord } from './csv-records.ts';
import { dispensingRecords } from './dispensing-records.ts';
import type { CsvFinding, CsvReading } from './document.ts';
import { prescriptionRecords } from './prescription-records.ts';
import { indexRecords } from './record-index.ts';
import type { RecordTable } from './record-spec.ts';

interface ReadCsv<T extends RecordTable> {
  /** The caller's own array, not a copy: who changes it breaks the signature. */
  readonly bytes: Uint8Array;
  /** The first line, as written. */
  readonly version: string;
  readonly records: RecordsOf<T>;
  readonly unknown: readonly UnknownRecord[];
  /** Also given beside the document; the summary shows them. */
  readonly warnings: readonly CsvFinding[];
}

export interface PrescriptionCsv extends ReadCsv<typeof prescriptionRecords> {
  readonly type: 'prescription';
}

export interface DispensingCsv extends ReadCsv<typeof dispensingRecords> {
  readonly type: 'dispensing';
}

/** More findings than a person reads; the last one says that there are more. */
export const MAX_FINDINGS = 200;

const prescriptionIndex = indexRecords(prescriptionRecords);
const dispensingIndex = indexRecords(dispensingRecords);

/** Reads an `SJ1` CSV. Never throws on any bytes. */
export function readPrescriptionCsv(bytes: Uint8Array): CsvReading<PrescriptionCsv> {
  const file = readLines(bytes);
  const version = versionFindings(file, 'SJ1', 'SJ1');
  if (version.errors.length > 0) return refusal(version.errors, version.warnings);
  const read = readRecords(prescriptionIndex, file.csv, 'warn');
  const whole = checkPrescription(prescriptionRecords, read);
  return conclude(file, version, read, whole, (parts) => ({ type: 'prescription', bytes, ...parts }));
}

/** Reads a `CJ1,` CSV. Never throws on any bytes. */
export function readDispensingCsv(bytes: Uint8Array): CsvReading<DispensingCsv> {
  const file = readLines(bytes);
  const version = versionFindings(file, 'CJ1', 'CJ1,');
  if (version.errors.length > 0) return refusal(version.errors, version.warnings);
  const read = readRecords(dispensingIndex, file.csv, 'show');
  const whole = checkDispensing(dispensingRecords, read);
  return conclude(file, version, read, whole, (parts) => ({ type: 'dispensing', bytes, ...parts }));
}

/** The first field decides; anything after it is odd but no reason to stop a prescription. */
function versionFindings(file: CsvLines, format: string, usual: string): DocumentFindings {
  if (file.errors.length > 0) return file;
  const first = file.firstLine;
  if (first.split(',', 1)[0] !== format) {
    return {
      errors: [{
        line: 1,
        record: null,
        field: null,
        reason: { ja: `1行目が「${usual}」ではありません`, en: `The first line is not "${usual}"` },
      }],
      warnings: [],
    };
  }
  if (first === usual) return { errors: [], warnings: [] };
  return {
    errors: [],
    warnings: [{
      line: 1,
      record: null,
      field: null,
      reason: {
        ja: `1行目が標準の「${usual}」と異なります。内容をそのまま表示します`,
        en: `The first line differs from the usual "${usual}"; it is shown as it stands`,
      },
    }],
  };
}

function conclude<T extends RecordTable, D>(
  file: CsvLines,
  version: DocumentFindings,
  read: ReadRecords<T>,
  whole: DocumentFindings,
  document: (parts: Omit<ReadCsv<T>, 'bytes'>) => D,
): CsvReading<D> {
  // Those about the whole come first: they matter most and must not drown among those of single lines.
  const warnings = bounded([...version.warnings, ...whole.warnings, ...file.warnings, ...read.warnings]);
  const errors = [...whole.errors, ...read.errors];
  if (errors.length > 0) return refusal(errors, warnings);
  return {
    ok: true,
    document: document({ version: file.firstLine, records: read.records, unknown: read.unknown, warnings }),
    warnings,
  };
}

function refusal(errors: readonly CsvFinding[], warnings: readonly CsvFinding[]): CsvReading<never> {
  return { ok: false, errors: bounded(errors), warnings };
}

function bounded(findings: readonly CsvFinding[]): readonly CsvFinding[] {
  if (findings.length <= MAX_FINDINGS) return findings;
  const shown = findings.slice(0, MAX_FINDINGS - 1);
  const rest = findings.length - shown.length;
  return [...shown, {
    line: findings[MAX_FINDINGS - 1]?.line ?? 1,
    record: null,
    field: null,
    reason: { ja: `ほかに${rest}件あります`, en: `and ${rest} more` },
  }];
}
