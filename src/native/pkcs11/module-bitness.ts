import { closeSync, openSync, readSync } from 'node:fs';

export type Bitness = 32 | 64;

/** `universal`: a macOS file that holds code for several processors. */
export type LibraryBitness = Bitness | 'universal' | 'not_a_library';

/** A module of another width than the process cannot be loaded: the usual cause of "module not found" on Windows. */
export const processBitness: Bitness = ['x64', 'arm64', 'ppc64', 'riscv64', 'loong64', 's390x'].includes(process.arch) ? 64 : 32;

/** Reads the head of a library: PE (Windows), ELF (Linux) or Mach-O (macOS). Throws when the file cannot be read. */
export function binaryBitness(path: string): LibraryBitness {
  const head = Buffer.alloc(4096);
  const file = openSync(path, 'r');
  try {
    return bitnessOfHead(head.subarray(0, readSync(file, head, 0, head.length, 0)));
  } finally {
    closeSync(file);
  }
}

/** `head`: the first 4,096 bytes of a file, or all where it is shorter. */
export function bitnessOfHead(head: Buffer): LibraryBitness {
  if (head.length < 64) return 'not_a_library';
  return elf(head) ?? machO(head) ?? portableExecutable(head) ?? 'not_a_library';
}

/** ELF: EI_CLASS is the fifth byte. */
function elf(head: Buffer): Bitness | undefined {
  if (head.readUInt32BE(0) !== 0x7f454c46) return undefined;
  if (head[4] === 1) return 32;
  return head[4] === 2 ? 64 : undefined;
}

function machO(head: Buffer): Bitness | 'universal' | undefined {
  switch (head.readUInt32BE(0)) {
    case 0xcefaedfe:
      return 32;
    case 0xcffaedfe:
      return 64;
    case 0xcafebabe:
    case 0xcafebabf:
      return 'universal';
    default:
      return undefined;
  }
}

/** PE: "MZ", the offset of "PE\0\0" at 0x3c, and the optional header's magic 24 bytes after it. */
function portableExecutable(head: Buffer): Bitness | undefined {
  if (head.toString('latin1', 0, 2) !== 'MZ') return undefined;
  const at = head.readUInt32LE(0x3c);
  if (at + 26 > head.length || head.readUInt32BE(at) !== 0x50450000) return undefined;
  const magic = head.readUInt16LE(at + 24);
  if (magic === 0x10b) return 32;
  return magic === 0x20b ? 64 : undefined;
}
