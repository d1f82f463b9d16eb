/** A moment as people in Japan read it, to the second: `2026-04-01 09:00:00 (JST)`. Japan has no summer time. */
export function clockTime(moment: Date): string {
  const jst = new Date(moment.getTime() + 9 * 3_600_000).toISOString();
  return `${jst.slice(0, 10)} ${jst.slice(11, 19)} (JST)`;
}
