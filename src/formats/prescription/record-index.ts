import type { FieldSpec, RecordSpec, RecordTable } from './record-spec.ts';

/** What the bytes of a value must be for nobody to need its text: see field-checks.ts. Numbers, because they are asked of each value. */
export const glances = { visible: 0, decimal: 1, digit: 2, never: 3 } as const;
export type Glance = (typeof glances)[keyof typeof glances];

export interface IndexedField {
  readonly name: string;
  readonly spec: FieldSpec;
  readonly glance: Glance;
  readonly mayBeEmpty: boolean;
  /** Of a complete list of codes those that are one digit, as bits. */
  readonly digits: number;
}

/** A record of a table with its fields in a list, so that reading a line looks nothing up. */
export interface IndexedRecord {
  /** Its place in the table. */
  readonly index: number;
  readonly spec: RecordSpec;
  readonly fields: readonly IndexedField[];
  /** By the name of a field its place in `fields`. */
  readonly places: Readonly<Record<string, number>>;
  /** Where the RP number and the number within it stand; -1 where the record has none. */
  readonly rpPlace: number;
  readonly serialPlace: number;
}

/** A table made ready for reading, once. */
export interface RecordIndex<T extends RecordTable> {
  readonly table: T;
  readonly names: readonly string[];
  readonly byNumber: readonly (IndexedRecord | undefined)[];
}

export function indexRecords<T extends RecordTable>(table: T): RecordIndex<T> {
  const byNumber: (IndexedRecord | undefined)[] = [];
  for (const [index, spec] of Object.values(table).entries()) {
    const fields = Object.entries(spec.fields).map(([name, field]) => indexField(name, field));
    const places = Object.fromEntries(fields.map(({ name }, place) => [name, place]));
    byNumber[Number(spec.number)] = { index, spec, fields, places, rpPlace: places['rp'] ?? -1, serialPlace: places['serial'] ?? -1 };
  }
  return { table, names: Object.keys(table), byNumber };
}

function indexField(name: string, spec: FieldSpec): IndexedField {
  return { name, spec, glance: glanceOf(spec), mayBeEmpty: spec.need === 'may', digits: digitsOf(spec) };
}

function glanceOf({ kind, codes }: FieldSpec): Glance {
  switch (kind) {
    case 'text':
    case 'secret':
      return glances.visible;
    case 'number':
      return glances.decimal;
    case 'code':
      return codes?.complete === true ? glances.digit : glances.visible;
    case 'date':
    case 'era':
      return glances.never;
  }
}

function digitsOf({ codes }: FieldSpec): number {
  const digits = Object.keys(codes?.meanings ?? {}).filter((code) => /^\d$/.test(code));
  return digits.reduce((bits, digit) => bits | (1 << Number(digit)), 0);
}
