/** Lines → typed records by a table of records, with a finding for every field that is not as the table says. */
import { parseDate, parseEraDate } from './calendar.ts';
import type { CsvFinding } from './document.ts';
import type { FieldSpec, RecordSpec, RecordTable } from './record-spec.ts';

/** One line of a known record. Values are as written; '' where the field is empty or absent. */
export interface CsvRecord<K extends string = string> {
  /** 1-based. */
  readonly line: number;
  readonly spec: RecordSpec;
  readonly fields: Readonly<Record<K, string>>;
  /** Fields beyond the ones that the table names, as written. */
  readonly surplus: readonly string[];
}

/** A line whose record number this version does not know. */
export interface UnknownRecord {
  readonly line: number;
  /** null where the line does not begin with a plain number. */
  readonly number: string | null;
  /** The whole line as it stands. */
  readonly text: string;
}

export type RecordOf<T extends RecordTable, N extends keyof T> = CsvRecord<keyof T[N]['fields'] & string>;

/** All records of a document by name, each in the order of the CSV. */
export type RecordsOf<T extends RecordTable> = { readonly [N in keyof T]: readonly RecordOf<T, N>[] };

/** How often fields beyond the table are worth a warning: the CJ1 table is known to be incomplete [I]. */
export type SurplusPolicy = 'warn' | 'show';

export interface ReadRecords<T extends RecordTable> {
  readonly records: RecordsOf<T>;
  readonly unknown: readonly UnknownRecord[];
  readonly errors: readonly CsvFinding[];
  readonly warnings: readonly CsvFinding[];
}

interface Findings {
  readonly errors: CsvFinding[];
  readonly warnings: CsvFinding[];
}

/** A record of a table with its fields in a list, so that reading a line looks nothing up. */
interface IndexedRecord {
  readonly recordName: string;
  readonly spec: RecordSpec;
  readonly names: readonly string[];
  readonly fields: readonly FieldSpec[];
}

/** A table made ready for reading, once. */
export interface RecordIndex<T extends RecordTable> {
  readonly table: T;
  readonly byNumber: ReadonlyMap<string, IndexedRecord>;
}

export function indexRecords<T extends RecordTable>(table: T): RecordIndex<T> {
  const indexed = Object.entries(table).map(([recordName, spec]): [string, IndexedRecord] => [
    spec.number,
    { recordName, spec, names: Object.keys(spec.fields), fields: Object.values(spec.fields) },
  ]);
  return { table, byNumber: new Map(indexed) };
}

/** Reads everything after the version line. */
export function readRecords<T extends RecordTable>(
  { byNumber, table }: RecordIndex<T>,
  lines: readonly string[],
  surplus: SurplusPolicy,
): ReadRecords<T> {
  const records: Record<string, CsvRecord[]> = {};
  for (const name in table) records[name] = [];
  const unknown: UnknownRecord[] = [];
  const findings: Findings = { errors: [], warnings: [] };

  for (let index = 1; index < lines.length; index += 1) {
    const text = lines[index] ?? '';
    if (text === '') continue;
    const line = index + 1;
    const comma = text.indexOf(',');
    const number = comma === -1 ? text : text.slice(0, comma);
    const known = byNumber.get(number);
    if (known === undefined) {
      const plainNumber = /^\d{1,4}$/.test(number) ? number : null;
      unknown.push({ line, number: plainNumber, text });
      findings.warnings.push(unknownRecord(line, plainNumber));
      continue;
    }
    records[known.recordName]?.push(readRecord(known, line, text, surplus, findings));
  }
  // The loop above has filled exactly the names and fields of the table.
  return { records: records as RecordsOf<T>, unknown, ...findings };
}

const NO_SURPLUS: readonly string[] = [];

