import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { SecretStore } from '../ports.ts';
import { writeFileDurably } from './write-file-durably.ts';

/**
 * Secrets of the agent itself as files that only its user can read. The desktop app puts the operating system's key
 * store in its place; `doctor` says which of the two is in use.
 */
export function fileSecretStore(folder: string): SecretStore {
  const fileOf = (name: string): string => path.join(folder, `${name.replace(/[^a-z0-9-]/g, '')}.secret`);
  return {
    protection: 'user-only-file',
    async get(name) {
      try {
        return new Uint8Array(await readFile(fileOf(name)));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
        throw error;
      }
    },
    set: (name, secret) => writeFileDurably(fileOf(name), secret),
  };
}
