/** Writes docs/ehr/errors.md from the table in src/contract/error-codes.ts. A test keeps the file equal to the table. */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { errorCodes, type ErrorCodeEntry } from '../src/contract/error-codes.ts';

export const errorTableFile = path.join(import.meta.dirname, '..', 'docs', 'ehr', 'errors.md');

export function errorTable(): string {
  const rows = Object.entries<ErrorCodeEntry>(errorCodes).map(
    ([code, entry]) =>
      `| \`${code}\` | ${entry.number} | ${entry.status} | ${entry.retriable ? '○' : '–'} | ${entry.ja}<br>${entry.en} | ${entry.remedy.ja}<br>${entry.remedy.en} |`,
  );
  return [
    '# エラーの一覧 / Error codes',
    '',
    'この表は `src/contract/error-codes.ts` から作られます（`node scripts/error-table.ts`）。分岐には `code` を使い、人には `title` と `remedy` を見せてください。',
    'Made from `src/contract/error-codes.ts`. Branch on `code`; show `title` and `remedy` to the person.',
    '',
    '「再送」が○のものは、同じ内容をあとで送り直すと成功することがあります。 / ○: the same request may succeed later.',
    '',
    '| code | 番号 / number | HTTP | 再送 / retriable | 意味 / meaning | 対処 / remedy |',
    '|---|---|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}

if (process.argv[1] === import.meta.filename) await writeFile(errorTableFile, errorTable());
