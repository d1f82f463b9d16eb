import type { CheckResult } from '../../agent/diagnostics/check.ts';
import type { Language } from '../language.ts';
import { padToColumns } from './terminal-width.ts';

const signs: Record<CheckResult['status'], string> = { ok: '✔', warning: '⚠', problem: '✖', not_applicable: '–' };

/** One line for each result, and below it what to do. */
export function checkLines(result: CheckResult, language: Language): string {
  const remedy = result.remedy === null ? '' : `    → ${result.remedy[language]}\n`;
  return `${signs[result.status]} ${padToColumns(result.title[language], 24)}  ${result.details[language]}\n${remedy}`;
}

export function writeChecks(results: readonly CheckResult[], as: Language | 'json'): void {
  process.stdout.write(as === 'json' ? `${JSON.stringify(results, null, 2)}\n` : results.map((result) => checkLines(result, as)).join(''));
}
