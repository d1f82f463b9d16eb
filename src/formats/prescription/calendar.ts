/** Dates as the CSV writes them, and as a person in Japan reads them. */

export interface CalendarDate {
  readonly year: number;
  /** 1–12 */
  readonly month: number;
  /** 1–31 */
  readonly day: number;
}

/** First day of each era, newest first. Before 1873 Japan had another calendar; no living patient is born then. */
const eras = [
  { letter: 'R', name: '令和', from: 20190501 },
  { letter: 'H', name: '平成', from: 19890108 },
  { letter: 'S', name: '昭和', from: 19261225 },
  { letter: 'T', name: '大正', from: 19120730 },
  { letter: 'M', name: '明治', from: 18680125 },
] as const;

function daysInMonth(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

function realDate(year: number, month: number, day: number): CalendarDate | null {
  if (year < 1 || month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return null;
  return { year, month, day };
}

/** `YYYYMMDD`; null where that is no day of the calendar. */
export function parseDate(text: string): CalendarDate | null {
  if (!/^\d{8}$/.test(text)) return null;
  return realDate(Number(text.slice(0, 4)), Number(text.slice(4, 6)), Number(text.slice(6, 8)));
}

/** `YYYYMMDD` or 和暦 as `S550401`. [I] The public お薬手帳 layout, which CJ1 resembles, allows both. */
export function parseEraDate(text: string): CalendarDate | null {
  const match = /^([MTSHR])(\d\d)(\d\d)(\d\d)$/.exec(text);
  if (match === null) return parseDate(text);
  const era = eras.find((candidate) => candidate.letter === match[1]);
  if (era === undefined) return null;
  return realDate(Math.floor(era.from / 10000) + Number(match[2]) - 1, Number(match[3]), Number(match[4]));
}

/** Same order as the days: 19800401. */
export function dayNumber(date: CalendarDate): number {
  return date.year * 10000 + date.month * 100 + date.day;
}

/** `YYYY-MM-DD` */
export function isoDate(date: CalendarDate): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${String(date.year).padStart(4, '0')}-${two(date.month)}-${two(date.day)}`;
}

/** 昭和55年4月1日; null before 明治. */
export function japaneseDate(date: CalendarDate): string | null {
  const era = eras.find((candidate) => dayNumber(date) >= candidate.from);
  if (era === undefined) return null;
  const year = date.year - Math.floor(era.from / 10000) + 1;
  return `${era.name}${year === 1 ? '元' : year}年${date.month}月${date.day}日`;
}

/** Full years at the given day; null where the birth lies after it. */
export function ageAt(birth: CalendarDate, at: CalendarDate): number | null {
  const age = Math.floor((dayNumber(at) - dayNumber(birth)) / 10000);
  return age < 0 ? null : age;
}
