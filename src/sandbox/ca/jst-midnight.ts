const nineHours = 9 * 3_600_000;

/** Midnight in Japan at the start of the day that holds `at`, moved by whole years. */
export function jstMidnight(at: Date, years = 0): Date {
  const inJapan = new Date(at.getTime() + nineHours);
  return new Date(Date.UTC(inJapan.getUTCFullYear() + years, inJapan.getUTCMonth(), inJapan.getUTCDate()) - nineHours);
}
