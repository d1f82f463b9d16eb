import { access, constants, stat } from 'node:fs/promises';
import { result, type Check } from '../check.ts';

const folderTitle = { ja: 'データフォルダー', en: 'Data folder' };
const secretTitle = { ja: '秘密情報の保管', en: 'Secret store' };
const auditTitle = { ja: '監査ログ', en: 'Audit log' };

export const checkStorage: Check = async ({ data, secrets, verifyAudit }) => {
  const writable = await access(data.root, constants.W_OK).then(
    () => true,
    () => false,
  );
  const folder = writable
    ? result('storage.folder', folderTitle, 'ok', { ja: data.root, en: data.root })
    : result('storage.folder', folderTitle, 'problem', { ja: `書き込めません: ${data.root}`, en: `Not writable: ${data.root}` }, {
        ja: '書き込み権限とディスクの空きを確認してください。書き込めない間は署名しません。',
        en: 'Check permissions and free disk space. The agent does not sign until it can write.',
      });
  const openToOthers = process.platform !== 'win32' && writable && ((await stat(data.root)).mode & 0o077) !== 0;
  const privacy = openToOthers
    ? [
        result('storage.private', folderTitle, 'warning', { ja: '他の利用者が読める状態です', en: 'Other users can read it' }, {
          ja: 'エージェントを起動し直すと権限を直します。',
          en: 'Starting the agent mends the permissions.',
        }),
      ]
    : [];
  const store = {
    'os-keychain': { ja: 'OSの鍵ストア', en: "Operating system's key store" },
    'user-only-file': { ja: '本人だけが読めるファイル（OSの鍵ストアではありません）', en: 'Files that this user alone can read (not a key store)' },
    memory: { ja: 'メモリーのみ（終了すると消えます）', en: 'Memory only (lost at exit)' },
  }[secrets.protection];
  return [folder, ...privacy, result('storage.secrets', secretTitle, 'ok', store), ...audit(await verifyAudit())];
};

function audit(verdict: Awaited<ReturnType<Parameters<Check>[0]['verifyAudit']>>): ReturnType<typeof result>[] {
  if (verdict === null) return [result('audit', auditTitle, 'ok', { ja: '記録はまだありません', en: 'No entries yet' })];
  return [
    verdict.ok
      ? result('audit', auditTitle, 'ok', verdict.text)
      : result('audit', auditTitle, 'problem', verdict.text, {
          ja: 'ファイルをそのまま保全し、管理者に連絡してください。',
          en: 'Keep the file as it is and call your administrator.',
        }),
  ];
}
