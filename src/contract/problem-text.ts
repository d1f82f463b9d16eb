import { errorCodes } from './error-codes.ts';
import type { Problem } from './problem.ts';

type Language = 'ja' | 'en';

/** A problem as a person reads it at a terminal: what, why, what to do, and each place in the documents on a line of its own. */
export function problemText(problem: Problem, language: Language): string {
  const entry = errorCodes[problem.code];
  const places = (problem.documents ?? []).map(({ documentId, line, record, field, reason }) => {
    const where = line === null ? null : language === 'ja' ? `${line}行目` : `line ${line}`;
    return `\n  ${[documentId, where, record, field, reason[language]].filter((part) => part !== null).join(' / ')}`;
  });
  return sentences([`${entry[language]} (${problem.code})`, problem.detail?.[language], entry.remedy[language]], language) + places.join('');
}

/** Sentences one after the other, whether or not each brings its own full stop. */
export function sentences(parts: readonly (string | undefined)[], language: Language): string {
  const [stop, gap] = language === 'ja' ? ['。', ''] : ['.', ' '];
  return parts.flatMap((part) => (part === undefined || part === '' ? [] : [/[。.？?！!]$/.test(part) ? part : `${part}${stop}`])).join(gap);
}
