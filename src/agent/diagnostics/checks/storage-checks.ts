import { access, constants, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import type { DataDirectory } from '../../storage/data-directory.ts';
import { result, type Check, type CheckResult } from '../check.ts';

const folderTitle = { ja: 'データフォルダー', en: 'Data folder' };
const secretTitle = { ja: '秘密情報の保管', en: 'Secret store' };
const filesTitle = { ja: '記録のファイル', en: 'Files of records' };
const auditTitle = { ja: '監査ログ', en: 'Audit log' };

export const checkStorage: Check = async ({ data, secrets, verifyAudit }) => {
  const folder = await folderResults(data.root);
  const store = {
    'os-keychain': { ja: 'OSの鍵ストア', en: "Operating system's key store" },
    'user-only-file': { ja: '本人だけが読めるファイル（OSの鍵ストアではありません）', en: 'Files that this user alone can read (not a key store)' },
    memory: { ja: 'メモリーのみ（終了すると消えます）', en: 'Memory only (lost at exit)' },
  }[secrets.protection];
  return [...folder, result('storage.secrets', secretTitle, 'ok', store), ...(await damagedFiles(data)), await audit(verifyAudit)];
};

/**
 * Not the records that the agent goes on without: with a damaged record of PIN failures it takes each card for near its last
 * tries, and moving that file away would end this care.
 */
const oneJson: readonly (keyof DataDirectory)[] = ['staffBindings', 'clients'];

/** Files with which the agent would refuse to sign, or to know its EHRs, until somebody has looked at them. */
async function damagedFiles(data: DataDirectory): Promise<readonly CheckResult[]> {
  const looks = await Promise.all([
    ...oneJson.map((name) => whyDamaged(data[name], (text) => void JSON.parse(text))),
    // A torn last line is repaired by the agent itself.
    whyDamaged(data.journal, (text) => text.split('\n').slice(0, -1).forEach((line) => void JSON.parse(line))),
  ]);
  return looks.flatMap((found) =>
    found === null
      ? []
      : [
          result('storage.files', filesTitle, 'problem', { ja: `読めません: ${found.file}（${found.why}）`, en: `Cannot be read: ${found.file} (${found.why})` }, remedyFor(found, data)),
        ],
  );
}

interface DamagedFile {
  readonly file: string;
  /** `JSON`, or the code of the file system. */
  readonly why: string;
}

function remedyFor({ file, why }: DamagedFile, data: DataDirectory): { readonly ja: string; readonly en: string } {
  if (why !== 'JSON') return { ja: 'ファイルの読み取り権限とディスクを確認してください。', en: 'Check who may read the file, and the disk.' };
  const keep = {
    ja: 'ファイルを保全して別の場所に移し、エージェントを起動し直してください。消さないでください。',
    en: 'Keep the file: move it elsewhere, and start the agent again. Do not delete it.',
  };
  if (file !== data.journal) return keep;
  return {
    ja: `${keep.ja}途中だった依頼は、署名済みかどうかをEHRで確かめてから送り直してください（同じキーでも新しい署名になります）。`,
    en: `${keep.en} Before a request that was under way is posted again, see in the EHR whether it was signed: even the same key makes a new signature then.`,
  };
}

async function whyDamaged(file: string, parse: (text: string) => void): Promise<DamagedFile | null> {
  try {
    parse(await readFile(file, 'utf8'));
    return null;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    // Never the message: a parser's quotes what the file holds.
    return { file, why: code ?? 'JSON' };
  }
}

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

/** A log that cannot be read is a finding, not the end of the diagnosis. */
async function audit(verify: Parameters<Check>[0]['verifyAudit']): Promise<CheckResult> {
  const verdict = await verify().catch((error: unknown) => {
    const why = (error as NodeJS.ErrnoException).code ?? (error instanceof Error ? error.name : '');
    return { ok: false, text: { ja: `監査ログを読めません（${why}）。`, en: `The audit log cannot be read (${why}).` } };
  });
  return verdict.ok
    ? result('audit', auditTitle, 'ok', verdict.text)
    : result('audit', auditTitle, 'problem', verdict.text, {
        ja: 'ファイルをそのまま保全し、管理者に連絡してください。',
        en: 'Keep the file as it is and call your administrator.',
      });
}
