/** The lines of a CSV → typed records by a table of records, with a finding for every field that is not as the table says. */
import { COMMA, endOfField, endOfLine, plainNumber, startOfNextLine } from './csv-fields.ts';
import type { CsvFinding } from './document.ts';
import { about, checkField, isPlainlyFine, type Findings } from './field-checks.ts';
import { LineRecord, type CsvRecord } from './line-record.ts';
import type { IndexedRecord, RecordIndex } from './record-index.ts';
import type { RecordTable } from './record-spec.ts';
import { TextIds } from './text-ids.ts';

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
  readonly csv: Buffer;
  readonly records: RecordsOf<T>;
  readonly unknown: readonly UnknownRecord[];
  /** The different RP numbers; `rpId` of a record is below their `size`. */
  readonly rps: Pick<TextIds, 'size' | 'has'>;
  readonly errors: readonly CsvFinding[];
  readonly warnings: readonly CsvFinding[];
}

/** Reads everything after the version line of a CSV that is UTF-8 and has no more lines than are allowed. */
export function readRecords<T extends RecordTable>(index: RecordIndex<T>, csv: Buffer, surplus: SurplusPolicy): ReadRecords<T> {
  const reader = new RecordReader(index, csv, surplus);
  let start = startOfNextLine(csv, endOfLine(csv, 0));
  for (let line = 2; start < csv.length; line += 1) start = startOfNextLine(csv, reader.readLine(line, start));
  return reader.result();
}

/** More than lines are allowed, so that two ids of texts fit into one small integer. */
const SERIALS = 2 ** 14;

const NONE: readonly never[] = [];

class RecordReader<T extends RecordTable> {
  readonly #byNumber: RecordIndex<T>['byNumber'];
  readonly #csv: Buffer;
  readonly #surplus: SurplusPolicy;
  readonly #names: readonly string[];
  /** By the place of the record in the table. */
  readonly #lists: LineRecord[][] = [];
  readonly #unknown: UnknownRecord[] = [];
  readonly #findings: Findings = { errors: [], warnings: [] };
  readonly #rps = new TextIds();
  readonly #serials = new TextIds();

  constructor({ names, byNumber }: RecordIndex<T>, csv: Buffer, surplus: SurplusPolicy) {
    this.#byNumber = byNumber;
    this.#csv = csv;
    this.#surplus = surplus;
    this.#names = names;
  }

  /** Resolves to the end of the line. */
  readLine(line: number, start: number): number {
    const csv = this.#csv;
    const end = endOfField(csv, start);
    const known = this.#byNumber[plainNumber(csv, start, end)];
    return known === undefined ? this.#noteUnknown(line, start, end) : this.#readRecord(known, line, end);
  }

  result(): ReadRecords<T> {
    const records = Object.fromEntries(this.#names.map((name, at) => [name, this.#lists[at] ?? NONE]));
    // These are exactly the names of the table.
    return { csv: this.#csv, records: records as unknown as RecordsOf<T>, unknown: this.#unknown, rps: this.#rps, ...this.#findings };
  }

  #readRecord(record: IndexedRecord, line: number, from: number): number {
    const csv = this.#csv;
    let end = from;
    let rpId = -1;
    let serialId = -1;
    for (let at = 0; at < record.fields.length; at += 1) {
      const field = record.fields[at];
      if (field === undefined) break;
      // The end of the line stands for every field that is not there.
      const start = csv[end] === COMMA ? end + 1 : end;
      if (start > end) end = endOfField(csv, start);
      if (!isPlainlyFine(field, csv, start, end)) {
        checkField({ line, spec: record.spec }, field.spec, csv.toString('utf8', start, end), this.#findings);
      }
      if (at === record.rpPlace) rpId = this.#rps.idOf(csv, start, end);
      else if (at === record.serialPlace) serialId = this.#serials.idOf(csv, start, end);
    }
    const drugId = rpId === -1 || serialId === -1 ? -1 : rpId * SERIALS + serialId;
    (this.#lists[record.index] ??= []).push(new LineRecord(csv, from, record, line, rpId, drugId));
    return csv[end] === COMMA ? this.#noteSurplus(record, line, end) : end;
  }

  #noteSurplus({ spec }: IndexedRecord, line: number, from: number): number {
    const csv = this.#csv;
    const end = endOfLine(csv, from);
    const isEmpty = csv.subarray(from, end).every((byte) => byte === COMMA);
    if (this.#surplus === 'warn' && !isEmpty) {
      this.#findings.warnings.push(about({ line, spec }, null,
        `「${spec.ja}」に未知の項目があります。内容をそのまま表示します`,
        `"${spec.en}" has more fields than are known; they are shown as they stand`));
    }
    return end;
  }

  #noteUnknown(line: number, start: number, endOfNumber: number): number {
    const csv = this.#csv;
    const end = endOfLine(csv, endOfNumber);
    if (end === start) return end;
    const number = csv.toString('utf8', start, endOfNumber);
    const plainOne = /^\d{1,4}$/.test(number) ? number : null;
    this.#unknown.push({ line, number: plainOne, text: csv.toString('utf8', start, end) });
    this.#findings.warnings.push({
      line,
      record: plainOne,
      field: null,
      reason: {
        ja: 'この版では未知のレコードです。内容をそのまま表示します',
        en: 'This version does not know the record; it is shown as it stands',
      },
    });
    return end;
  }
}
