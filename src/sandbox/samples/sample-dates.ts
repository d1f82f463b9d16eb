const dayMs = 24 * 60 * 60 * 1000;
const japanMs = 9 * 60 * 60 * 1000;

/** Dates for the samples, as YYYYMMDD in Japan: issued and dispensed today, so that no clock contradicts them. */
export function sampleDates(now = Date.now()): { readonly issued: string; readonly expires: string; readonly dispensed: string } {
  const day = (days: number): string => new Date(now + japanMs + days * dayMs).toISOString().slice(0, 10).replaceAll('-', '');
  // 使用期間 is four days, the day of issue among them.
  return { issued: day(0), expires: day(3), dispensed: day(0) };
}
