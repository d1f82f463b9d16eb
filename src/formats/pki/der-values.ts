import { DerError, expectTag, tags, type DerElement } from './der.ts';

/** Values of X.690 §8 and §11, read strictly. All throw DerError. */

export function readBoolean(element: DerElement, tag: number = tags.boolean): boolean {
  expectTag(element, tag);
  const value = element.content[0];
  if (element.content.length !== 1 || (value !== 0x00 && value !== 0xff)) throw bad(element, 'BOOLEAN is neither 00 nor FF');
  return value === 0xff;
}

/** INTEGER of any size. */
export function readInteger(element: DerElement, tag: number = tags.integer): bigint {
  const content = integerContent(element, tag);
  const magnitude = BigInt(`0x${Buffer.from(content).toString('hex')}`);
  return (content[0] ?? 0) & 0x80 ? magnitude - (1n << BigInt(content.length * 8)) : magnitude;
}

/** INTEGER that fits a small non-negative number (versions, path lengths, reason codes). */
export function readSmallInteger(element: DerElement, tag: number = tags.integer): number {
  const value = readInteger(element, tag);
  if (value < 0n || value > 0x7fff_ffffn) throw bad(element, 'INTEGER is out of range');
  return Number(value);
}

/** Big-endian bytes of a positive INTEGER, without the sign octet. */
export function readPositiveBytes(element: DerElement): Uint8Array {
  const content = integerContent(element, tags.integer);
  const first = content[0] ?? 0;
  if (first & 0x80 || (content.length === 1 && first === 0)) throw bad(element, 'INTEGER is not positive');
  return first === 0 ? content.subarray(1) : content;
}

function integerContent(element: DerElement, tag: number): Uint8Array {
  expectTag(element, tag);
  const { content } = element;
  const first = content[0];
  const second = content[1];
  if (first === undefined) throw bad(element, 'INTEGER is empty');
  if (second !== undefined && ((first === 0x00 && second < 0x80) || (first === 0xff && second >= 0x80))) {
    throw bad(element, 'INTEGER is not in its shortest form');
  }
  return content;
}

/** Dotted form. Arcs may be of any size up to 128 bit (2.25 holds UUIDs). */
export function readOid(element: DerElement, tag: number = tags.oid): string {
  expectTag(element, tag);
  const { content } = element;
  if (content.length === 0) throw bad(element, 'OBJECT IDENTIFIER is empty');
  if (content.length > 128) throw bad(element, 'OBJECT IDENTIFIER is too long');
  const arcs: bigint[] = [];
  let arc = 0n;
  let octets = 0;
  for (const octet of content) {
    if (octets === 0 && octet === 0x80) throw bad(element, 'an arc of the OBJECT IDENTIFIER is not in its shortest form');
    octets += 1;
    if (octets > 19) throw bad(element, 'an arc of the OBJECT IDENTIFIER is too large');
    arc = (arc << 7n) | BigInt(octet & 0x7f);
    if ((octet & 0x80) === 0) {
      arcs.push(arc);
      arc = 0n;
      octets = 0;
    }
  }
  const first = arcs[0];
  if (octets !== 0 || first === undefined) throw bad(element, 'OBJECT IDENTIFIER is cut off');
  const root = first < 80n ? first / 40n : 2n;
  return [root, first - root * 40n, ...arcs.slice(1)].join('.');
}

export interface BitString {
  readonly bytes: Uint8Array;
  readonly unusedBits: number;
}

/** Unused bits are zero (X.690 §11.2.1). */
export function readBitString(element: DerElement, tag: number = tags.bitString): BitString {
  expectTag(element, tag);
  const unusedBits = element.content[0];
  const bytes = element.content.subarray(1);
  if (unusedBits === undefined || unusedBits > 7 || (bytes.length === 0 && unusedBits !== 0)) {
    throw bad(element, 'BIT STRING has a wrong count of unused bits');
  }
  const last = bytes.at(-1) ?? 0;
  if ((last & ((1 << unusedBits) - 1)) !== 0) throw bad(element, 'unused bits of the BIT STRING are not zero');
  return { bytes, unusedBits };
}

/** BIT STRING of whole bytes: signatures and keys. */
export function readBitStringBytes(element: DerElement): Uint8Array {
  const { bytes, unusedBits } = readBitString(element);
  if (unusedBits !== 0) throw bad(element, 'BIT STRING is not made of whole bytes');
  return bytes;
}