function readRecord(
  { spec, names, fields: specs }: IndexedRecord,
  line: number,
  text: string,
  surplus: SurplusPolicy,
  findings: Findings,
): CsvRecord {
  const fields: Record<string, string> = {};
  const place = { line, spec };
  // Fields are cut out one by one, without a list of them in between: this loop is most of the cost of reading.
  let comma = text.indexOf(',');
  for (let at = 0; at < names.length; at += 1) {
    const name = names[at];
    const field = specs[at];
    if (name === undefined || field === undefined) continue;
    let value = '';
    if (comma !== -1) {
      const next = text.indexOf(',', comma + 1);
      value = next === -1 ? text.slice(comma + 1) : text.slice(comma + 1, next);
      comma = next;
    }
    fields[name] = value;
    if (value === '' ? field.need !== 'may' : field.kind !== 'text' || isBlank(value)) checkField(place, field, value, findings);
  }
  const more = comma === -1 ? NO_SURPLUS : text.slice(comma + 1).split(',');
  if (surplus === 'warn' && more.some((value) => value !== '')) {
    findings.warnings.push(about(place, null,
      `「${spec.ja}」に未知の項目があります。内容をそのまま表示します`,
      `"${spec.en}" has more fields than are known; they are shown as they stand`));
  }
  return { line, spec, fields, surplus: more };
}

function unknownRecord(line: number, record: string | null): CsvFinding {
  return {
    line,
    record,
    field: null,
    reason: {
      ja: 'この版では未知のレコードです。内容をそのまま表示します',
      en: 'This version does not know the record; it is shown as it stands',
    },
  };
}

/** Nothing but space characters counts as empty: such a name is no name. */
export function isBlank(value: string): boolean {
  // Of ASCII and kanji the first character alone tells, which spares most values the rest.
  const first = value.charCodeAt(0);
  if ((first > 0x20 && first < 0x7f) || (first > 0x3000 && first < 0xd800)) return false;
  return value.trim() === '';
}

/** Which line, and which record it is. */
type Place = Pick<CsvRecord, 'line' | 'spec'>;

function checkField(record: Place, field: FieldSpec, value: string, findings: Findings): void {
  if (isBlank(value)) {
    if (field.need === 'must') {
      findings.errors.push(about(record, field,
        `「${record.spec.ja}」の必須項目「${field.ja}」がありません`,
        `"${record.spec.en}" lacks its required field "${field.en}"`));
    } else if (field.need === 'should') {
      findings.warnings.push(about(record, field,
        `「${record.spec.ja}」の項目「${field.ja}」が空です`,
        `"${record.spec.en}" has no "${field.en}"`));
    }
    return;
  }
  switch (field.kind) {
    case 'date':
      if (parseDate(value) === null) findings.errors.push(notADate(record, field, 'YYYYMMDD'));
      return;
    case 'era':
      if (parseEraDate(value) === null) findings.errors.push(notADate(record, field, 'YYYYMMDD'));
      else if (parseDate(value) === null) {
        findings.warnings.push(about(record, field,
          `「${field.ja}」が和暦で書かれています（標準はYYYYMMDD）`,
          `"${field.en}" is written in the Japanese era (YYYYMMDD is usual)`));
      }
      return;
    case 'number':
      if (!/^\d+(?:\.\d+)?$/.test(value)) {
        findings.warnings.push(about(record, field,
          `「${field.ja}」が半角の数値ではありません`,
          `"${field.en}" is not a plain number`));
      }
      return;
    case 'code':
      if (field.codes?.complete === true && !Object.hasOwn(field.codes.meanings, value)) {
        findings.warnings.push(about(record, field,
          `「${field.ja}」がこの版では未知のコードです`,
          `"${field.en}" is a code that this version does not know`));
      }
      return;
    case 'text':
    case 'secret':
      return;
  }
}

function notADate(record: Place, field: FieldSpec, form: string): CsvFinding {
  return about(record, field,
    `「${field.ja}」が実在する日付（${form}）ではありません`,
    `"${field.en}" is not a day of the calendar (${form})`);
}

/** A finding about one record, worded from the names in the table alone. */
export function about(record: Place, field: FieldSpec | null, ja: string, en: string): CsvFinding {
  return { line: record.line, record: record.spec.number, field: field?.ja ?? null, reason: { ja, en } };
}
