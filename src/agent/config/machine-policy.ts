import { execFile } from 'node:child_process';
import { lstat, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { valuesInExport } from './registry-export.ts';
import { policyOfValues } from './registry-policy.ts';

/**
 * Machine policy is the root of trust (module paths, clients, anchors), so it is read only from where an administrator
 * alone can write: a planted file is named and ignored.
 * SECURITY: test/attacks/row-31-planted-policy.test.ts
 */
export type MachinePolicy =
  | { readonly state: 'none'; readonly place: string }
  | { readonly state: 'read'; readonly place: string; readonly content: unknown }
  | { readonly state: 'refused'; readonly place: string; readonly reason: { readonly ja: string; readonly en: string } };

export const policyPlaces = {
  linux: '/etc/hpki-agent/policy.json',
  darwin: '/Library/Managed Preferences/jp.hpki-agent.plist',
  win32: 'HKLM\\SOFTWARE\\Policies\\HpkiAgent',
} as const;

export async function readMachinePolicy(platform: NodeJS.Platform = process.platform): Promise<MachinePolicy> {
  if (platform === 'win32') return readRegistryPolicy();
  if (platform === 'darwin') return readPolicyFile(policyPlaces.darwin, plistToJson);
  return readPolicyFile(policyPlaces.linux, (file) => readFile(file, 'utf8'));
}

/** Reads one policy file after its owner and every folder above it were checked. Exported for its tests. */
export async function readPolicyFile(
  file: string,
  read: (file: string) => Promise<string> = (name) => readFile(name, 'utf8'),
): Promise<MachinePolicy> {
  const refused = (ja: string, en: string): MachinePolicy => ({ state: 'refused', place: file, reason: { ja, en } });
  for (const place of [file, ...foldersAbove(file)]) {
    const stat = await lstat(place).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    });
    if (stat === undefined) {
      if (place === file) return { state: 'none', place: file };
      continue;
    }
    if (stat.isSymbolicLink()) {
      return refused(`${place} がリンクのため読みません`, `${place} is a link and is not followed`);
    }
    if (stat.uid !== 0) {
      return refused(`${place} の所有者が管理者(root)ではないため使いません`, `${place} is not owned by root`);
    }
    const stickyFolder = place !== file && (stat.mode & 0o1000) !== 0;
    if ((stat.mode & 0o022) !== 0 && !stickyFolder) {
      return refused(`${place} に管理者以外が書き込めるため使いません`, `${place} can be written by others than root`);
    }
  }
  try {
    return { state: 'read', place: file, content: JSON.parse(await read(file)) as unknown };
  } catch {
    return refused('ポリシーを読み取れません（JSONの誤り）', 'The policy cannot be read (not JSON)');
  }
}

function foldersAbove(file: string): string[] {
  const above = path.dirname(file);
  return above === file ? [] : [above, ...foldersAbove(above)];
}

const run = promisify(execFile);

async function plistToJson(file: string): Promise<string> {
  const { stdout } = await run('/usr/bin/plutil', ['-convert', 'json', '-o', '-', file]);
  return stdout;
}

/** Below HKLM\SOFTWARE\Policies only administrators can write; Windows keeps that for us. By specification, not tried. */
async function readRegistryPolicy(): Promise<MachinePolicy> {
  const place = policyPlaces.win32;
  if (!(await reg('query', place).then(() => true, () => false))) return { state: 'none', place };
  try {
    const values = valuesInExport(await exportOfRegistry(place), place.replace('HKLM', 'HKEY_LOCAL_MACHINE'));
    return values.size === 0 ? { state: 'none', place } : { state: 'read', place, content: policyOfValues(values) };
  } catch (error) {
    const reason =
      error instanceof SyntaxError
        ? { ja: 'ポリシーを読み取れません（JSONの誤り）', en: 'The policy cannot be read (not JSON)' }
        : { ja: 'ポリシーを読み取れません（レジストリを書き出せません）', en: 'The policy cannot be read (the registry cannot be exported)' };
    return { state: 'refused', place, reason };
  }
}

async function exportOfRegistry(key: string): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'hpki-agent-policy-'));
  try {
    const file = path.join(folder, 'policy.reg');
    await reg('export', key, file, '/y', '/reg:64');
    return (await readFile(file, 'utf16le')).replace(/^\uFEFF/, '');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The literal path, because %SystemRoot% is a user's to change. */
function reg(...args: readonly string[]): Promise<unknown> {
  return run('C:\\Windows\\System32\\reg.exe', args);
}
