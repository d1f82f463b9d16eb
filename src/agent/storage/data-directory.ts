import { chmod, mkdir, readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { ProblemError } from '../../contract/problem.ts';
import { storageFailure } from '../audit/storage-failure.ts';

/** Files of one user's agent. Nothing here holds a document, a PIN or a token in clear. */
export interface DataDirectory {
  readonly root: string;
  readonly portFile: string;
  readonly controlSocket: string;
  readonly userSettings: string;
  readonly clients: string;
  readonly staffBindings: string;
  readonly journal: string;
  readonly audit: string;
  readonly pinLedger: string;
  /** Sealed. */
  readonly tokens: string;
  readonly registrations: string;
  readonly secrets: string;
  readonly anchors: string;
  readonly logs: string;
}

export function defaultDataRoot(platform: NodeJS.Platform = process.platform, env = process.env): string {
  switch (platform) {
    case 'win32':
      return path.win32.join(env['LOCALAPPDATA'] ?? path.win32.join(homedir(), 'AppData', 'Local'), 'HpkiAgent');
    case 'darwin':
      return path.join(homedir(), 'Library', 'Application Support', 'HpkiAgent');
    default:
      return path.join(env['XDG_DATA_HOME'] ?? path.join(homedir(), '.local', 'share'), 'hpki-agent');
  }
}

export function dataDirectory(root: string): DataDirectory {
  const at = (name: string): string => path.join(root, name);
  return {
    root,
    portFile: at('port.json'),
    controlSocket: controlSocketOf(root),
    userSettings: at('settings.json'),
    clients: at('clients.json'),
    staffBindings: at('staff.json'),
    journal: at('journal.jsonl'),
    audit: at('audit.jsonl'),
    pinLedger: at('pin-tries.json'),
    tokens: at('tokens.json'),
    registrations: at('phone-registrations.json'),
    secrets: at('secrets'),
    anchors: at('anchors'),
    logs: at('logs'),
  };
}

/** Windows has no socket files: the pipe's name carries the user's own folder, and its default ACL is the user's. */
function controlSocketOf(root: string): string {
  if (process.platform === 'win32') return `\\\\.\\pipe\\hpki-agent-${Buffer.from(root).toString('base64url').slice(-64)}`;
  return path.join(root, 'control.sock');
}

/** Makes the folders that are missing, readable by this user alone. Throws STORAGE_FAILED. */
export async function prepareDataDirectory(data: DataDirectory): Promise<void> {
  if (process.platform !== 'win32' && Buffer.byteLength(data.controlSocket) > longestSocket) throw tooLong();
  try {
    for (const folder of [data.root, data.secrets, data.anchors, data.logs]) {
      await mkdir(folder, { recursive: true, mode: 0o700 });
    }
    // A folder that was there already may be open to others: the socket and the port file rely on it not being so.
    if (process.platform !== 'win32') await chmod(data.root, 0o700);
  } catch (cause) {
    throw storageFailure(cause);
  }
}

/** sockaddr_un: 104 bytes on macOS, 108 on Linux, with a NUL at the end. */
const longestSocket = 103;

function tooLong(): ProblemError {
  const detail = {
    ja: `データフォルダーの場所の名前が長すぎます（control.sock まで入れて${longestSocket}バイトまで）。短い場所を --data-dir で指定してください。`,
    en: `The data folder's path is too long (${longestSocket} bytes with control.sock). Name a shorter one with --data-dir.`,
  };
  return new ProblemError({ code: 'STORAGE_FAILED', detail });
}

/** Stands for user settings that are there and cannot be read as JSON: they count as none, and somebody is told. */
export const unreadableSettings = Symbol('unreadable settings');

/** The user's own settings; undefined where there are none. */
export async function readUserSettings(data: DataDirectory): Promise<unknown> {
  try {
    return JSON.parse(await readFile(data.userSettings, 'utf8')) as unknown;
  } catch (error) {
    return ['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '') ? undefined : unreadableSettings;
  }
}
