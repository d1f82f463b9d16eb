import { contextConstructed, tags } from './der.ts';

/** DER encodings for what the product itself writes, and for test certificates. Inputs are the program's own. */

export function writeElement(tag: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const content = Buffer.concat(parts);
  return new Uint8Array(Buffer.concat([Uint8Array.of(tag, ...lengthOctets(content.length)), content]));
}

function lengthOctets(length: number): readonly number[] {
  if (length < 0x80) return [length];
  const octets: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) octets.unshift(rest % 256);
  return [0x80 | octets.length, ...octets];
}

export const writeSequence = (...parts: readonly Uint8Array[]): Uint8Array => writeElement(tags.sequence, ...parts);

/** SET OF: members in ascending order of their encodings (X.690 §11.6); for SETs of context tags that is tag order too. */
export const writeSetOf = (members: readonly Uint8Array[]): Uint8Array =>
  writeElement(tags.set, ...members.toSorted((a, b) => Buffer.compare(a, b)));

/** `[n] EXPLICIT`, or IMPLICIT when `content` is the content of a constructed type. */
export const writeExplicit = (n: number, ...content: readonly Uint8Array[]): Uint8Array =>
  writeElement(contextConstructed(n), ...content);

/** Changes the outer tag: IMPLICIT tagging. */
export function retag(tag: number, element: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(element);
  copy[0] = tag;
  return copy;
}

export const writeNull = (): Uint8Array => writeElement(tags.null);

export const writeBoolean = (value: boolean): Uint8Array => writeElement(tags.boolean, Uint8Array.of(value ? 0xff : 0x00));

/** Two's complement in as few octets as it takes (X.690 §8.3). */
export function writeInteger(value: bigint | number, tag: number = tags.integer): Uint8Array {
  let rest = BigInt(value);
  const octets: number[] = [];
  do {
    octets.unshift(Number(rest & 0xffn));
    rest >>= 8n;
  } while (!((rest === 0n && (octets[0] ?? 0) < 0x80) || (rest === -1n && (octets[0] ?? 0) >= 0x80)));
  return writeElement(tag, Uint8Array.from(octets));
}

/** From dotted decimal (X.690 §8.19). */
export function writeOid(dotted: string): Uint8Array {
  const [root = 0n, second = 0n, ...others] = dotted.split('.').map(BigInt);
  const octets = [root * 40n + second, ...others].flatMap((arc) => {
    const groups = [Number(arc & 0x7fn)];
    for (let rest = arc >> 7n; rest > 0n; rest >>= 7n) groups.unshift(0x80 | Number(rest & 0x7fn));
    return groups;
  });
  return writeElement(tags.oid, Uint8Array.from(octets));
}

/** UTF8String, PrintableString and the other tags whose content is UTF-8 or a part of it. */
export const writeString = (tag: number, text: string): Uint8Array => writeElement(tag, Buffer.from(text, 'utf8'));

export const writeOctetString = (bytes: Uint8Array): Uint8Array => writeElement(tags.octetString, bytes);

/** BIT STRING of whole bytes. */
export const writeBitString = (bytes: Uint8Array): Uint8Array => writeElement(tags.bitString, Uint8Array.of(0), bytes);

/** NamedBitList: trailing zero bits are left out (X.690 §11.2.2). */
export function writeNamedBits(bits: readonly number[], tag: number = tags.bitString): Uint8Array {
  if (bits.length === 0) return writeElement(tag, Uint8Array.of(0));
  const highest = Math.max(...bits);
  const bytes = new Uint8Array(Math.floor(highest / 8) + 1);
  for (const bit of bits) bytes[Math.floor(bit / 8)] = (bytes[Math.floor(bit / 8)] ?? 0) | (0x80 >> (bit % 8));
  return writeElement(tag, Uint8Array.of(7 - (highest % 8)), bytes);
}

/** UTCTime up to 2049, GeneralizedTime from 2050 on (RFC 5280 §4.1.2.5). Milliseconds are dropped. */
export function writeTime(time: Date): Uint8Array {
  const digits = time.toISOString().replace(/\.\d+Z$/, 'Z').replace(/[-:T]/g, '');
  const year = time.getUTCFullYear();
  return year >= 1950 && year < 2050
    ? writeString(tags.utcTime, digits.slice(2))
    : writeString(tags.generalizedTime, digits);
}
