/** PC/SC's return codes: their names for logs, and what they mean to the callers of this folder. */
import { SmartCardError } from './smart-card-service.ts';
import type { SmartCardErrorCode } from './smart-card-service.ts';

const names = {
  SCARD_F_INTERNAL_ERROR: 0x80100001,
  SCARD_E_CANCELLED: 0x80100002,
  SCARD_E_INVALID_HANDLE: 0x80100003,
  SCARD_E_INVALID_PARAMETER: 0x80100004,
  SCARD_E_INVALID_TARGET: 0x80100005,
  SCARD_E_NO_MEMORY: 0x80100006,
  SCARD_F_WAITED_TOO_LONG: 0x80100007,
  SCARD_E_INSUFFICIENT_BUFFER: 0x80100008,
  SCARD_E_UNKNOWN_READER: 0x80100009,
  SCARD_E_TIMEOUT: 0x8010000a,
  SCARD_E_SHARING_VIOLATION: 0x8010000b,
  SCARD_E_NO_SMARTCARD: 0x8010000c,
  SCARD_E_UNKNOWN_CARD: 0x8010000d,
  SCARD_E_CANT_DISPOSE: 0x8010000e,
  SCARD_E_PROTO_MISMATCH: 0x8010000f,
  SCARD_E_NOT_READY: 0x80100010,
  SCARD_E_INVALID_VALUE: 0x80100011,
  SCARD_E_SYSTEM_CANCELLED: 0x80100012,
  SCARD_F_COMM_ERROR: 0x80100013,
  SCARD_F_UNKNOWN_ERROR: 0x80100014,
  SCARD_E_INVALID_ATR: 0x80100015,
  SCARD_E_NOT_TRANSACTED: 0x80100016,
  SCARD_E_READER_UNAVAILABLE: 0x80100017,
  SCARD_P_SHUTDOWN: 0x80100018,
  SCARD_E_PCI_TOO_SMALL: 0x80100019,
  SCARD_E_READER_UNSUPPORTED: 0x8010001a,
  SCARD_E_DUPLICATE_READER: 0x8010001b,
  SCARD_E_CARD_UNSUPPORTED: 0x8010001c,
  SCARD_E_NO_SERVICE: 0x8010001d,
  SCARD_E_SERVICE_STOPPED: 0x8010001e,
  /** SCARD_E_UNSUPPORTED_FEATURE in pcsclite. */
  SCARD_E_UNEXPECTED: 0x8010001f,
  SCARD_E_NO_READERS_AVAILABLE: 0x8010002e,
  SCARD_E_COMM_DATA_LOST: 0x8010002f,
  SCARD_E_SERVER_TOO_BUSY: 0x80100031,
  SCARD_W_UNSUPPORTED_CARD: 0x80100065,
  SCARD_W_UNRESPONSIVE_CARD: 0x80100066,
  SCARD_W_UNPOWERED_CARD: 0x80100067,
  SCARD_W_RESET_CARD: 0x80100068,
  SCARD_W_REMOVED_CARD: 0x80100069,
  SCARD_W_SECURITY_VIOLATION: 0x8010006a,
  /** Windows: the remote desktop session that owned the handle has gone. */
  ERROR_INVALID_HANDLE: 6,
  /** Windows: the pipe to the service broke. */
  ERROR_BROKEN_PIPE: 109,
} as const;

export type StatusName = keyof typeof names;

const nameByCode = new Map<number, StatusName>(
  (Object.keys(names) as StatusName[]).map((name) => [names[name], name]),
);

/** The code as an unsigned number: LONG is signed where it has 32 bits. */
export function normalizeStatus(status: number | bigint): number {
  return Number(BigInt.asUintN(32, BigInt(status)));
}

/** `SCARD_E_NO_SERVICE`, or `0x8010ffff` where the code has no name. */
export function statusName(status: number): string {
  return nameByCode.get(status) ?? `0x${status.toString(16).padStart(8, '0')}`;
}

export function isStatus(status: number, ...wanted: readonly StatusName[]): boolean {
  return wanted.some((name) => names[name] === status);
}

/** The context is of no use any more: only a new one can find out when the service is back. */
export function isServiceGone(status: number): boolean {
  return isStatus(
    status,
    'SCARD_E_NO_SERVICE', 'SCARD_E_SERVICE_STOPPED', 'SCARD_E_INVALID_HANDLE', 'SCARD_E_SYSTEM_CANCELLED',
    'SCARD_P_SHUTDOWN', 'SCARD_E_SERVER_TOO_BUSY', 'ERROR_INVALID_HANDLE', 'ERROR_BROKEN_PIPE',
  );
}

function errorCode(status: number): SmartCardErrorCode {
  if (isServiceGone(status)) return 'SERVICE_UNAVAILABLE';
  if (isStatus(status, 'SCARD_E_UNKNOWN_READER', 'SCARD_E_READER_UNAVAILABLE', 'SCARD_E_NO_READERS_AVAILABLE')) return 'READER_UNAVAILABLE';
  if (isStatus(status, 'SCARD_W_REMOVED_CARD', 'SCARD_E_NO_SMARTCARD')) return 'CARD_REMOVED';
  if (isStatus(status, 'SCARD_W_RESET_CARD')) return 'CARD_RESET';
  if (isStatus(
    status,
    'SCARD_W_UNRESPONSIVE_CARD', 'SCARD_W_UNPOWERED_CARD', 'SCARD_W_UNSUPPORTED_CARD',
    'SCARD_E_CARD_UNSUPPORTED', 'SCARD_E_PROTO_MISMATCH',
  )) return 'CARD_MUTE';
  if (isStatus(status, 'SCARD_E_SHARING_VIOLATION')) return 'SHARING_VIOLATION';
  return 'COMMUNICATION';
}

/** Its message is the name of the status. */
export function smartCardError(status: number): SmartCardError {
  return new SmartCardError(errorCode(status), statusName(status));
}

/** For our own tables only: the code of a name. */
export function statusCode(name: StatusName): number {
  return names[name];
}
