/**
 * How PC/SC lays its values out in memory. The API is the same functions everywhere; widths,
 * packing, names and text differ:
 *
 * | | Windows (winscard.h) | Linux (pcsclite.h) | macOS (PCSC.framework) |
 * |---|---|---|---|
 * | LONG, DWORD | 4 | 8 (C long) | 4 |
 * | SCARDCONTEXT, SCARDHANDLE | 8 (ULONG_PTR) | 8 | 4 |
 * | SCARD_READERSTATE | 64, rgbAtr[36] | 80, rgbAtr[33] | 61, packed, rgbAtr[33] |
 * | SCARD_PROTOCOL_RAW | 0x10000 | 4 | 4 |
 * | SCARD_CTL_CODE(n) | 0x310000 + 4n | 0x42000000 + n | 0x42000000 + n |
 * | SCardControl | SCardControl | SCardControl | SCardControl132 |
 *
 * Only 64-bit processes, which are the only ones that the runtime exists for.
 */

export interface ReaderStateLayout {
  readonly size: number;
  /** szReader is at 0 and pvUserData at 8, both pointers, everywhere. */
  readonly currentState: number;
  readonly eventState: number;
  readonly atrLength: number;
  readonly atr: number;
  readonly maxAtr: number;
}

export interface PlatformAbi {
  /** By which the system's loader finds PC/SC. */
  readonly fileName: string;
  /** Functions that take text have a W name and UTF-16; elsewhere UTF-8. */
  readonly wide: boolean;
  readonly dwordBytes: 4 | 8;
  readonly handleBytes: 4 | 8;
  readonly readerState: ReaderStateLayout;
  /** SCARD_IO_REQUEST is two DWORDs: dwProtocol, cbPciLength. */
  readonly ioRequestBytes: 8 | 16;
  readonly protocolRaw: number;
  controlCode(code: number): number;
  /** macOS keeps the bare name for a function of before pcsc-lite 1.3.2, which takes no control code. */
  readonly controlName: 'SCardControl' | 'SCardControl132';
  /** `\\?PnP?\Notification` tells of readers that come and go. */
  readonly hasPnpReader: boolean;
}

export const windowsAbi: PlatformAbi = {
  fileName: 'winscard.dll',
  wide: true,
  dwordBytes: 4,
  handleBytes: 8,
  readerState: { size: 64, currentState: 16, eventState: 20, atrLength: 24, atr: 28, maxAtr: 36 },
  ioRequestBytes: 8,
  protocolRaw: 0x10000,
  controlCode: (code) => 0x310000 + 4 * code,
  controlName: 'SCardControl',
  hasPnpReader: true,
};

export const linuxAbi: PlatformAbi = {
  fileName: 'libpcsclite.so.1',
  wide: false,
  dwordBytes: 8,
  handleBytes: 8,
  readerState: { size: 80, currentState: 16, eventState: 24, atrLength: 32, atr: 40, maxAtr: 33 },
  ioRequestBytes: 16,
  protocolRaw: 4,
  controlCode: (code) => 0x42000000 + code,
  controlName: 'SCardControl',
  hasPnpReader: true,
};

export const macosAbi: PlatformAbi = {
  fileName: '/System/Library/Frameworks/PCSC.framework/PCSC',
  wide: false,
  dwordBytes: 4,
  handleBytes: 4,
  readerState: { size: 61, currentState: 16, eventState: 20, atrLength: 24, atr: 28, maxAtr: 33 },
  ioRequestBytes: 8,
  protocolRaw: 4,
  controlCode: (code) => 0x42000000 + code,
  controlName: 'SCardControl132',
  hasPnpReader: false,
};

export function abiOf(platform: NodeJS.Platform): PlatformAbi | undefined {
  if (platform === 'win32') return windowsAbi;
  if (platform === 'linux') return linuxAbi;
  if (platform === 'darwin') return macosAbi;
  return undefined;
}
