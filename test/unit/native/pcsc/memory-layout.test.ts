import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeMultiText, decodeReaderStates, encodeDword, encodeIoRequest, encodeReaderStates, encodeText, readDword, readHandle,
} from '../../../../src/native/pcsc/memory-layout.ts';
import { abiOf, linuxAbi, macosAbi, windowsAbi } from '../../../../src/native/pcsc/platform-abi.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const platforms = [['Windows', windowsAbi], ['Linux', linuxAbi], ['macOS', macosAbi]] as const;
const query = { reader: 'R', currentState: 0x0003_0022 };
const address = 0x1122_3344_5566_7788n;

describe('SCARD_READERSTATE', () => {
  it('is 64 bytes on Windows, with 32-bit DWORDs after two pointers', () => {
    const bytes = encodeReaderStates(windowsAbi, [query], [address]);
    expect(hex(bytes)).toBe(`8877665544332211${'00'.repeat(8)}22000300${'00'.repeat(4)}${'00'.repeat(4)}${'00'.repeat(36)}`);
    expect(bytes).toHaveLength(64);
  });

  it('is 80 bytes on Linux, with 64-bit DWORDs and padding after rgbAtr[33]', () => {
    const bytes = encodeReaderStates(linuxAbi, [query], [address]);
    expect(hex(bytes)).toBe(`8877665544332211${'00'.repeat(8)}2200030000000000${'00'.repeat(8)}${'00'.repeat(8)}${'00'.repeat(40)}`);
    expect(bytes).toHaveLength(80);
  });

  it('is 61 bytes on macOS, packed', () => {
    const bytes = encodeReaderStates(macosAbi, [query], [address]);
    expect(hex(bytes)).toBe(`8877665544332211${'00'.repeat(8)}22000300${'00'.repeat(4)}${'00'.repeat(4)}${'00'.repeat(33)}`);
    expect(bytes).toHaveLength(61);
  });

  it.each([
    ['Windows', windowsAbi, 64, 20, 24, 28],
    ['Linux', linuxAbi, 80, 24, 32, 40],
    ['macOS', macosAbi, 61, 20, 24, 28],
  ] as const)('on %s gives the second reader its own event state and ATR', (_name, abi, size, event, length, atr) => {
    const bytes = Buffer.alloc(2 * size);
    bytes.writeUInt32LE(0x0007_0022, size + event);
    bytes.writeUInt32LE(3, size + length);
    bytes.set([0x3b, 0x01, 0xff], size + atr);
    const [first, second] = decodeReaderStates(abi, [{ reader: 'A', currentState: 0 }, { reader: 'B', currentState: 0 }], bytes);
    expect(first).toEqual({ reader: 'A', eventState: 0, atr: new Uint8Array() });
    expect(second).toEqual({ reader: 'B', eventState: 0x0007_0022, atr: Uint8Array.of(0x3b, 0x01, 0xff) });
  });

  it.each(platforms)('on %s never reads an ATR beyond its field, whatever length is told', (_name, abi) => {
    fc.assert(fc.property(fc.integer({ min: 0, max: 0xffff_ffff }), (told) => {
      const bytes = encodeReaderStates(abi, [query], [address]);
      bytes.writeUInt32LE(told, abi.readerState.atrLength);
      const [answer] = decodeReaderStates(abi, [query], bytes);
      expect(answer?.atr).toHaveLength(Math.min(told, abi.readerState.maxAtr));
    }));
  });
});

describe('the other values', () => {
  it('SCARD_IO_REQUEST is two DWORDs, the second its own size', () => {
    expect(hex(encodeIoRequest(windowsAbi, 2))).toBe('0200000008000000');
    expect(hex(encodeIoRequest(macosAbi, 2))).toBe('0200000008000000');
    expect(hex(encodeIoRequest(linuxAbi, 2))).toBe('02000000000000001000000000000000');
  });

  it('handles have 64 bits on Windows and Linux and 32 on macOS', () => {
    const bytes = Buffer.from('ffeeddccbbaa9988', 'hex');
    expect(readHandle(windowsAbi, bytes)).toBe(0x8899_aabb_ccdd_eeffn);
    expect(readHandle(linuxAbi, bytes)).toBe(0x8899_aabb_ccdd_eeffn);
    expect(readHandle(macosAbi, bytes)).toBe(0xccdd_eeffn);
  });

  it('SCARD_PROTOCOL_RAW and SCARD_CTL_CODE(3400) are each platform\'s', () => {
    expect([windowsAbi, linuxAbi, macosAbi].map((abi) => abi.protocolRaw)).toEqual([0x10000, 4, 4]);
    expect([windowsAbi, linuxAbi, macosAbi].map((abi) => abi.controlCode(3400))).toEqual([0x313520, 0x42000d48, 0x42000d48]);
  });

  it.each(platforms)('on %s a DWORD comes back as it went', (_name, abi) => {
    fc.assert(fc.property(fc.integer({ min: 0, max: 0xffff_ffff }), (value) => {
      expect(readDword(abi, encodeDword(abi, value))).toBe(value);
    }));
  });

  it('reader names are UTF-16 on Windows and UTF-8 elsewhere, ended by zero', () => {
    expect(hex(encodeText(windowsAbi, 'カ1'))).toBe('ab3031000000');
    expect(hex(encodeText(linuxAbi, 'カ1'))).toBe('e382ab3100');
  });

  it.each(platforms)('on %s a list of names is read whatever the names are', (_name, abi) => {
    const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }).filter((text) => !text.includes('\0') && text.isWellFormed());
    fc.assert(fc.property(fc.array(name, { maxLength: 5 }), (names) => {
      const text = `${names.map((one) => `${one}\0`).join('')}\0`;
      const bytes = Buffer.concat([Buffer.from(text, abi.wide ? 'utf16le' : 'utf8'), Buffer.alloc(10, 0x41)]);
      const characters = abi.wide ? text.length : Buffer.byteLength(text);
      expect(decodeMultiText(abi, bytes, characters)).toEqual(names);
    }));
  });

  it('knows the three platforms and no other', () => {
    expect([abiOf('win32'), abiOf('linux'), abiOf('darwin'), abiOf('aix')]).toEqual([windowsAbi, linuxAbi, macosAbi, undefined]);
    expect([windowsAbi, linuxAbi, macosAbi].map((abi) => abi.hasPnpReader)).toEqual([true, true, false]);
  });
});
