import type { CheckResult } from '../../agent/diagnostics/check.ts';
import { messages } from '../../contract/messages/messages.ts';
import { showSafely } from '../../formats/prescription/display-safety.ts';
import type { Language } from '../language.ts';
import { padToColumns } from './terminal-width.ts';

const signs: Record<CheckResult['status'], string> = { ok: '✔', warning: '⚠', problem: '✖', not_applicable: '–' };

/** One line for each result, and below it what to do. */
export function checkLines(result: CheckResult, language: Language): string {
  const remedy = result.remedy === null ? '' : `    → ${result.remedy[language]}\n`;
  return `${signs[result.status]} ${padToColumns(result.title[language], 24)}  ${result.details[language]}\n${remedy}`;
}

/** Whom to call, where a check has found something. Empty where nobody is named. */
export function contactLine(results: readonly CheckResult[], contact: string | null, language: Language): string {
  const isWell = results.every(({ status }) => status === 'ok' || status === 'not_applicable');
  if (isWell || contact === null) return '';
  return `\n${messages[language].common.supportContact} ${showSafely(contact)}\n`;
}

export function writeChecks(results: readonly CheckResult[], as: Language | 'json'): void {
  process.stdout.write(as === 'json' ? `${JSON.stringify(results, null, 2)}\n` : results.map((result) => checkLines(result, as)).join(''));
}
