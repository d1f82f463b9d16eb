export type DocumentType = 'prescription' | 'dispensing';

/** A finding about one place of a CSV. `record` is the record number as written; `field` the Japanese field name. */
export interface CsvFinding {
  /** 1-based. */
  readonly line: number;
  readonly record: string | null;
  readonly field: string | null;
  readonly reason: { readonly ja: string; readonly en: string };
}
