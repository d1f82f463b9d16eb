import { COMMA, endOfField, endOfLine } from './csv-fields.ts';
import type { IndexedRecord } from './record-index.ts';
import type { RecordSpec } from './record-spec.ts';

/** One line of a known record. Values are as written; '' where the field is empty or absent. */
export interface CsvRecord<K extends string = string> {
  /** 1-based. */
  readonly line: number;
  readonly spec: RecordSpec;
  readonly fields: Readonly<Record<K, string>>;
  /** Fields beyond the ones that the table names, as written. */
  readonly surplus: readonly string[];
  /** Equal for two records of a document whose fields `rp` read the same. -1 where the table has no such field. */
  readonly rpId: number;
  /** Likewise of `rp` and `serial` together: the identity of a drug inside one document. */
  readonly drugId: number;
  /** Whether the value of a field begins with this ASCII character; no string is made to see it. */
  begins(name: K, character: string): boolean;
}

/** A line of a CSV that was checked when it was read. Its strings are made when somebody looks at them. */
export class LineRecord implements CsvRecord {
  readonly line: number;
  readonly rpId: number;
  readonly drugId: number;
  readonly #csv: Buffer;
  /** After the record number. */
  readonly #from: number;
  readonly #record: IndexedRecord;
  #fields: Readonly<Record<string, string>> | undefined;

  constructor(csv: Buffer, from: number, record: IndexedRecord, line: number, rpId: number, drugId: number) {
    this.#csv = csv;
    this.#from = from;
    this.#record = record;
    this.line = line;
    this.rpId = rpId;
    this.drugId = drugId;
  }

  get spec(): RecordSpec {
    return this.#record.spec;
  }

  get fields(): Readonly<Record<string, string>> {
    return (this.#fields ??= this.#readFields());
  }

  get surplus(): readonly string[] {
    const start = this.#startOf(this.#record.fields.length);
    return start === -1 ? [] : this.#csv.toString('utf8', start, endOfLine(this.#csv, start)).split(',');
  }

  begins(name: string, character: string): boolean {
    const place = this.#record.places[name];
    const start = place === undefined ? -1 : this.#startOf(place);
    return start !== -1 && this.#csv[start] === character.charCodeAt(0);
  }

  #readFields(): Readonly<Record<string, string>> {
    const csv = this.#csv;
    const fields: Record<string, string> = {};
    let end = this.#from;
    for (const { name } of this.#record.fields) {
      if (csv[end] !== COMMA) {
        fields[name] = '';
        continue;
      }
      const start = end + 1;
      end = endOfField(csv, start);
      fields[name] = csv.toString('utf8', start, end);
    }
    return fields;
  }

  /** -1 where the line ends before it. */
  #startOf(field: number): number {
    const csv = this.#csv;
    let end = this.#from;
    for (let before = 0; before < field && csv[end] === COMMA; before += 1) end = endOfField(csv, end + 1);
    return csv[end] === COMMA ? end + 1 : -1;
  }
}
