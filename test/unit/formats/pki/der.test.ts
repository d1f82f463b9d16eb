import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { children, contextConstructed, DerCursor, DerError, readDer, tags, type DerElement, type DerProblem } from '../../../../src/formats/pki/der.ts';
import {
  readBitString,
  readBoolean,
  readInteger,
  readNamedBits,
  readOid,
  readPositiveBytes,
  readString,
  readTime,
} from '../../../../src/formats/pki/der-values.ts';
import {
  writeBitString,
  writeElement,
  writeExplicit,
  writeInteger,
  writeNamedBits,
  writeNull,
  writeOid,
  writeSequence,
  writeSetOf,
  writeString,
  writeTime,
} from '../../../../src/formats/pki/der-writer.ts';

const hex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text.replaceAll(' ', ''), 'hex'));
const read = (text: string): DerElement => readDer(hex(text), 1024);

function problemOf(act: () => unknown): DerProblem | 'none' {
  try {
    act();
    return 'none';
  } catch (error) {
    if (error instanceof DerError) return error.problem;
    throw error;
  }
}

describe('reading DER', () => {
  it.each<[string, DerProblem]>([
    ['', 'truncated'],
    ['30', 'truncated'],
    ['30 02 05', 'truncated'],
    ['30 82 01', 'truncated'],
    ['05 00 00', 'trailing-bytes'],
    ['30 80 05 00 00 00', 'indefinite-length'],
    ['04 81 01 00', 'length-not-minimal'],
    ['04 82 00 80', 'length-not-minimal'],
    ['04 85 01 00 00 00 00', 'too-large'],
    ['1f 81 00 00', 'tag-not-supported'],
  ])('refuses %j as %s', (bytes, problem) => {
    expect(problemOf(() => read(bytes))).toBe(problem);
  });

  it('refuses a length that lies about more bytes than there are', () => {
    expect(problemOf(() => read('04 84 7f ff ff ff 00'))).toBe('truncated');
  });

  it('refuses more bytes than the caller allows, before looking at them', () => {
    expect(problemOf(() => readDer(new Uint8Array(11), 10))).toBe('too-large');
  });

  it('gives up on elements nested deeper than any certificate', () => {
    let nested = writeNull();
    for (let i = 0; i < 200; i += 1) nested = writeSequence(nested);
    const descend = (element: DerElement): void => children(element, tags.sequence).forEach(descend);
    expect(problemOf(() => descend(readDer(nested, 4096)))).toBe('too-deep');
  });

  it('tells where in the input an error lies', () => {
    const sequence = read('30 06 02 01 05 01 01 07');
    const cursor = new DerCursor(sequence, tags.sequence);
    cursor.next();
    expect(() => readBoolean(cursor.next())).toThrow(expect.objectContaining({ offset: 5, problem: 'bad-value' }));
  });

  it('names a missing and a superfluous element', () => {
    const cursor = new DerCursor(read('30 02 05 00'), tags.sequence);
    expect(problemOf(() => cursor.end())).toBe('trailing-bytes');
    cursor.next();
    expect(problemOf(() => cursor.next())).toBe('missing-element');
    expect(problemOf(() => cursor.end())).toBe('none');
  });

  it('does not look for elements inside a primitive one', () => {
    expect(problemOf(() => children(read('04 02 05 00'), tags.octetString))).toBe('unexpected-tag');
  });
});

