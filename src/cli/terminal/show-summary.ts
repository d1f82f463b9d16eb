import type { DocumentSummary, SummaryMark } from '../../formats/prescription/summary.ts';
import type { Language } from '../language.ts';
import { columnsOf, padToColumns } from './terminal-width.ts';

const markTexts: Record<SummaryMark, Record<Language, string>> = {
  narcotic: { ja: '【麻薬】', en: '[NARCOTIC]' },
  no_substitution: { ja: '【変更不可】', en: '[NO SUBSTITUTION]' },
  difference: { ja: '【処方と相違】', en: '[DIFFERS]' },
  unknown_record: { ja: '【未知の項目】', en: '[UNKNOWN RECORD]' },
  warning: { ja: '【注意】', en: '[WARNING]' },
};

/** Whom it is for, in one line: name, kana, date of birth and age. */
function patientLine({ name, kana, birthDate, age }: DocumentSummary['patient'], language: Language): string {
  const years = age === null ? null : { ja: `${age}歳`, en: `age ${age}` }[language];
  return [name, kana, birthDate, years].filter((part) => part !== null).join(' ');
}

/** The whole summary as lines for a terminal: the patient, then headings, and label and value in two columns. Nothing is shortened. */
export function summaryLines(summary: DocumentSummary, language: Language): string[] {
  const sections = summary.sections.flatMap((section) => {
    const widest = Math.max(0, ...section.rows.map((row) => columnsOf(row.label[language])));
    return [
      `■ ${section.heading[language]}`,
      ...section.rows.map((row) => {
        const marks = row.marks.map((mark) => markTexts[mark][language]).join('');
        return `   ${padToColumns(row.label[language], widest)}  ${marks}${row.value}`;
      }),
    ];
  });
  return [patientLine(summary.patient, language), ...sections];
}
