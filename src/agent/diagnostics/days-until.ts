const day = 24 * 60 * 60 * 1000;

/** Whole days that are left; negative once the moment has passed. */
export function daysUntil(moment: Date, now: Date): number {
  return Math.floor((moment.getTime() - now.getTime()) / day);
}
