import type { Bilingual } from '../../formats/bilingual.ts';

const jstOffsetMs = 9 * 60 * 60 * 1000;
const dayMs = 24 * 60 * 60 * 1000;

/** A moment of this day or the next as people say it: `2:15`, `明日 2:15`. Japan has one time zone and no summer time. */
export function clockWords(moment: Date, now: number): Bilingual {
  return clockWordsOf(new Date(moment.getTime() + jstOffsetMs), now, (jst) => `${jst.getUTCHours()}:${twoDigits(jst.getUTCMinutes())}`);
}

/** The same with the seconds, as the next whole one: where somebody waits for it. */
export function clockWordsToTheSecond(moment: Date, now: number): Bilingual {
  const next = Math.ceil(moment.getTime() / 1000) * 1000;
  return clockWordsOf(new Date(next + jstOffsetMs), now, (jst) => `${jst.getUTCHours()}:${twoDigits(jst.getUTCMinutes())}:${twoDigits(jst.getUTCSeconds())}`);
}

function clockWordsOf(jst: Date, now: number, timeOf: (jst: Date) => string): Bilingual {
  const days = Math.floor(jst.getTime() / dayMs);
  const today = Math.floor((now + jstOffsetMs) / dayMs);
  const time = timeOf(jst);
  if (days === today) return { ja: time, en: time };
  if (days === today + 1) return { ja: `明日 ${time}`, en: `${time} tomorrow` };
  return { ja: `${jst.getUTCMonth() + 1}月${jst.getUTCDate()}日 ${time}`, en: `${time} on ${jst.toISOString().slice(0, 10)}` };
}

const twoDigits = (value: number): string => String(value).padStart(2, '0');
