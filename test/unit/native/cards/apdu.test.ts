import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chainCommand, decodeResponse, encodeCommand } from '../../../../src/native/cards/apdu.ts';
import { parseCommand } from '../../../../src/sandbox/cards/card-command.ts';

const header = { cla: 0x00, ins: 0x2a, p1: 0x9e, p2: 0x9a };
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

describe('a command APDU', () => {
  it('has the four short cases of ISO/IEC 7816-4', () => {
    expect(hex(encodeCommand(header))).toBe('002a9e9a');
    expect(hex(encodeCommand({ ...header, le: 256 }))).toBe('002a9e9a00');
    expect(hex(encodeCommand({ ...header, data: Uint8Array.of(1, 2) }))).toBe('002a9e9a020102');
    expect(hex(encodeCommand({ ...header, data: Uint8Array.of(1, 2), le: 16 }))).toBe('002a9e9a02010210');
  });

  it('has the three extended cases', () => {
    const data = new Uint8Array(256).fill(7);
    expect(hex(encodeCommand({ ...header, le: 1302 }))).toBe('002a9e9a000516');
    expect(hex(encodeCommand({ ...header, data }))).toBe(`002a9e9a000100${'07'.repeat(256)}`);
    expect(hex(encodeCommand({ ...header, data, le: 65_536 }))).toBe(`002a9e9a000100${'07'.repeat(256)}0000`);
  });

  it('is read back by a card as what it was', () => {
    const commands = fc.record({
      cla: fc.constantFrom(0x00, 0x10, 0x80),
      ins: fc.nat(255),
      p1: fc.nat(255),
      p2: fc.nat(255),
      data: fc.uint8Array({ maxLength: 700 }),
      le: fc.option(fc.integer({ min: 1, max: 65_536 }), { nil: undefined }),
    });
    fc.assert(
      fc.property(commands, ({ le, ...command }) => {
        const parsed = parseCommand(encodeCommand({ ...command, ...(le === undefined ? {} : { le }) }));
        expect(parsed).toMatchObject({ ...command, data: command.data, le });
      }),
    );
  });

  it('does not exist for more data than Lc can say', () => {
    expect(() => encodeCommand({ ...header, data: new Uint8Array(65_536) })).toThrow(RangeError);
    expect(() => encodeCommand({ ...header, le: 0 })).toThrow(RangeError);
  });
});

describe('a chain', () => {
  it('carries the same data in short commands, all but the last marked', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 2000 }), (data) => {
        const links = chainCommand({ ...header, data, le: 65_536 });
        expect(Buffer.concat(links.map((link) => link.data ?? new Uint8Array())).equals(data)).toBe(true);
        for (const link of links) expect(encodeCommand(link).length).toBeLessThanOrEqual(5 + 255 + 1);
        expect(links.slice(0, -1).every((link) => link.cla === 0x10 && link.le === undefined)).toBe(true);
        expect(links.at(-1)).toMatchObject({ cla: 0x00 });
      }),
    );
  });
});

describe('a response APDU', () => {
  it('is data and a status word', () => {
    expect(decodeResponse(Uint8Array.of(1, 2, 0x90, 0x00))).toEqual({ data: Uint8Array.of(1, 2), sw: 0x9000 });
  });

  it('is nothing shorter than a status word and nothing longer than extended length', () => {
    expect(decodeResponse(Uint8Array.of(0x90))).toBeUndefined();
    expect(decodeResponse(new Uint8Array(65_539))).toBeUndefined();
  });
});
