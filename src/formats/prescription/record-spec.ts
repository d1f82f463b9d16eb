/** The words in which the tables of records (prescription-records.ts, dispensing-records.ts) are written. */

export interface CodeList {
  /** Code as written in the CSV → what it means, in Japanese. */
  readonly meanings: Readonly<Record<string, string>>;
  /** false: more codes exist than are public, so an unknown one is nothing to warn of. */
  readonly complete: boolean;
}

/**
 * `must`: without it the record says nothing, so the document is refused. `should`: its absence is a warning.
 * What is not sourced is `may`: a wrong refusal stops a prescription.
 */
export type Need = 'must' | 'should' | 'may';

export interface FieldSpec {
  readonly ja: string;
  readonly en: string;
  readonly need: Need;
  /** `secret`: shown masked, compared never. `era`: a date that may also be written as 和暦 (S550401). */
  readonly kind: 'text' | 'number' | 'date' | 'era' | 'code' | 'secret';
  readonly codes: CodeList | null;
}

export type Fields = Readonly<Record<string, FieldSpec>>;

export interface RecordSpec<F extends Fields = Fields> {
  readonly number: string;
  readonly ja: string;
  readonly en: string;
  readonly occurs: 'once' | 'many';
  /** In the order of the CSV. */
  readonly fields: F;
}

export type RecordTable = Readonly<Record<string, RecordSpec>>;

type FieldMaker = (ja: string, en: string) => FieldSpec;

const plain = (kind: FieldSpec['kind']): FieldMaker => (ja, en) => ({ ja, en, kind, need: 'may', codes: null });

export const text = plain('text');
export const number = plain('number');
export const date = plain('date');
export const era = plain('era');
export const secret = plain('secret');

export function code(ja: string, en: string, codes: CodeList): FieldSpec {
  return { ja, en, kind: 'code', need: 'may', codes };
}

export const must = (field: FieldSpec): FieldSpec => ({ ...field, need: 'must' });
export const should = (field: FieldSpec): FieldSpec => ({ ...field, need: 'should' });

export function once<const F extends Fields>(number: string, ja: string, en: string, fields: F): RecordSpec<F> {
  return { number, ja, en, occurs: 'once', fields };
}

export function many<const F extends Fields>(number: string, ja: string, en: string, fields: F): RecordSpec<F> {
  return { number, ja, en, occurs: 'many', fields };
}
