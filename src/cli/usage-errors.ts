import type { Language } from './language.ts';

/**
 * What commander says of a wrong command line, in Japanese. Its texts are the only key that it gives: one that is not
 * here stays English, and test/unit/cli/usage-errors.test.ts notices when a new version words one differently.
 */
const japanese: readonly (readonly [RegExp, string])[] = [
  [/^error: missing required argument '(.+)'$/, '引数 $1 を指定してください。'],
  [/^error: option '(.+)' argument missing$/, 'オプション $1 に値を指定してください。'],
  [/^error: required option '(.+)' not specified$/, 'オプション $1 を指定してください。'],
  [/^error: unknown option '(.+)'$/, 'オプション $1 はありません。'],
  [/^error: unknown command '(.+)'$/, 'コマンド $1 はありません。'],
  [/^error: too many arguments.* Expected (\d+) .* but got (\d+).*$/, '引数が多すぎます（$1個のところ$2個あります）。'],
  [/^error: (?:option|command-argument value) '(.+)' argument '(.*)' is invalid\. Allowed choices are (.+)\.$/, 'オプション $1 の値「$2」は使えません。使える値: $3。'],
  [/^error: (?:option|command-argument value) '(.+)' argument '(.*)' is invalid\. (.+)$/, 'オプション $1 の値「$2」は使えません。$3'],
  [/^\(Did you mean one of (.+)\?\)$/, '（$1 のどれかではありませんか？）'],
  [/^\(Did you mean (.+)\?\)$/, '（$1 ではありませんか？）'],
];

export function usageError(text: string, language: Language): string {
  return text
    .split('\n')
    .map((line) => `${line.startsWith('error: ') ? 'hpki-agent: ' : ''}${language === 'ja' ? inJapanese(line) : line.replace(/^error: /, '')}`)
    .join('\n');
}

function inJapanese(line: string): string {
  const found = japanese.find(([pattern]) => pattern.test(line));
  return found === undefined ? line.replace(/^error: /, '') : line.replace(...found);
}
