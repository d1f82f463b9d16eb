import { ProblemError } from '../../contract/problem.ts';

const causes: Readonly<Record<string, { readonly ja: string; readonly en: string }>> = {
  ENOSPC: { ja: 'ディスクに空きがありません。', en: 'The disk is full.' },
  EDQUOT: { ja: 'ディスクの割り当て容量を使い切りました。', en: 'The disk quota is used up.' },
  EROFS: { ja: 'データフォルダーが読み取り専用です。', en: 'The data folder is read-only.' },
  EACCES: { ja: 'データフォルダーに書き込む権限がありません。', en: 'The data folder may not be written.' },
  EPERM: { ja: 'データフォルダーに書き込む権限がありません。', en: 'The data folder may not be written.' },
  EIO: { ja: 'ディスクの書き込みに失敗しました。', en: 'The disk failed to write.' },
  ELOCKED: {
    ja: '同じデータフォルダーを使う別のエージェントが動いています。',
    en: 'Another agent is running on the same data folder.',
  },
  EJOURNAL: {
    ja: '署名の控え（journal.jsonl）が壊れています。ファイルを保全し、別の場所に移してください。',
    en: 'The journal of signatures (journal.jsonl) is damaged. Keep the file and move it elsewhere.',
  },
  ESTAFF: {
    ja: '職員IDと証明書の対応（staff.json）が壊れています。ファイルを保全して別の場所に移すと、次の署名で本人が確認し直せます。',
    en: 'The bindings of staff ids (staff.json) are damaged. Keep the file and move it elsewhere: people then confirm their cards anew.',
  },
  EAUDIT: {
    ja: '監査ログの最後の記録が壊れています。ファイルを保全し、別の場所に移してください。',
    en: 'The last entry of the audit log is damaged. Keep the file and move it elsewhere.',
  },
};

/** STORAGE_FAILED with the cause that the operating system gave, never with a path or content. */
export function storageFailure(cause: unknown): ProblemError {
  if (cause instanceof ProblemError) return cause;
  const code = errorCodeOf(cause);
  const detail = causes[code] ?? { ja: `記録を書き込めません（${code}）。`, en: `A record cannot be written (${code}).` };
  return new ProblemError({ code: 'STORAGE_FAILED', detail }, { cause });
}

function errorCodeOf(cause: unknown): string {
  const code = cause instanceof Error ? (cause as NodeJS.ErrnoException).code : undefined;
  return typeof code === 'string' && /^[A-Z0-9_]{1,32}$/.test(code) ? code : 'EIO';
}
