import { plainNumber } from './csv-fields.ts';

/**
 * The different texts of one field throughout a document, each with an id from 0 up: whether two
 * records have the same RP is then asked without making strings.
 */
export class TextIds {
  /** By the number that the text is; nearly all are one. */
  readonly #plain: number[] = [];
  readonly #others = new Map<string, number>();
  #size = 0;

  /** How many different texts there were. */
  get size(): number {
    return this.#size;
  }

  idOf(csv: Buffer, from: number, to: number): number {
    const value = plainNumber(csv, from, to);
    if (value === -1) return this.#other(csv.toString('utf8', from, to));
    return (this.#plain[value] ??= this.#size++);
  }

  /** Whether one of the texts was this number, up to 9,999, without a zero before it. */
  has(value: number): boolean {
    return this.#plain[value] !== undefined;
  }

  #other(text: string): number {
    const known = this.#others.get(text);
    if (known !== undefined) return known;
    const id = this.#size++;
    this.#others.set(text, id);
    return id;
  }
}
