/** Names of people as a summary shows them. */
import { ageAt, isoDate, type CalendarDate } from './calendar.ts';
import { isBlank } from './field-checks.ts';
import { showSafely } from './display-safety.ts';
import type { DocumentSummary, SummaryPerson } from './summary.ts';

export function person(name: string, kana: string): SummaryPerson {
  const shownKana = isBlank(kana) ? null : showSafely(kana);
  return { name: isBlank(name) ? (shownKana ?? '') : showSafely(name), kana: shownKana };
}

/**
 * カ.タ. from the kana, else 患.太. from the name. A first character that would have to be escaped shows as ？: initials
 * are for toasts, where nobody looks closely.
 */
export function initials(name: string, kana: string): string {
  const source = isBlank(kana) ? name : kana;
  const words = source.normalize('NFKC').split(/[ \u3000]+/).filter((word) => word !== '');
  const letters = words.slice(0, 2).map((word) => {
    const [first = '？'] = word;
    return showSafely(first) === first ? `${first}.` : '？.';
  });
  return letters.length === 0 ? '？' : letters.join('');
}

export function patientSummary(
  fields: { readonly name: string; readonly kana: string; readonly sex: string },
  birth: CalendarDate | null,
  day: CalendarDate | null,
): DocumentSummary['patient'] {
  return {
    ...person(fields.name, fields.kana),
    initials: initials(fields.name, fields.kana),
    sex: fields.sex === '1' ? 'male' : fields.sex === '2' ? 'female' : 'unknown',
    birthDate: birth === null ? null : isoDate(birth),
    age: birth === null || day === null ? null : ageAt(birth, day),
  };
}
