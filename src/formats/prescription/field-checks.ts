/** What is wrong or odd about the value of one field. */
import { parseDate, parseEraDate } from './calendar.ts';
import { beginsVisibly, isDecimal, isDigitOf } from './csv-fields.ts';
import type { CsvFinding } from './document.ts';
import { glances, type IndexedField } from './record-index.ts';
import type { FieldSpec, RecordSpec } from './record-spec.ts';

/** Which line, and which record it is. */
export interface Place {
  /** 1-based. */
  readonly line: number;
  readonly spec: RecordSpec;
}

export interface Findings {
  readonly errors: CsvFinding[];
  readonly warnings: CsvFinding[];
}

/** Nothing but space characters counts as empty: such a name is no name. */
export function isBlank(value: string): boolean {
  return value.trim() === '';
}

/**
 * true where the bytes of a value tell at a glance that {@link checkField} would find nothing, which spares the string. That
 * this never hides a finding is what test/unit/formats/prescription/reading-by-bytes.test.ts is about.
 */
export function isPlainlyFine(field: IndexedField, csv: Uint8Array, from: number, to: number): boolean {
  if (from === to) return field.mayBeEmpty;
  switch (field.glance) {
    case glances.visible:
      return beginsVisibly(csv, from);
    case glances.decimal:
      return isDecimal(csv, from, to);
    case glances.digit:
      return to - from === 1 && isDigitOf(field.digits, csv, from);
    case glances.never:
      return false;
  }
}

export function checkField(place: Place, field: FieldSpec, value: string, findings: Findings): void {
  if (isBlank(value)) {
    if (field.need === 'must') {
      findings.errors.push(about(place, field,
        `「${place.spec.ja}」の必須項目「${field.ja}」がありません`,
        `"${place.spec.en}" lacks its required field "${field.en}"`));
    } else if (field.need === 'should') {
      findings.warnings.push(about(place, field,
        `「${place.spec.ja}」の項目「${field.ja}」が空です`,
        `"${place.spec.en}" has no "${field.en}"`));
    }
    return;
  }
  switch (field.kind) {
    case 'date':
      if (parseDate(value) === null) findings.errors.push(notADate(place, field, 'YYYYMMDD'));
      return;
    case 'era':
      if (parseEraDate(value) === null) findings.errors.push(notADate(place, field, 'YYYYMMDD'));
      else if (parseDate(value) === null) {
        findings.warnings.push(about(place, field,
          `「${field.ja}」が和暦で書かれています（標準はYYYYMMDD）`,
          `"${field.en}" is written in the Japanese era (YYYYMMDD is usual)`));
      }
      return;
    case 'number':
      if (!/^\d+(?:\.\d+)?$/.test(value)) {
        findings.warnings.push(about(place, field,
          `「${field.ja}」が半角の数値ではありません`,
          `"${field.en}" is not a plain number`));
      }
      return;
    case 'code':
      if (field.codes?.complete === true && !Object.hasOwn(field.codes.meanings, value)) {
        findings.warnings.push(about(place, field,
          `「${field.ja}」がこの版では未知のコードです`,
          `"${field.en}" is a code that this version does not know`));
      }
      return;
    case 'text':
    case 'secret':
      return;
  }
}

function notADate(place: Place, field: FieldSpec, form: string): CsvFinding {
  return about(place, field,
    `「${field.ja}」が実在する日付（${form}）ではありません`,
    `"${field.en}" is not a day of the calendar (${form})`);
}

/** A finding about one record, worded from the names in the table alone. */
export function about(place: Place, field: FieldSpec | null, ja: string, en: string): CsvFinding {
  return { line: place.line, record: place.spec.number, field: field?.ja ?? null, reason: { ja, en } };
}
