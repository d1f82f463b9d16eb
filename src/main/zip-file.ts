import { crc32, deflateRawSync } from 'node:zlib';

export interface ZipEntry {
  /** Plain ASCII. */
  readonly name: string;
  readonly content: Uint8Array;
}

const entrySignature = 0x04034b50;
const directorySignature = 0x02014b50;
const endSignature = 0x06054b50;
/** 2.0: deflate. */
const zipVersion = 20;
const deflated = 8;

/** A ZIP archive (PKWARE APPNOTE 6.3.10, §4.3), deflated, for a handful of small files. */
export function writeZip(entries: readonly ZipEntry[], at: Date): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { name, content } of entries) {
    const packed = deflateRawSync(content);
    const path = Buffer.from(name, 'ascii');
    const common = Buffer.alloc(26);
    common.writeUInt16LE(zipVersion, 0);
    common.writeUInt16LE(deflated, 4);
    common.writeUInt16LE(dosTime(at), 6);
    common.writeUInt16LE(dosDate(at), 8);
    common.writeUInt32LE(crc32(content), 10);
    common.writeUInt32LE(packed.length, 14);
    common.writeUInt32LE(content.length, 18);
    common.writeUInt16LE(path.length, 22);
    const entry = [word(entrySignature), common, path, packed];
    const whereItLies = Buffer.alloc(14);
    whereItLies.writeUInt32LE(offset, 10);
    directory.push(word(directorySignature), half(zipVersion), common, whereItLies, path);
    parts.push(...entry);
    offset += entry.reduce((sum, part) => sum + part.length, 0);
  }
  const listing = Buffer.concat(directory);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(entries.length, 4);
  end.writeUInt16LE(entries.length, 6);
  end.writeUInt32LE(listing.length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...parts, listing, word(endSignature), end]);
}

function word(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function half(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}

function dosTime(at: Date): number {
  return (at.getHours() << 11) | (at.getMinutes() << 5) | (at.getSeconds() >> 1);
}

function dosDate(at: Date): number {
  return ((at.getFullYear() - 1980) << 9) | ((at.getMonth() + 1) << 5) | at.getDate();
}
