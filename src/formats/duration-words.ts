import type { Bilingual } from './bilingual.ts';

const [minute, hour, day] = [60, 3600, 86_400];

/** How long, as people say it: whole seconds up to two minutes, then about so many of the largest unit of which there are two. */
export function durationWords(seconds: number): Bilingual {
  if (seconds < 2 * minute) return { ja: `${seconds}秒`, en: `${seconds} ${seconds === 1 ? 'second' : 'seconds'}` };
  if (seconds < 2 * hour) return about(seconds / minute, '分', 'minutes');
  if (seconds < 2 * day) return about(seconds / hour, '時間', 'hours');
  return about(seconds / day, '日', 'days');
}

/** How far one clock is from another, in the words before 「います」 and before the other's name. Positive seconds: ahead. */
export function clockOffsetWords(seconds: number): Bilingual {
  const apart = durationWords(Math.abs(seconds));
  return seconds > 0 ? { ja: `${apart.ja}進んで`, en: `${apart.en} ahead of` } : { ja: `${apart.ja}遅れて`, en: `${apart.en} behind` };
}

function about(amount: number, ja: string, en: string): Bilingual {
  const whole = Math.round(amount);
  return { ja: `約${whole}${ja}`, en: `about ${whole} ${en}` };
}
