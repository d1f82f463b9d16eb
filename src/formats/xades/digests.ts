import { hash } from 'node:crypto';

/** Views without copying; Buffer encodes far faster than a loop. */
export function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}

/** Bytes that are encoded at once, a multiple of three. */
const encodedAtOnce = 24 * 1024;

/** Base64 as ASCII bytes. Made piece by piece: strings of some hundred KB are slower to get memory for than to fill. */
export function toBase64Bytes(bytes: Uint8Array): Uint8Array {
  const encoded = Buffer.allocUnsafe(Math.ceil(bytes.length / 3) * 4);
  let written = 0;
  for (let from = 0; from < bytes.length; from += encodedAtOnce) {
    written += encoded.write(toBase64(bytes.subarray(from, from + encodedAtOnce)), written, 'latin1');
  }
  return encoded;
}

/** SHA-256 of bytes, or of the UTF-8 form of a text, in base64. */
export function sha256Base64(input: Uint8Array | string): string {
  return hash('sha256', input, 'base64');
}
