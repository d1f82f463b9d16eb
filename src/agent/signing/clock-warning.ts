import { clockOffsetWords } from '../../formats/duration-words.ts';
import { dayMs, japaneseDay } from '../../formats/japan-time.ts';
import { tolerableSkewMs } from '../remote/service-time.ts';

/**
 * How far a document's date may lie behind the clock before one of the two is likely to be wrong: a prescription serves
 * four days (保険医療機関及び保険医療養担当規則 §20), and a dispensing result is sent within the week.
 */
const usualDelayDays = 7;

export const clockWarningId = 'clock';

export interface ClockWarning {
  readonly id: typeof clockWarningId;
  readonly text: { readonly ja: string; readonly en: string };
}

/**
 * The clock against the date in the document (YYYY-MM-DD, Japan's): null where they agree. A clock that is behind the document
 * is wrong by any number of days, because nothing is issued tomorrow. It warns and refuses nothing: what a wrong clock
 * can do to the signature is the certificate's validity, which is checked by itself.
 */
export function warnOfClock(date: string | null, now: number): ClockWarning | null {
  const dated = date === null ? NaN : Date.parse(`${date}T00:00:00Z`);
  if (Number.isNaN(dated)) return null;
  const today = japaneseDay(now) * dayMs;
  const days = Math.round((today - dated) / dayMs);
  if (days >= 0 && days <= usualDelayDays) return null;
  const clock = new Date(today).toISOString().slice(0, 10);
  return { id: clockWarningId, text: days < 0 ? behind(clock) : ahead(clock) };
}

/** The clock against a signing service's: null where they agree, or none has told. `skewMs`: this clock minus the service's. */
export function warnOfServiceClock(skewMs: number | null): ClockWarning | null {
  if (skewMs === null || Math.abs(skewMs) <= tolerableSkewMs) return null;
  const offset = clockOffsetWords(Math.round(skewMs / 1000));
  return {
    id: clockWarningId,
    text: {
      ja: `このPCの時計はリモート署名サービスの時計より${offset.ja}います。署名の時刻が正しくなるように、時計を合わせるか、管理者に連絡してください。`,
      en: `The clock of this PC is ${offset.en} that of the remote signing service. Set it or tell your administrator, so that signatures carry the right time.`,
    },
  };
}

// No text holds a value of the document: warnings are journalled.

function behind(clock: string): ClockWarning['text'] {
  return {
    ja: `このPCの時計（${clock}）は文書の日付より遅れています。時計と文書の日付のどちらが正しいか確かめてください。`,
    en: `The clock of this PC (${clock}) is behind the date of the document. Check which of the two is right.`,
  };
}

function ahead(clock: string): ClockWarning['text'] {
  return {
    ja: `このPCの時計（${clock}）は文書の日付より${usualDelayDays + 1}日以上進んでいます。時計と文書の日付のどちらが正しいか確かめてください。`,
    en: `The clock of this PC (${clock}) is ${usualDelayDays + 1} or more days ahead of the date of the document. Check which of the two is right.`,
  };
}
