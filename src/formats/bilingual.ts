/** A text for a person in both languages of the product. */
export interface Bilingual {
  readonly ja: string;
  readonly en: string;
}
