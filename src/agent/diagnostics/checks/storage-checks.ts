import { access, constants, stat } from 'node:fs/promises';
import path from 'node:path';
import { result, type Check, type CheckResult } from '../check.ts';

const folderTitle = { ja: 'データフォルダー', en: 'Data folder' };
const secretTitle = { ja: '秘密情報の保管', en: 'Secret store' };
const auditTitle = { ja: '監査ログ', en: 'Audit log' };

export const checkStorage: Check = async ({ data, secrets, verifyAudit }) => {
  const folder = await folderResults(data.root);
  const store = {
    'os-keychain': { ja: 'OSの鍵ストア', en: "Operating system's key store" },
    'user-only-file': { ja: '本人だけが読めるファイル（OSの鍵ストアではありません）', en: 'Files that this user alone can read (not a key store)' },
    memory: { ja: 'メモリーのみ（終了すると消えます）', en: 'Memory only (lost at exit)' },
  }[secrets.protection];
  return [...folder, result('storage.secrets', secretTitle, 'ok', store), ...audit(await verifyAudit())];
};

async function folderResults(root: string): Promise<readonly CheckResult[]> {
  const found = await stat(root).catch(() => undefined);
  const madeIn = found === undefined ? await nearestFolder(root) : root;
  if (!(await isWritableFolder(madeIn))) {
    return [
      result('storage.folder', folderTitle, 'problem', { ja: `書き込めません: ${madeIn}`, en: `Not writable: ${madeIn}` }, {
        ja: '書き込み権限とディスクの空きを確認してください。書き込めない間は署名しません。',
        en: 'Check permissions and free disk space. The agent does not sign until it can write.',
      }),
    ];
  }
  if (found === undefined) {
    return [result('storage.folder', folderTitle, 'ok', { ja: `まだありません（初回の起動時に作ります）: ${root}`, en: `Not there yet (made at the first start): ${root}` })];
  }
  const folder = result('storage.folder', folderTitle, 'ok', { ja: root, en: root });
  if (process.platform === 'win32' || (found.mode & 0o077) === 0) return [folder];
  return [
    folder,
    result('storage.private', folderTitle, 'warning', { ja: 'ほかの利用者が読める状態です', en: 'Other users can read it' }, {
      ja: 'エージェントを起動し直してください。起動時に本人だけの権限に直します。',
      en: 'Start the agent again: it mends the permissions.',
    }),
  ];
}

async function isWritableFolder(folder: string): Promise<boolean> {
  try {
    await access(folder, constants.W_OK);
    return (await stat(folder)).isDirectory();
  } catch {
    return false;
  }
}

/** The first place above that exists. */
async function nearestFolder(missing: string): Promise<string> {
  const above = path.dirname(missing);
  const exists = await stat(above).then(
    () => true,
    () => false,
  );
  return exists || above === missing ? above : nearestFolder(above);
}

function audit(verdict: Awaited<ReturnType<Parameters<Check>[0]['verifyAudit']>>): ReturnType<typeof result>[] {
  return [
    verdict.ok
      ? result('audit', auditTitle, 'ok', verdict.text)
      : result('audit', auditTitle, 'problem', verdict.text, {
          ja: 'ファイルをそのまま保全し、管理者に連絡してください。',
          en: 'Keep the file as it is and call your administrator.',
        }),
  ];
}
