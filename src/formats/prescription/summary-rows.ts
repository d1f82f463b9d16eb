/** Records → rows for a person, worded by the tables of records. Every value that comes from a CSV passes showSafely. */
import type { Bilingual } from '../bilingual.ts';
import { isoDate, japaneseDate, parseEraDate } from './calendar.ts';
import type { UnknownRecord } from './csv-records.ts';
import { showSafely } from './display-safety.ts';
import type { CsvFinding } from './document.ts';
import { isBlank } from './field-checks.ts';
import type { CsvRecord } from './line-record.ts';
import type { FieldSpec } from './record-spec.ts';
import type { SummaryMark, SummaryRow, SummarySection } from './summary.ts';

/** Between the parts of one value. */
const SEPARATOR = ' ／ ';

/**
 * The parts of one value, those that are not empty. Parts must have passed showSafely already.
 * SECURITY: what looks like the separator inside a part would pass for the end of it: a drug's name could bring its own amount
 * (test/unit/formats/prescription/prescription-summary.test.ts).
 */
export function sideBySide(parts: readonly string[]): string {
  return parts.filter((part) => part !== '').map(withoutSeparator).join(SEPARATOR);
}

function withoutSeparator(part: string): string {
  return part.includes('／') ? part.replaceAll(/(?<=^|[ \u3000])／(?=$|[ \u3000])/g, '⟨／⟩') : part;
}

/** Fields that a row shows by its heading or label and not in its value. */
const PLACE_FIELDS: ReadonlySet<string> = new Set(['rp', 'serial', 'supplementSerial']);

/** `value` must have passed showSafely already. */
export function row(label: Bilingual, value: string, line: number | null, marks: readonly SummaryMark[] = []): SummaryRow {
  return { label, value, marks, line };
}

/** One field as a person reads it: codes by their meaning, dates in both calendars, secrets masked. */
export function describe(field: FieldSpec, value: string): string {
  switch (field.kind) {
    case 'code':
      return meaning(field, value) ?? `コード ${showSafely(value)}`;
    case 'date':
    case 'era':
      return describeDate(value);
    case 'secret':
      return mask(value);
    case 'number':
    case 'text':
      return showSafely(value);
  }
}

function meaning(field: FieldSpec, code: string): string | null {
  if (field.codes === null || !Object.hasOwn(field.codes.meanings, code)) return null;
  return field.codes.meanings[code] ?? null;
}

export function describeDate(value: string): string {
  const date = parseEraDate(value);
  if (date === null) return showSafely(value);
  const japanese = japaneseDate(date);
  return japanese === null ? isoDate(date) : `${isoDate(date)}（${japanese}）`;
}

/**
 * SECURITY: the 引換番号 belongs to the patient alone. Its last two characters tell two prescriptions apart; how long
 * it is does not show, and a short one shows nothing. Guarded by test/unit/formats/prescription/prescription-summary.test.ts.
 */
function mask(secret: string): string {
  const end = secret.length > 4 ? showSafely(secret.slice(-2)) : '';
  return `●●●●${end}`;
}

/** The fields that hold something to say, in order. */
function saidBy(record: CsvRecord): (readonly [FieldSpec, string])[] {
  const said: (readonly [FieldSpec, string])[] = [];
  for (const name in record.spec.fields) {
    const field = record.spec.fields[name];
    const value = record.fields[name];
    if (field !== undefined && value !== undefined && value !== '' && !PLACE_FIELDS.has(name)) said.push([field, value]);
  }
  return said;
}

/** One row for each field that says something. `prefix` puts the record's name before the field's. */
export function fieldRows(
  record: CsvRecord,
  options: { readonly marks?: readonly SummaryMark[]; readonly prefix?: Bilingual } = {},
): SummaryRow[] {
  const { prefix } = options;
  const rows: SummaryRow[] = [];
  for (const [field, value] of saidBy(record)) {
    const label = prefix === undefined
      ? { ja: field.ja, en: field.en }
      : { ja: `${prefix.ja} ${field.ja}`, en: `${prefix.en}: ${field.en}` };
    rows.push(row(label, describe(field, value), record.line, options.marks));
  }
  return neverSilent(record, [...rows, ...surplusRows(record)]);
}

/** One row for the record: its values side by side. For records of words, not of figures. */
export function wordsRow(record: CsvRecord, label: Bilingual, marks: readonly SummaryMark[] = []): SummaryRow[] {
  const parts = saidBy(record).map(([field, value]) => describe(field, value));
  const rows = parts.length === 0 ? [] : [row(label, sideBySide(parts), record.line, marks)];
  return neverSilent(record, [...rows, ...surplusRows(record)]);
}

/** `備考 1`, or the bare name where the CSV gives no number. */
export function numbered(record: CsvRecord, serial: string): Bilingual {
  const shown = showSafely(serial);
  return isBlank(serial) ? nameOf(record) : { ja: `${record.spec.ja} ${shown}`, en: `${record.spec.en} ${shown}` };
}

export function nameOf(record: CsvRecord): Bilingual {
  return { ja: record.spec.ja, en: record.spec.en };
}

/** Fields beyond those that the table knows. Those of a record with a secret are masked too: one might be it. */
export function surplusRows(record: CsvRecord): SummaryRow[] {
  if (record.surplus.every((value) => value === '')) return [];
  const holdsSecret = Object.values(record.spec.fields).some((field) => field.kind === 'secret');
  const values = record.surplus.map((value) => (holdsSecret && value !== '' ? mask(value) : showSafely(value)));
  const label = { ja: `${record.spec.ja} その他の項目`, en: `${record.spec.en}: further fields` };
  return [row(label, values.map(withoutSeparator).join(SEPARATOR), record.line)];
}

/** A line that holds nothing is still a line of what is signed. */
function neverSilent(record: CsvRecord, rows: SummaryRow[]): SummaryRow[] {
  return rows.length > 0 ? rows : [row(nameOf(record), '—', record.line)];
}

export function section(ja: string, en: string, rows: readonly SummaryRow[]): SummarySection[] {
  return rows.length === 0 ? [] : [{ heading: { ja, en }, rows }];
}

export function unknownSection(unknown: readonly UnknownRecord[]): SummarySection[] {
  return section('未知のレコード', 'Unknown records', unknown.map((record) => {
    const number = record.number ?? '?';
    return row({ ja: `レコード ${number}`, en: `Record ${number}` }, showSafely(record.text), record.line, ['unknown_record']);
  }));
}

/** The first line, only where it is not what it always is. */
export function versionSection(version: string, usual: string): SummarySection[] {
  if (version === usual) return [];
  return section('版', 'Version', [row({ ja: '1行目', en: 'First line' }, showSafely(version), 1, ['warning'])]);
}

export function warningSection(warnings: readonly CsvFinding[]): SummarySection[] {
  return section('ご確認ください', 'Please check', warnings.map((finding) => {
    const place = [`${finding.line}行目`, finding.record, finding.field].filter((part) => part !== null);
    return row(finding.reason, sideBySide(place), finding.line, ['warning']);
  }));
}

/** Adds the mark to every row that shows one of the lines. */
export function markLines(
  sections: readonly SummarySection[],
  lines: ReadonlySet<number>,
  mark: SummaryMark,
): SummarySection[] {
  if (lines.size === 0) return [...sections];
  const marked = (shown: SummaryRow): SummaryRow =>
    shown.line === null || !lines.has(shown.line) || shown.marks.includes(mark)
      ? shown
      : { ...shown, marks: [...shown.marks, mark] };
  return sections.map((one) => ({ heading: one.heading, rows: one.rows.map(marked) }));
}
