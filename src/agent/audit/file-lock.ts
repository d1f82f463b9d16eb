import { DatabaseSync } from 'node:sqlite';

export interface FileLock {
  release(): void;
}

const sqliteBusy = 5;

/**
 * Makes this process the one writer of a file. The lock is the operating system's own (fcntl on Linux and macOS,
 * LockFileEx on Windows), reached through an empty SQLite database beside the file, because Node has no call for it:
 * it ends with the process, however that dies, so there is no stale lock and no guessing from a process id.
 * Throws an error with code `ELOCKED` where another writer holds it.
 */
export function lockFile(file: string): FileLock {
  const database = new DatabaseSync(`${file}.lock`);
  try {
    // MEMORY: no rollback journal beside the lock. Nothing is ever stored in it.
    database.exec('PRAGMA busy_timeout = 0; PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
  } catch (cause) {
    database.close();
    throw isBusy(cause) ? Object.assign(new Error('another process writes this file', { cause }), { code: 'ELOCKED' }) : cause;
  }
  return { release: () => database.close() };
}

function isBusy(cause: unknown): boolean {
  return cause instanceof Error && (cause as Error & { errcode?: unknown }).errcode === sqliteBusy;
}
