import { expect, it } from 'vitest';
import { result, type CheckResult } from '../../../../src/agent/diagnostics/check.ts';
import { contactLine } from '../../../../src/cli/terminal/write-checks.ts';

const check = (status: CheckResult['status']): CheckResult => result('port', { ja: 'ポート', en: 'Port' }, status, { ja: '', en: '' });

it.each([
  [['ok', 'problem'], '内線1234', '\n解決しないときの連絡先: 内線1234\n'],
  [['warning'], '内線1234\u202e', '\n解決しないときの連絡先: 内線1234⟨U+202E⟩\n'],
  [['ok', 'not_applicable'], '内線1234', ''],
  [['problem'], null, ''],
] as const)('after %j names whom to call only where something is wrong', (statuses, contact, line) => {
  expect(contactLine(statuses.map(check), contact, 'ja')).toBe(line);
});

it('names whom to call in English too', () => {
  expect(contactLine([check('problem')], 'ext. 1234', 'en')).toBe('\nIf the problem persists, contact: ext. 1234\n');
});
