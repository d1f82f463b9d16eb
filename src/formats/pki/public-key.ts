import { DerCursor, readNested, tags, type DerElement } from './der.ts';
import { readBitStringBytes, readOid, readPositiveBytes } from './der-values.ts';

/** What SubjectPublicKeyInfo says about a key (RFC 3279, RFC 5480). Big-endian bytes. */
export type PublicKeyInfo =
  | { readonly kind: 'rsa'; readonly modulus: Uint8Array; readonly exponent: Uint8Array; readonly bits: number }
  | { readonly kind: 'ec'; readonly curve: string; readonly point: Uint8Array }
  | { readonly kind: 'other'; readonly algorithm: string };

const rsaEncryption = '1.2.840.113549.1.1.1';
const ecPublicKey = '1.2.840.10045.2.1';

/** SubjectPublicKeyInfo (RFC 5280 §4.1.2.7). Throws DerError; an algorithm that nobody here uses is no error. */
export function readPublicKeyInfo(element: DerElement): PublicKeyInfo {
  const cursor = new DerCursor(element, tags.sequence);
  const algorithm = new DerCursor(cursor.next(), tags.sequence);
  const oid = readOid(algorithm.next());
  const key = cursor.next(tags.bitString);
  cursor.end();
  if (oid === rsaEncryption) {
    const numbers = new DerCursor(readNested(key, readBitStringBytes(key)), tags.sequence);
    const modulus = readPositiveBytes(numbers.next());
    const exponent = readPositiveBytes(numbers.next());
    numbers.end();
    return { kind: 'rsa', modulus, exponent, bits: modulus.length * 8 - Math.clz32(modulus[0] ?? 0) + 24 };
  }
  // Curves written out in full instead of named are refused by RFC 5480 §2.1.1; they stay `other`.
  if (oid === ecPublicKey && algorithm.nextTag === tags.oid) {
    return { kind: 'ec', curve: readOid(algorithm.next()), point: readBitStringBytes(key) };
  }
  return { kind: 'other', algorithm: oid };
}
