import type { DocumentView } from '../../contract/ipc/document.ts';
import type { MarkName } from '../parts/mark.tsx';

/** What a closed document must not hide: marks of its rows by which a person would open it. */
export function marksOf(document: DocumentView): readonly MarkName[] {
  const rows = new Set(document.sections.flatMap((section) => section.rows.flatMap((row) => row.marks)));
  const mustCheck = document.warnings.length > 0 || rows.has('warning') || rows.has('unknown_record');
  return [
    ...(document.hasNarcotic ? (['narcotic'] as const) : []),
    ...(rows.has('no_substitution') ? (['no_substitution'] as const) : []),
    ...(rows.has('difference') ? (['difference'] as const) : []),
    ...(mustCheck ? (['warning'] as const) : []),
  ];
}

export interface BatchCounts {
  readonly prescriptions: number;
  readonly dispensings: number;
  readonly drugs: number;
  /** Documents with each mark; those that none has are left out. */
  readonly marked: readonly { readonly mark: MarkName; readonly count: number }[];
}

export function countBatch(documents: readonly DocumentView[]): BatchCounts {
  const marks = documents.flatMap(marksOf);
  return {
    prescriptions: documents.filter(({ type }) => type === 'prescription').length,
    dispensings: documents.filter(({ type }) => type === 'dispensing').length,
    drugs: documents.reduce((sum, { drugCount }) => sum + drugCount, 0),
    marked: (['narcotic', 'no_substitution', 'difference', 'warning'] as const)
      .map((mark) => ({ mark, count: marks.filter((one) => one === mark).length }))
      .filter(({ count }) => count > 0),
  };
}