/** Numbers of the bits that are set, as a NamedBitList counts them (bit 0 is the first). */
export function readNamedBits(element: DerElement, tag: number = tags.bitString): ReadonlySet<number> {
  const { bytes } = readBitString(element, tag);
  if (bytes.length > 4) throw bad(element, 'the list of bits is too long');
  const set = new Set<number>();
  bytes.forEach((octet, index) => {
    for (let bit = 0; bit < 8; bit += 1) if (octet & (0x80 >> bit)) set.add(index * 8 + bit);
  });
  return set;
}

/** The content itself, not a copy. */
export function readOctetString(element: DerElement, tag: number = tags.octetString): Uint8Array {
  expectTag(element, tag);
  return element.content;
}

/** UTCTime or GeneralizedTime in the forms of RFC 5280 §4.1.2.5: seconds, Z, no fraction. */
export function readTime(element: DerElement): Date {
  const text = ascii(element);
  if (element.tag === tags.utcTime) {
    const year = Number(text.slice(0, 2));
    // RFC 5280 §4.1.2.5.1: 50 to 99 are 19YY, 00 to 49 are 20YY.
    return calendarTime(element, `${year >= 50 ? '19' : '20'}${text}`);
  }
  if (element.tag === tags.generalizedTime) return calendarTime(element, text);
  throw new DerError('unexpected-tag', element.offset, 'a time was expected');
}

function calendarTime(element: DerElement, text: string): Date {
  const match = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  if (match === null) throw bad(element, 'the time is not in the form YYMMDDHHMMSSZ or YYYYMMDDHHMMSSZ');
  const iso = `${match.slice(1, 4).join('-')}T${match.slice(4, 7).join(':')}.000Z`;
  const time = new Date(iso);
  // Date accepts 30 February as 1 March; a certificate must not.
  if (Number.isNaN(time.getTime()) || time.toISOString() !== iso) throw bad(element, 'the time does not exist');
  return time;
}

// SECURITY: fatal, and the BOM is kept, so that no two encodings read as one string (test/unit/formats/pki/der.test.ts).
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const utf16 = new TextDecoder('utf-16be', { fatal: true, ignoreBOM: true });

/** Tags that readString accepts. */
export const stringTags: ReadonlySet<number> = new Set([
  tags.utf8String, tags.numericString, tags.printableString, tags.teletexString,
  tags.ia5String, tags.visibleString, tags.universalString, tags.bmpString,
]);

/** Of any kind in {@link stringTags}; bytes that the encoding of its kind does not have are refused. */
export function readString(element: DerElement): string {
  switch (element.tag) {
    case tags.utf8String:
      return decode(element, utf8);
    case tags.bmpString:
      return decode(element, utf16);
    case tags.universalString:
      return utf32(element);
    case tags.teletexString:
      // T.61 in practice means Latin-1 in every issuer's certificates.
      return Buffer.from(element.content).toString('latin1');
    case tags.numericString:
    case tags.printableString:
    case tags.ia5String:
    case tags.visibleString:
      return ascii(element);
    default:
      throw new DerError('unexpected-tag', element.offset, 'a string was expected');
  }
}

function decode(element: DerElement, decoder: InstanceType<typeof TextDecoder>): string {
  try {
    return decoder.decode(element.content);
  } catch {
    throw bad(element, 'the string is not validly encoded');
  }
}

function utf32(element: DerElement): string {
  const { content } = element;
  if (content.length % 4 !== 0) throw bad(element, 'the string is not validly encoded');
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
  let text = '';
  for (let at = 0; at < content.length; at += 4) {
    const point = view.getUint32(at);
    if (point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) throw bad(element, 'the string is not validly encoded');
    text += String.fromCodePoint(point);
  }
  return text;
}

/** Content of any primitive element as ASCII. */
export function ascii(element: DerElement): string {
  if (element.content.some((octet) => octet > 0x7e || octet < 0x20)) throw bad(element, 'the string is not printable ASCII');
  return Buffer.from(element.content).toString('latin1');
}

function bad(element: DerElement, detail: string): DerError {
  return new DerError('bad-value', element.offset, detail);
}
