import type { Language } from '../../contract/messages/messages.ts';

const locales = { ja: 'ja-JP', en: 'en-GB' } as const;

/** `2026/04/01 13:05`, in the person's own zone. */
export function showTime(iso: string, language: Language): string {
  return new Intl.DateTimeFormat(locales[language], { dateStyle: 'medium', timeStyle: 'short' }).format(new Date(iso));
}

export function showDay(iso: string, language: Language): string {
  return new Intl.DateTimeFormat(locales[language], { dateStyle: 'medium' }).format(new Date(iso));
}

/** A calendar day of the CSV, `YYYY-MM-DD`, which has no zone. */
export function showDate(day: string, language: Language): string {
  const [year, month, date] = day.split('-').map(Number);
  if (year === undefined || month === undefined || date === undefined) return day;
  return new Intl.DateTimeFormat(locales[language], { dateStyle: 'medium', timeZone: 'UTC' }).format(
    new Date(Date.UTC(year, month - 1, date)),
  );
}
