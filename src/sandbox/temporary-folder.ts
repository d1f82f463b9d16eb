import { lstatSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/**
 * A new folder below the system's temporary one, for as long as this process lives: it goes with `process.exit` and
 * with an uncaught error. What a kill has left behind goes when the next process opens a folder of the same kind.
 */
export function openTemporaryFolder(kind: string): string {
  if (opened.size === 0) process.once('exit', removeOpened);
  removeLeftovers(kind);
  const folder = mkdtempSync(path.join(tmpdir(), `${kind}-${process.pid}-`));
  opened.add(folder);
  return folder;
}

const opened = new Set<string>();

function removeOpened(): void {
  for (const folder of opened) rmSync(folder, { recursive: true, force: true });
}

/** Ends this process in order when it is told to: a signal alone would leave its folders behind. */
export function exitOnSignal(): void {
  for (const [signal, code] of [['SIGINT', 130], ['SIGTERM', 143], ['SIGHUP', 129]] as const) process.once(signal, () => process.exit(code));
}

function removeLeftovers(kind: string): void {
  for (const name of readdirSync(tmpdir())) {
    const pid = name.startsWith(`${kind}-`) ? /^(\d{1,10})-[^-]+$/.exec(name.slice(kind.length + 1))?.[1] : undefined;
    if (pid === undefined || isAlive(Number(pid))) continue;
    const folder = path.join(tmpdir(), name);
    // SECURITY: only a folder that is ours; a name alone says nothing in a place where everybody may write.
    if (isOwnFolder(folder)) rmSync(folder, { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it lives, and is somebody else's.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function isOwnFolder(folder: string): boolean {
  const found = lstatSync(folder, { throwIfNoEntry: false });
  return found?.isDirectory() === true && (process.getuid === undefined || found.uid === process.getuid());
}
