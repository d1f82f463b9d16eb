import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { machineOfBinary } from '../../../scripts/machine-of-binary.mjs';

const bytes = (write: (buffer: Buffer) => void): Buffer => {
  const buffer = Buffer.alloc(256);
  write(buffer);
  return buffer;
};
const elf = (machine: number) => bytes((buffer) => { buffer.writeUInt32BE(0x7f454c46); buffer.writeUInt16LE(machine, 18); });
const pe = (machine: number, at = 128) => bytes((buffer) => { buffer.writeUInt16LE(0x5a4d); buffer.writeUInt32LE(at, 60); if (at < 250) { buffer.writeUInt32LE(0x4550, at); buffer.writeUInt16LE(machine, at + 4); } });
const macho = (cpu: number) => bytes((buffer) => { buffer.writeUInt32LE(0xfeedfacf); buffer.writeUInt32LE(cpu, 4); });

describe('the machine that a library is built for', () => {
  it.each([
    ['linux-x64', elf(62)], ['linux-arm64', elf(183)],
    ['win32-x64', pe(0x8664)], ['win32-arm64', pe(0xaa64)], ['win32-ia32', pe(0x14c)],
    ['darwin-x64', macho(0x01000007)], ['darwin-arm64', macho(0x0100000c)],
  ])('%s', (machine, file) => expect(machineOfBinary(file)).toBe(machine));

  it('is unknown where the file is empty, cut short, of another kind, or leads out of itself', () => {
    for (const file of [Buffer.alloc(0), elf(62).subarray(0, 10), Buffer.from('#!/bin/sh\n'.repeat(20)), elf(1), pe(0x8664, 0xffff)]) expect(machineOfBinary(file)).toBeNull();
  });

  it('is this machine’s own for the program that runs', () => {
    expect(machineOfBinary(readFileSync(process.execPath))).toBe(`${process.platform}-${process.arch}`);
  });
});
