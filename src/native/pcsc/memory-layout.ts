/** PC/SC's values to bytes and back, little-endian as every platform we run on is. Pure: no library is called. */
import type { PlatformAbi } from './platform-abi.ts';

/** One reader to be waited on, as SCardGetStatusChange takes it. */
export interface ReaderQuery {
  readonly reader: string;
  /** SCARD_STATE_* as last seen, with the event counter in the upper 16 bits; 0 (UNAWARE) asks for an answer at once. */
  readonly currentState: number;
}

export interface ReaderAnswer {
  readonly reader: string;
  readonly eventState: number;
  readonly atr: Uint8Array;
}

function writeUnsigned(to: Buffer, offset: number, bytes: 4 | 8, value: number | bigint): void {
  if (bytes === 4) to.writeUInt32LE(Number(value), offset);
  else to.writeBigUInt64LE(BigInt(value), offset);
}

/** A DWORD; counts and flags fit a number on every platform. */
export function readDword(abi: PlatformAbi, from: Buffer, offset = 0): number {
  return abi.dwordBytes === 4 ? from.readUInt32LE(offset) : Number(from.readBigUInt64LE(offset) & 0xffff_ffffn);
}

export function encodeDword(abi: PlatformAbi, value: number): Buffer {
  const bytes = Buffer.alloc(abi.dwordBytes);
  writeUnsigned(bytes, 0, abi.dwordBytes, value);
  return bytes;
}

/** SCARDCONTEXT or SCARDHANDLE. Signed on macOS, but only ever handed back as it was. */
export function readHandle(abi: PlatformAbi, from: Buffer): bigint {
  return abi.handleBytes === 4 ? BigInt(from.readUInt32LE(0)) : from.readBigUInt64LE(0);
}

/** Zero-terminated text. */
export function encodeText(abi: PlatformAbi, text: string): Buffer {
  return Buffer.from(`${text}\0`, abi.wide ? 'utf16le' : 'utf8');
}

/** A multi-string (SCardListReaders): texts that end with zero, and an empty one at the end. `characters` counts as the platform does. */
export function decodeMultiText(abi: PlatformAbi, bytes: Buffer, characters: number): readonly string[] {
  const text = abi.wide
    ? bytes.toString('utf16le', 0, characters * 2)
    : bytes.toString('utf8', 0, characters);
  const end = text.indexOf('\0\0');
  return (end === -1 ? text : text.slice(0, end)).split('\0').filter((name) => name !== '');
}

/** SCARD_IO_REQUEST: our own instead of the library's g_rgSCardT0Pci and its sisters, which are data symbols. */
export function encodeIoRequest(abi: PlatformAbi, protocol: number): Buffer {
  const bytes = Buffer.alloc(abi.ioRequestBytes);
  writeUnsigned(bytes, 0, abi.dwordBytes, protocol);
  writeUnsigned(bytes, abi.dwordBytes, abi.dwordBytes, abi.ioRequestBytes);
  return bytes;
}

/** An array of SCARD_READERSTATE. `names` are the addresses of the readers' texts, in the same order. */
export function encodeReaderStates(abi: PlatformAbi, queries: readonly ReaderQuery[], names: readonly bigint[]): Buffer {
  const { size, currentState } = abi.readerState;
  const bytes = Buffer.alloc(size * queries.length);
  queries.forEach((query, index) => {
    bytes.writeBigUInt64LE(names[index] ?? 0n, index * size);
    writeUnsigned(bytes, index * size + currentState, abi.dwordBytes, query.currentState >>> 0);
  });
  return bytes;
}

export function decodeReaderStates(abi: PlatformAbi, queries: readonly ReaderQuery[], bytes: Buffer): readonly ReaderAnswer[] {
  const { size, eventState, atrLength, atr, maxAtr } = abi.readerState;
  return queries.map(({ reader }, index) => {
    const at = index * size;
    const length = Math.min(readDword(abi, bytes, at + atrLength), maxAtr);
    return {
      reader,
      eventState: readDword(abi, bytes, at + eventState),
      atr: Uint8Array.from(bytes.subarray(at + atr, at + atr + length)),
    };
  });
}