describe('values', () => {
  it.each([
    ['02 00', 'an empty INTEGER'],
    ['02 02 00 7f', 'an INTEGER with a superfluous zero'],
    ['02 02 ff 80', 'a negative INTEGER with a superfluous octet'],
  ])('refuses %s: %s', (bytes) => {
    expect(problemOf(() => readInteger(read(bytes)))).toBe('bad-value');
  });

  it('reads a modulus without its sign octet and refuses what is not positive', () => {
    expect(readPositiveBytes(read('02 02 00 ff'))).toEqual(hex('ff'));
    expect(problemOf(() => readPositiveBytes(read('02 01 00')))).toBe('bad-value');
    expect(problemOf(() => readPositiveBytes(read('02 01 80')))).toBe('bad-value');
  });

  it.each(['01 01 01', '01 00', '01 02 ff ff'])('refuses the BOOLEAN %s', (bytes) => {
    expect(problemOf(() => readBoolean(read(bytes)))).toBe('bad-value');
  });

  it.each(['06 00', '06 02 2a 80', '06 03 2a 80 01', `06 15 2a ${'ff '.repeat(19)} 7f`])('refuses the OID %s', (bytes) => {
    expect(problemOf(() => readOid(read(bytes)))).toBe('bad-value');
  });

  it.each(['03 00', '03 02 08 00', '03 01 01', '03 02 03 07'])('refuses the BIT STRING %s', (bytes) => {
    expect(problemOf(() => readBitString(read(bytes)))).toBe('bad-value');
  });

  it('counts named bits from the left', () => {
    expect([...readNamedBits(read('03 02 01 06'))]).toEqual([5, 6]);
    expect([...readNamedBits(read('03 02 06 40'))]).toEqual([1]);
  });

  it.each([
    ['260230000000Z', '30 February'],
    ['261301000000Z', 'month 13'],
    ['260101240000Z', 'hour 24'],
    ['2601010000Z', 'no seconds'],
    ['260101000000+0900', 'a zone'],
    ['260101000000', 'no zone'],
  ])('refuses the time %s: %s', (text) => {
    expect(problemOf(() => readTime(readDer(writeString(tags.utcTime, text), 64)))).toBe('bad-value');
  });

  it('places two-digit years between 1950 and 2049', () => {
    const year = (text: string): number => readTime(readDer(writeString(tags.utcTime, text), 64)).getUTCFullYear();
    expect(year('500101000000Z')).toBe(1950);
    expect(year('491231235959Z')).toBe(2049);
  });

  it('refuses strings that are not validly encoded, and keeps a byte order mark visible', () => {
    expect(problemOf(() => readString(read('0c 02 c0 80')))).toBe('bad-value');
    expect(problemOf(() => readString(read('1e 02 d8 00')))).toBe('bad-value');
    expect(problemOf(() => readString(read('1e 01 00')))).toBe('bad-value');
    expect(problemOf(() => readString(read('1c 04 00 11 00 00')))).toBe('bad-value');
    expect(problemOf(() => readString(read('13 01 00')))).toBe('bad-value');
    expect(readString(read('0c 04 ef bb bf 41'))).toBe('\ufeffA');
  });

  it('reads each string type', () => {
    expect(readString(read('0c 03 e9 ab 99'))).toBe('髙');
    expect(readString(read('1e 02 9a d8'))).toBe('高');
    expect(readString(read('1c 04 00 02 0b b7'))).toBe('𠮷');
    expect(readString(read('14 01 e9'))).toBe('é');
    expect(readString(read('13 02 4a 50'))).toBe('JP');
  });
});

describe('writing DER', () => {
  it('reads back every INTEGER it writes', () => {
    fc.assert(
      fc.property(fc.bigInt(), (value) => {
        expect(readInteger(readDer(writeInteger(value), 4096))).toBe(value);
      }),
    );
  });

  it('reads back every OID it writes', () => {
    const arcs = fc.array(fc.bigInt({ min: 0n, max: (1n << 128n) - 1n }), { maxLength: 6 });
    fc.assert(
      fc.property(fc.nat(2), fc.nat(39), arcs, (root, second, rest) => {
        const dotted = [root, second, ...rest].join('.');
        expect(readOid(readDer(writeOid(dotted), 4096))).toBe(dotted);
      }),
    );
  });

  it('reads back every time it writes, to the second', () => {
    fc.assert(
      fc.property(fc.integer({ min: -631_152_000, max: 253_402_300_799 }), (seconds) => {
        const time = new Date(seconds * 1000);
        expect(readTime(readDer(writeTime(time), 64))).toEqual(time);
      }),
    );
  });

  it('reads back every list of bits and every nesting of content', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(31)), fc.uint8Array({ maxLength: 70_000 }), (bits, bytes) => {
        expect([...readNamedBits(readDer(writeNamedBits(bits), 64))].sort()).toEqual(bits.toSorted());
        const nested = readDer(writeExplicit(3, writeBitString(bytes)), 80_000);
        const [inner] = children(nested, contextConstructed(3));
        expect(inner === undefined ? undefined : readBitString(inner).bytes).toEqual(bytes);
      }),
      { numRuns: 50 },
    );
  });

  it('puts the members of a SET OF in the order of their encodings', () => {
    const members = [writeElement(0x04, hex('02')), writeElement(0x04, hex('01')), writeElement(0x02, hex('07'))];
    expect(Buffer.from(writeSetOf(members)).toString('hex')).toBe('3109020107040101040102');
  });
});
