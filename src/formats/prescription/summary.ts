import type { Bilingual } from '../bilingual.ts';
import type { DocumentType } from './document.ts';

/** Why a row stands out for a person. */
export type SummaryMark =
  | 'narcotic'
  | 'no_substitution'
  /** A dispensing result differs here from the prescription that it nests. */
  | 'difference'
  /** A record that this version does not know, shown as it stands. */
  | 'unknown_record'
  | 'warning';

/** One row. Values are safe to show: nothing in them can hide or reorder text. */
export interface SummaryRow {
  readonly label: Bilingual;
  readonly value: string;
  readonly marks: readonly SummaryMark[];
  /** 1-based line of the CSV that the row shows, where it shows one. */
  readonly line: number | null;
}

export interface SummarySection {
  readonly heading: Bilingual;
  readonly rows: readonly SummaryRow[];
}

export interface SummaryPerson {
  readonly name: string;
  readonly kana: string | null;
}

/** What a person reads before signing: everything that the CSV says, in an order that helps. */
export interface DocumentSummary {
  readonly type: DocumentType;
  /** Doctor (prescription) or pharmacist (dispensing) as the CSV names them. */
  readonly signer: SummaryPerson;
  readonly facility: string;
  readonly patient: SummaryPerson & {
    /** For toasts: shows that there is a patient without naming them. */
    readonly initials: string;
    readonly sex: 'male' | 'female' | 'unknown';
    /** YYYY-MM-DD, or null where the CSV's date cannot be read. */
    readonly birthDate: string | null;
    /** Full years on the day of issue or dispensing. */
    readonly age: number | null;
  };
  /** Day of issue or dispensing, YYYY-MM-DD. */
  readonly date: string | null;
  readonly drugCount: number;
  readonly hasNarcotic: boolean;
  /**
   * The drugs come first: whose they are stands above, and they are what is decided about.
   * Made when somebody looks at them: where no window is shown, they are most of the work and nobody's.
   */
  readonly sections: readonly SummarySection[];
}
