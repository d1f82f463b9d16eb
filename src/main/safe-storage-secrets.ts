import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { SafeStorage } from 'electron';
import type { SecretStore } from '../agent/ports.ts';
import { writeFileDurably } from '../agent/storage/write-file-durably.ts';

/** The part of Electron's safeStorage that is used: only the asynchronous calls. */
export type KeyStore = Pick<SafeStorage, 'isAsyncEncryptionAvailable' | 'encryptStringAsync' | 'decryptStringAsync'> &
  Partial<Pick<SafeStorage, 'getSelectedStorageBackend'>>;

/**
 * The agent's own secrets, sealed by the operating system's key store. Where Linux has none, Chromium would seal with a
 * key that is in its source: then they stay in memory, and `protection` says so.
 */
export async function safeStorageSecrets(store: KeyStore, folder: string, platform: NodeJS.Platform = process.platform): Promise<SecretStore> {
  const isPlain = platform === 'linux' && store.getSelectedStorageBackend?.() === 'basic_text';
  if (isPlain || !(await store.isAsyncEncryptionAvailable())) return memorySecrets();
  const fileOf = (name: string): string => path.join(folder, `${name.replace(/[^a-z0-9-]/g, '')}.sealed`);
  const seal = async (name: string, text: string): Promise<void> => writeFileDurably(fileOf(name), await store.encryptStringAsync(text));
  return {
    protection: 'os-keychain',
    async get(name) {
      const sealed = await readFile(fileOf(name)).catch((error: unknown) => {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
        throw error;
      });
      if (sealed === undefined) return undefined;
      const { result, shouldReEncrypt } = await store.decryptStringAsync(sealed);
      if (shouldReEncrypt) await seal(name, result);
      return new Uint8Array(Buffer.from(result, 'base64'));
    },
    set: (name, secret) => seal(name, Buffer.from(secret).toString('base64')),
  };
}

function memorySecrets(): SecretStore {
  const secrets = new Map<string, Uint8Array>();
  return {
    protection: 'memory',
    get: (name) => Promise.resolve(secrets.get(name)),
    set: (name, secret) => {
      secrets.set(name, Uint8Array.from(secret));
      return Promise.resolve();
    },
  };
}
