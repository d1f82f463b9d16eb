import type { Bilingual } from '../../formats/bilingual.ts';
import { japaneseDay, japanOffsetMs } from '../../formats/japan-time.ts';

/** A moment of this day or the next as people say it: `2:15`, `明日 2:15`. */
export function clockWords(moment: Date, now: number): Bilingual {
  return clockWordsOf(moment.getTime(), now, (jst) => `${jst.getUTCHours()}:${twoDigits(jst.getUTCMinutes())}`);
}

/** The same with the seconds, as the next whole one: where somebody waits for it. */
export function clockWordsToTheSecond(moment: Date, now: number): Bilingual {
  const next = Math.ceil(moment.getTime() / 1000) * 1000;
  return clockWordsOf(next, now, (jst) => `${jst.getUTCHours()}:${twoDigits(jst.getUTCMinutes())}:${twoDigits(jst.getUTCSeconds())}`);
}

function clockWordsOf(moment: number, now: number, timeOf: (jst: Date) => string): Bilingual {
  const jst = new Date(moment + japanOffsetMs);
  const time = timeOf(jst);
  const daysFromNow = japaneseDay(moment) - japaneseDay(now);
  if (daysFromNow === 0) return { ja: time, en: time };
  if (daysFromNow === 1) return { ja: `明日 ${time}`, en: `${time} tomorrow` };
  return { ja: `${jst.getUTCMonth() + 1}月${jst.getUTCDate()}日 ${time}`, en: `${time} on ${jst.toISOString().slice(0, 10)}` };
}

const twoDigits = (value: number): string => String(value).padStart(2, '0');
