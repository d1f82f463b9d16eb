/** The lines of a CSV read the plain way: one string a line, one string a field, every value checked. For comparison. */
import type { CsvFinding } from '../../../../src/formats/prescription/document.ts';
import { about, checkField } from '../../../../src/formats/prescription/field-checks.ts';
import type { RecordTable } from '../../../../src/formats/prescription/record-spec.ts';

export interface PlainRecord {
  readonly name: string;
  readonly line: number;
  readonly fields: Readonly<Record<string, string>>;
  readonly surplus: readonly string[];
}

export interface PlainReading {
  readonly records: readonly PlainRecord[];
  /** Whole lines, by their number. */
  readonly unknown: readonly (readonly [line: number, text: string])[];
  readonly errors: readonly CsvFinding[];
  readonly warnings: readonly CsvFinding[];
}

export function linesOf(text: string): readonly string[] {
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines.map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line));
}

/** Everything after the first line. Findings about lines of an unknown number are left out. */
export function readByText(table: RecordTable, text: string): PlainReading {
  const records: PlainRecord[] = [];
  const unknown: [number, string][] = [];
  const findings = { errors: [] as CsvFinding[], warnings: [] as CsvFinding[] };
  for (const [index, whole] of linesOf(text).entries()) {
    if (index === 0 || whole === '') continue;
    const line = index + 1;
    const [number, ...values] = whole.split(',');
    const [name, spec] = Object.entries(table).find(([, candidate]) => candidate.number === number) ?? [];
    if (name === undefined || spec === undefined) {
      unknown.push([line, whole]);
      continue;
    }
    const fields: Record<string, string> = {};
    for (const [field, fieldSpec] of Object.entries(spec.fields)) {
      const value = values.shift() ?? '';
      fields[field] = value;
      checkField({ line, spec }, fieldSpec, value, findings);
    }
    if (values.some((value) => value !== '')) {
      findings.warnings.push(about({ line, spec }, null,
        `「${spec.ja}」に未知の項目があります。内容をそのまま表示します`,
        `"${spec.en}" has more fields than are known; they are shown as they stand`));
    }
    records.push({ name, line, fields, surplus: values });
  }
  return { records, unknown, ...findings };
}
