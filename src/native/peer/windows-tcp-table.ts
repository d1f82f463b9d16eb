/**
 * The memory layouts that Windows answers with, read from plain bytes so that they are tested anywhere.
 * iphlpapi: MIB_TCPTABLE_OWNER_PID and MIB_TCP6TABLE_OWNER_PID (tcpmib.h); advapi32: TOKEN_USER, SID (winnt.h).
 */
import { addressBytes, ipv4Bytes } from './socket-address.ts';
import type { Connection } from './socket-address.ts';

export const AF_INET = 2;
export const AF_INET6 = 23;
/** All connections, without listeners, with the process of each. */
export const TCP_TABLE_OWNER_PID_CONNECTIONS = 4;

/** The same rows, of listeners alone. */
export const TCP_TABLE_OWNER_PID_LISTENER = 3;

interface RowLayout {
  readonly size: number;
  readonly addressBytes: 4 | 16;
  readonly localAddress: number;
  readonly localPort: number;
  readonly remoteAddress: number;
  readonly remotePort: number;
  readonly state: number;
  readonly pid: number;
}

/** dwNumEntries comes first; rows need 4-byte alignment only, so they follow at once. */
const firstRow = 4;

/** MIB_TCPROW_OWNER_PID: six DWORDs. */
export const ipv4Row: RowLayout = { size: 24, addressBytes: 4, state: 0, localAddress: 4, localPort: 8, remoteAddress: 12, remotePort: 16, pid: 20 };

/** MIB_TCP6ROW_OWNER_PID: two addresses of 16 bytes, each with scope id and port, then state and process. */
export const ipv6Row: RowLayout = { size: 56, addressBytes: 16, localAddress: 0, localPort: 20, remoteAddress: 24, remotePort: 44, state: 48, pid: 52 };

/** MIB_TCP_STATE_TIME_WAIT, whose row has no process any more. */
const timeWait = 11;

/** The process of the client's end, or undefined. `table` is what GetExtendedTcpTable filled in for the family. */
export function findClientProcess(table: Buffer, family: typeof AF_INET | typeof AF_INET6, connection: Connection): number | undefined {
  const row = family === AF_INET ? ipv4Row : ipv6Row;
  const client = addressBytes(connection.remoteAddress);
  const server = addressBytes(connection.localAddress);
  if (client === undefined || server === undefined || table.length < firstRow) return undefined;
  const [from, to] = family === AF_INET6 ? [client, server] : [ipv4Bytes(client), ipv4Bytes(server)];
  if (from === undefined || to === undefined) return undefined;
  const count = Math.min(table.readUInt32LE(0), Math.floor((table.length - firstRow) / row.size));
  for (let index = 0; index < count; index += 1) {
    const at = firstRow + index * row.size;
    const has = (offset: number, bytes: Uint8Array): boolean => table.subarray(at + offset, at + offset + row.addressBytes).equals(bytes);
    // A port is a DWORD whose first two bytes are the port in network order.
    if (table.readUInt16BE(at + row.localPort) !== connection.remotePort) continue;
    if (table.readUInt16BE(at + row.remotePort) !== connection.localPort) continue;
    if (!has(row.localAddress, from) || !has(row.remoteAddress, to)) continue;
    const pid = table.readUInt32LE(at + row.pid);
    if (pid !== 0 && table.readUInt32LE(at + row.state) !== timeWait) return pid;
  }
  return undefined;
}

/** The process that listens on this port, or undefined. `table` is what GetExtendedTcpTable filled in, of listeners. */
export function findListeningProcess(table: Buffer, family: typeof AF_INET | typeof AF_INET6, port: number): number | undefined {
  const row = family === AF_INET ? ipv4Row : ipv6Row;
  if (table.length < firstRow) return undefined;
  const count = Math.min(table.readUInt32LE(0), Math.floor((table.length - firstRow) / row.size));
  for (let index = 0; index < count; index += 1) {
    const at = firstRow + index * row.size;
    const pid = table.readUInt32LE(at + row.pid);
    if (table.readUInt16BE(at + row.localPort) === port && pid !== 0) return pid;
  }
  return undefined;
}

/** `S-1-5-21-…` ([MS-DTYP] §2.4.2): revision, count, a 48-bit authority (big-endian), sub-authorities (little-endian). */
export function sidText(bytes: Buffer): string | undefined {
  if (bytes.length < 8) return undefined;
  const count = bytes.readUInt8(1);
  if (bytes.readUInt8(0) !== 1 || count > 15 || bytes.length < 8 + 4 * count) return undefined;
  const parts = Array.from({ length: count }, (_, index) => bytes.readUInt32LE(8 + 4 * index));
  return ['S', 1, bytes.readUIntBE(2, 6), ...parts].join('-');
}

/** TOKEN_USER begins with a pointer to the SID, which lies further on in the same memory (`at` is its address). */
export function sidOfTokenUser(tokenUser: Buffer, at: bigint): string | undefined {
  if (tokenUser.length < 16) return undefined;
  const offset = Number(tokenUser.readBigUInt64LE(0) - at);
  return offset >= 16 && offset < tokenUser.length ? sidText(tokenUser.subarray(offset)) : undefined;
}
