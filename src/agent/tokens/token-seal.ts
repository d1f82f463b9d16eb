import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { OsLogin } from '../../native/peer/os-login.ts';
import type { KeptToken } from './token-store.ts';

/** Of the sealed form. It is bound into each seal, so that a later form cannot be passed off as this one. */
export const sealVersion = 1;

export const sealKeyBytes = 32;
const nonceBytes = 12;
const tagBytes = 16;

/** A token's secret as it lies on the disk, with all that it is bound to. Times are milliseconds since 1970. */
export interface SealedToken {
  readonly clientId: string;
  readonly staffId: string;
  readonly provider: string;
  readonly subject: string;
  readonly method: KeptToken['method'];
  readonly expiresAt: number;
  readonly storedAt: number;
  /** In which the person authenticated. */
  readonly login: OsLogin;
  /** Nonce, ciphertext and tag in base64. */
  readonly sealed: string;
}

export type SealLabel = Omit<SealedToken, 'sealed'>;

/**
 * AES-256-GCM (NIST SP 800-38D) with a random 96-bit nonce. What the seal says about its token is authenticated with it:
 * nobody gives a token to another person or makes it live longer by editing the file.
 * SECURITY: test/unit/agent/tokens/token-stores.test.ts
 */
export function seal(secret: Uint8Array, label: SealLabel, key: Uint8Array): SealedToken {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes });
  cipher.setAAD(additionalData(label));
  const sealed = Buffer.concat([nonce, cipher.update(secret), cipher.final(), cipher.getAuthTag()]);
  return { ...label, sealed: sealed.toString('base64') };
}

/** Null for a seal that was made under another key or has been touched. */
export function unseal({ sealed, ...label }: SealedToken, key: Uint8Array): Uint8Array | null {
  const bytes = Buffer.from(sealed, 'base64');
  if (bytes.length < nonceBytes + tagBytes || key.length !== sealKeyBytes) return null;
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, nonceBytes), { authTagLength: tagBytes });
  decipher.setAAD(additionalData(label));
  decipher.setAuthTag(bytes.subarray(bytes.length - tagBytes));
  try {
    return Buffer.concat([decipher.update(bytes.subarray(nonceBytes, bytes.length - tagBytes)), decipher.final()]);
  } catch {
    return null;
  }
}

function additionalData({ clientId, staffId, provider, subject, method, expiresAt, storedAt, login }: SealLabel): Buffer {
  return Buffer.from(JSON.stringify([sealVersion, clientId, staffId, provider, subject, method, expiresAt, storedAt, login.session, login.bootedAt]), 'utf8');
}
