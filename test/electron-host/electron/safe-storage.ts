/**
 * `safeStorage`, asynchronous calls only (the others leave Electron with version 46). The keychain is a key file beside
 * the user data, so that what one start has sealed the next one opens.
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type * as Electron from 'electron';
import { environment } from '../environment.ts';
import { strict } from './refusal.ts';

const sealVersion = 'v11'; // the prefix of Chromium's os_crypt on Linux
const keyFile = `${environment.userData}.keychain`;

function key(): Buffer {
  if (environment.secretStore === 'none') throw new Error('Encryption is not available.');
  if (existsSync(keyFile)) return readFileSync(keyFile);
  mkdirSync(dirname(keyFile), { recursive: true });
  const made = randomBytes(32);
  writeFileSync(keyFile, made, { mode: 0o600 });
  return made;
}

export const safeStorage = strict('safeStorage', {
  isAsyncEncryptionAvailable: () => Promise.resolve(environment.secretStore !== 'none'),
  getSelectedStorageBackend: () => (environment.secretStore === 'none' ? 'unknown' : environment.secretStore),
  encryptStringAsync: async (text) => {
    const nonce = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', await Promise.resolve(key()), nonce);
    const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
    return Buffer.concat([Buffer.from(sealVersion), nonce, cipher.getAuthTag(), sealed]);
  },
  decryptStringAsync: async (sealed) => {
    if (sealed.toString('latin1', 0, 3) !== sealVersion) throw new Error('Error while decrypting the ciphertext provided to safeStorage.decryptStringAsync.');
    const decipher = createDecipheriv('aes-256-gcm', await Promise.resolve(key()), sealed.subarray(3, 15));
    decipher.setAuthTag(sealed.subarray(15, 31));
    return { result: decipher.update(sealed.subarray(31), undefined, 'utf8') + decipher.final('utf8'), shouldReEncrypt: false };
  },
} satisfies Pick<Electron.SafeStorage, 'isAsyncEncryptionAvailable' | 'getSelectedStorageBackend' | 'encryptStringAsync' | 'decryptStringAsync'>);
