import { verify, type KeyObject } from 'node:crypto';
import type { PublicKeyInfo } from './public-key.ts';

/** What a certificate and a CRL have in common: signed bytes, an algorithm and a signature. */
export interface SignedData {
  readonly tbs: Uint8Array;
  readonly signatureAlgorithm: string;
  readonly signatureAlgorithmDer: Uint8Array;
  readonly signature: Uint8Array;
}

export interface VerificationKey {
  readonly keyInfo: PublicKeyInfo;
  readonly publicKey: KeyObject;
}

/** `refused`: an algorithm or key below the bar, whatever its signature says. */
export type SignatureAnswer = 'good' | 'bad' | 'refused';

interface Algorithm {
  readonly key: 'rsa' | 'ec';
  readonly hash: 'sha256' | 'sha384' | 'sha512';
}

// SECURITY: an allow-list; SHA-1 and MD5 are not on it (test/unit/formats/pki/path.test.ts).
const accepted: ReadonlyMap<string, Algorithm> = new Map([
  ['1.2.840.113549.1.1.11', { key: 'rsa', hash: 'sha256' }],
  ['1.2.840.113549.1.1.12', { key: 'rsa', hash: 'sha384' }],
  ['1.2.840.113549.1.1.13', { key: 'rsa', hash: 'sha512' }],
  ['1.2.840.10045.4.3.2', { key: 'ec', hash: 'sha256' }],
  ['1.2.840.10045.4.3.3', { key: 'ec', hash: 'sha384' }],
  ['1.2.840.10045.4.3.4', { key: 'ec', hash: 'sha512' }],
]);

/** P-256, P-384, P-521. */
const acceptedCurves: ReadonlySet<string> = new Set(['1.2.840.10045.3.1.7', '1.3.132.0.34', '1.3.132.0.35']);

export function isAcceptedAlgorithm(signed: Pick<SignedData, 'signatureAlgorithm'>): boolean {
  return accepted.has(signed.signatureAlgorithm);
}

/**
 * RSA from 2048 bits, EC on the curves P-256 and up.
 * SECURITY: RSA above 8192 bits is refused too, it only serves to keep a verifier busy (test/unit/formats/pki/path.test.ts).
 */
export function isAcceptedKey(key: PublicKeyInfo): boolean {
  switch (key.kind) {
    case 'rsa':
      return key.bits >= 2048 && key.bits <= 8192 && isSaneExponent(key.exponent);
    case 'ec':
      return acceptedCurves.has(key.curve);
    case 'other':
      return false;
  }
}

/** Odd, from 3 up to 32 bits. An exponent of 1 would make every padded text its own signature. */
function isSaneExponent(exponent: Uint8Array): boolean {
  const last = exponent.at(-1) ?? 0;
  return exponent.length <= 4 && last % 2 === 1 && (exponent.length > 1 || last >= 3);
}

/** By the signer's key alone: whether the signer may sign this is for the path to say. Throws nothing. */
export function verifySignedData(signed: SignedData, signer: VerificationKey): SignatureAnswer {
  const algorithm = accepted.get(signed.signatureAlgorithm);
  if (algorithm === undefined || !isAcceptedKey(signer.keyInfo)) return 'refused';
  if (algorithm.key !== signer.keyInfo.kind) return 'bad';
  try {
    return verify(algorithm.hash, signed.tbs, signer.publicKey, signed.signature) ? 'good' : 'bad';
  } catch {
    // A point off its curve and the like: the platform will not take the key, so nothing it signed is good.
    return 'bad';
  }
}
