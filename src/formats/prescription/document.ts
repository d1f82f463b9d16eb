import type { Bilingual } from '../bilingual.ts';

export type DocumentType = 'prescription' | 'dispensing';

/** A finding about one place of a CSV. `record` is the record number as written; `field` the Japanese field name. */
export interface CsvFinding {
  /** 1-based. */
  readonly line: number;
  /** null where the line does not begin with a plain number: what stands there may be anybody's data. */
  readonly record: string | null;
  readonly field: string | null;
  /** Names of records and fields and facts of structure only, never a value of the CSV. */
  readonly reason: Bilingual;
}

/** What reading a CSV gives: a document that may be signed, or why not. Warnings are for the person, never a refusal. */
export type CsvReading<D> =
  | { readonly ok: true; readonly document: D; readonly warnings: readonly CsvFinding[] }
  | { readonly ok: false; readonly errors: readonly CsvFinding[]; readonly warnings: readonly CsvFinding[] };
