/** A folder that electron-builder takes for Electron's binaries: the files that it copies, and the fuses that it flips. */
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { projectRoot } from './command-line.ts';

/** Where @electron/fuses looks for the wire: sentinel, version 1, length, one character each (all on, to see that they change). */
const sentinel = 'dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX';
export const fuseCount = 9;

export async function madeUpElectron(folder: string, executable = 'electron'): Promise<void> {
  await mkdir(path.join(folder, 'locales'), { recursive: true });
  await mkdir(path.join(folder, 'resources'));
  const wire = Buffer.concat([Buffer.from(sentinel), Buffer.from([1, fuseCount]), Buffer.from('1'.repeat(fuseCount))]);
  await writeFile(path.join(folder, executable), Buffer.concat([Buffer.from('#!/bin/sh\nexit 0\n'), wire]));
  await chmod(path.join(folder, executable), 0o755);
  const { version } = JSON.parse(await readFile(path.join(projectRoot, 'node_modules/electron/package.json'), 'utf8')) as { version: string };
  await writeFile(path.join(folder, 'version'), version);
  for (const name of ['LICENSE', 'LICENSES.chromium.html', 'locales/ja.pak', 'chrome-sandbox']) await writeFile(path.join(folder, name), '');
}
