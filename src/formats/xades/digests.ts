import { hash } from 'node:crypto';

/** Views without copying; Buffer encodes far faster than a loop. */
export function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}

/** SHA-256 of bytes, or of the UTF-8 form of a text, in base64. */
export function sha256Base64(input: Uint8Array | string): string {
  return hash('sha256', input, 'base64');
}
