export const dayMs = 24 * 60 * 60 * 1000;

/** What Japan's clocks are ahead of UTC, wherever this machine believes to be: one time zone, and no summer time. */
export const japanOffsetMs = 9 * 60 * 60 * 1000;

/** The day in Japan of a moment in milliseconds since 1970, counted from 1970-01-01. */
export function japaneseDay(moment: number): number {
  return Math.floor((moment + japanOffsetMs) / dayMs);
}
