import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { binaryBitness, bitnessOfHead, processBitness } from '../../../../src/native/pkcs11/module-bitness.ts';

/** A PE head: "MZ", the offset of the PE header, its signature and the optional header's magic. */
function portableExecutable(magic: number): Buffer {
  const head = Buffer.alloc(512);
  head.write('MZ');
  head.writeUInt32LE(0x80, 0x3c);
  head.write('PE\0\0', 0x80, 'latin1');
  head.writeUInt16LE(magic, 0x80 + 24);
  return head;
}

const starting = (...bytes: number[]) => Buffer.concat([Buffer.from(bytes), Buffer.alloc(100)]);

describe('the width of a library', () => {
  it('is read from Windows, Linux and macOS files', () => {
    expect(bitnessOfHead(portableExecutable(0x10b))).toBe(32);
    expect(bitnessOfHead(portableExecutable(0x20b))).toBe(64);
    expect(bitnessOfHead(starting(0x7f, 0x45, 0x4c, 0x46, 1))).toBe(32);
    expect(bitnessOfHead(starting(0x7f, 0x45, 0x4c, 0x46, 2))).toBe(64);
    expect(bitnessOfHead(starting(0xce, 0xfa, 0xed, 0xfe))).toBe(32);
    expect(bitnessOfHead(starting(0xcf, 0xfa, 0xed, 0xfe))).toBe(64);
    expect(bitnessOfHead(starting(0xca, 0xfe, 0xba, 0xbe))).toBe('universal');
  });

  it('of the program that runs this test is the process\'s own', () => {
    expect([processBitness, 'universal']).toContain(binaryBitness(process.execPath));
  });

  it('is none for other files, whatever their bytes', () => {
    expect(bitnessOfHead(Buffer.from('#!/bin/sh\n'.repeat(20)))).toBe('not_a_library');
    expect(bitnessOfHead(Buffer.alloc(0))).toBe('not_a_library');
    const peBeyondTheEnd = portableExecutable(0x20b);
    peBeyondTheEnd.writeUInt32LE(0xfffffff0, 0x3c);
    expect(bitnessOfHead(peBeyondTheEnd)).toBe('not_a_library');
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect([32, 64, 'universal', 'not_a_library']).toContain(bitnessOfHead(Buffer.from(bytes)));
      }),
    );
  });
});
