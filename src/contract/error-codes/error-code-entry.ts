export interface ErrorCodeEntry {
  readonly number: number;
  /** HTTP status. */
  readonly status: number;
  /** The same request may succeed later without being changed. */
  readonly retriable: boolean;
  readonly ja: string;
  readonly en: string;
  readonly remedy: { readonly ja: string; readonly en: string };
}
