import { access, constants, mkdir, open, realpath, stat, unlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { CommandFailure, exitCodes } from './exit.ts';

/** Files and folders that a person names on the command line. Each fault is told with its cause and remedy, as wrong usage. */

type Text = { readonly ja: string; readonly en: string };

/** Reads at most `limit` bytes: a device, or a file that is too large, ends there. */
export async function readUpTo(file: string, limit: number): Promise<Uint8Array> {
  try {
    await using handle = await open(file, 'r');
    const bytes = Buffer.alloc(Math.min(limit, 1 << 20));
    const parts: Buffer[] = [];
    for (let left = limit; left > 0; ) {
      const { bytesRead } = await handle.read(bytes, 0, Math.min(left, bytes.length), null);
      if (bytesRead === 0) break;
      parts.push(Buffer.from(bytes.subarray(0, bytesRead)));
      left -= bytesRead;
    }
    return new Uint8Array(Buffer.concat(parts));
  } catch (error) {
    throw fileFailure('read', file, error);
  }
}

/** Reads a whole file that may not be larger than `limit` bytes. */
export async function readNamedFile(file: string, limit: number): Promise<Uint8Array> {
  const bytes = await readUpTo(file, limit + 1);
  if (bytes.length <= limit) return bytes;
  throw failure('read', file, { ja: `${limit / 1024}KiBを超えています。別のファイルではありませんか。`, en: `It is larger than ${limit / 1024} KiB. Is it another file?` });
}

/** That a file can be written, before a person is asked for anything that would be lost with it. Leaves nothing behind. */
export async function checkWritable(file: string): Promise<void> {
  try {
    const before = await stat(file).catch(absent);
    // Closing a pipe would end its reader, and the content would then wait for one for ever.
    if (before?.isFIFO() === true) {
      await access(file, constants.W_OK);
      return;
    }
    await (await open(file, 'a', 0o600)).close();
    // A link that led nowhere stays; what it named goes again.
    if (before === null) await unlink(await realpath(file));
  } catch (error) {
    throw fileFailure('write', file, error);
  }
}

/** Writes a file. One that it makes is its owner's alone; one that is there, or a device, keeps its permissions. */
export async function writeNamedFile(file: string, content: Uint8Array | string): Promise<void> {
  await writeFile(file, content, { mode: 0o600 }).catch((error: unknown) => {
    throw fileFailure('write', file, error);
  });
}

/** Makes a folder to write into, with those above it. One at a time: Node's own `recursive` never ends below /proc. */
export async function makeNamedFolder(folder: string): Promise<void> {
  try {
    if ((await stat(folder).catch(absent)) === null) {
      const above = path.dirname(path.resolve(folder));
      if (above !== path.resolve(folder)) await makeNamedFolder(above);
      await mkdir(folder).catch((error: unknown) => {
        if (codeOf(error) !== 'EEXIST') throw error;
      });
    }
    if (!(await stat(folder)).isDirectory()) throw failure('make', folder, notAFolder);
    await access(folder, constants.W_OK);
  } catch (error) {
    throw fileFailure('make', folder, error);
  }
}

function absent(error: unknown): null {
  if (codeOf(error) === 'ENOENT') return null;
  throw error;
}

/** What the operating system says of a file that no command has asked about by name, or null where it is no such error. */
export function fileErrorText(error: unknown): Text | null {
  const code = codeOf(error);
  if (code === undefined) return null;
  const { path: file } = error as NodeJS.ErrnoException;
  // Errors of an open file do not name it.
  if (file === undefined && !(code in reasons)) return null;
  return failure('use', file ?? '?', reasonOf(code, 'use')).text;
}

type Act = 'read' | 'write' | 'make' | 'use';

const heads: Readonly<Record<Act, (file: string) => Text>> = {
  read: (file) => ({ ja: `ファイルを読めません: ${file}`, en: `Cannot read ${file}` }),
  write: (file) => ({ ja: `ファイルに書けません: ${file}`, en: `Cannot write ${file}` }),
  make: (file) => ({ ja: `出力先のフォルダーに書けません: ${file}`, en: `Cannot write into the folder ${file}` }),
  use: (file) => ({ ja: `ファイルを使えません: ${file}`, en: `Cannot use ${file}` }),
};

function failure(act: Act, file: string, reason: Text): CommandFailure {
  const head = heads[act](file);
  return new CommandFailure({ ja: `${head.ja}。${reason.ja}`, en: `${head.en}. ${reason.en}` }, exitCodes.usage);
}

function fileFailure(act: Act, file: string, error: unknown): CommandFailure {
  if (error instanceof CommandFailure) return error;
  const code = codeOf(error);
  if (code === undefined) throw error;
  return failure(act, file, reasonOf(code, act));
}

const codeOf = (error: unknown): string | undefined => (error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined);

const notAFolder: Text = {
  ja: '同じ名前のファイルがあります。フォルダーか、まだない名前を指定してください。',
  en: 'A file has this name. Give a folder, or a name that is not taken.',
};
const full: Text = { ja: 'ディスクに空きがありません。空きを作ってください。', en: 'The disk is full. Free some space.' };
const forbidden: Text = { ja: '権限がありません。この利用者が使える場所を指定するか、権限を変えてください。', en: 'This user may not. Give another place, or change its permissions.' };

const reasons: Readonly<Record<string, Text>> = {
  ENOENT: { ja: 'ファイルがありません。名前と場所を確かめてください。', en: 'There is no such file. Check its name and place.' },
  EISDIR: { ja: 'フォルダーです。ファイルを指定してください。', en: 'It is a folder. Give a file.' },
  ENOTDIR: { ja: '途中の名前がフォルダーではありません。場所を確かめてください。', en: 'A name on the way to it is no folder. Check the place.' },
  EEXIST: notAFolder,
  EACCES: forbidden,
  EPERM: forbidden,
  EROFS: { ja: '読み取り専用のディスクです。別の場所を指定してください。', en: 'The disk is read-only. Give another place.' },
  ENOSPC: full,
  EDQUOT: full,
  ENAMETOOLONG: { ja: '名前が長すぎます。短い名前を指定してください。', en: 'The name is too long. Give a shorter one.' },
  ELOOP: { ja: 'リンクが自分を指しています。リンク先を確かめてください。', en: 'It is a link to itself. Check where it leads.' },
  EBUSY: { ja: '別のプログラムが使っています。閉じてからもう一度実行してください。', en: 'Another program is using it. Close that one and try again.' },
};

function reasonOf(code: string, act: Act): Text {
  if (code === 'ENOENT' && (act === 'write' || act === 'make')) {
    return { ja: '書き込む先のフォルダーがありません。先に作るか、別の場所を指定してください。', en: 'The folder for it does not exist. Make it first, or give another place.' };
  }
  return reasons[code] ?? { ja: `理由: ${code}。別の場所を指定してください。`, en: `Reason: ${code}. Give another place.` };
}
