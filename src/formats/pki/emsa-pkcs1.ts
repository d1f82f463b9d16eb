import { constants, publicDecrypt, type KeyObject } from 'node:crypto';

/** DigestInfo of SHA-256 up to the hash (RFC 8017 §9.2 note 1). */
const sha256DigestInfoPrefix = Buffer.from('3031300d060960864801650304020105000420', 'hex');

/** DER of DigestInfo for a SHA-256 hash: 51 bytes. */
export function digestInfo(hash: Uint8Array): Uint8Array {
  if (hash.length !== 32) throw new RangeError(`a SHA-256 hash has 32 bytes, not ${hash.length}`);
  return Uint8Array.from([...sha256DigestInfoPrefix, ...hash]);
}

/** EMSA-PKCS1-v1_5 (RFC 8017 §9.2): 00 01 FF … FF 00 DigestInfo, as long as the modulus. */
export function emsaPkcs1Block(hash: Uint8Array, modulusLength: number): Uint8Array {
  const info = digestInfo(hash);
  if (modulusLength < info.length + 11) throw new RangeError(`a modulus of ${modulusLength} bytes is too short`);
  const block = new Uint8Array(modulusLength).fill(0xff);
  block[0] = 0x00;
  block[1] = 0x01;
  block[modulusLength - info.length - 1] = 0x00;
  block.set(info, modulusLength - info.length);
  return block;
}

/** Length of an RSA key's modulus in bytes, or undefined for another kind of key. */
export function rsaModulusLength(key: KeyObject): number | undefined {
  const bits = key.asymmetricKeyType === 'rsa' ? key.asymmetricKeyDetails?.modulusLength : undefined;
  return bits === undefined ? undefined : Math.ceil(bits / 8);
}

/** RSASSA-PKCS1-v1_5 verification (RFC 8017 §8.2.2) by comparing whole blocks; nothing is parsed out of the signature. */
export function signatureHolds(key: KeyObject, hash: Uint8Array, signature: Uint8Array): boolean {
  const length = rsaModulusLength(key);
  if (length === undefined || signature.length !== length) return false;
  try {
    const block = publicDecrypt({ key, padding: constants.RSA_NO_PADDING }, signature);
    return block.equals(emsaPkcs1Block(hash, length));
  } catch {
    // OpenSSL refuses a value that is not below the modulus: no signature of this key.
    return false;
  }
}
