/**
 * The owner of a connection's other end on Windows: the connection table names the process, the process's
 * token names the user. By specification (learn.microsoft.com); not yet run on a Windows machine.
 */
import { createRequire } from 'node:module';
import type * as KoffiModule from 'koffi';
import type { Connection } from './socket-address.ts';
import { AF_INET, AF_INET6, findClientProcess, findListeningProcess, sidOfTokenUser, TCP_TABLE_OWNER_PID_CONNECTIONS, TCP_TABLE_OWNER_PID_LISTENER } from './windows-tcp-table.ts';

const ERROR_INSUFFICIENT_BUFFER = 122;
const PROCESS_QUERY_LIMITED_INFORMATION = 0x1000;
const TOKEN_QUERY = 0x0008;
const TokenUser = 1;
const TokenStatistics = 10;

export interface WindowsOwner {
  readonly sid: string;
  readonly program: string | null;
}

type Native = (...args: readonly unknown[]) => unknown;

interface WindowsApi {
  readonly addressOf: (buffer: Buffer) => bigint;
  readonly getExtendedTcpTable: Native;
  readonly openProcess: Native;
  readonly closeHandle: Native;
  readonly openProcessToken: Native;
  readonly getTokenInformation: Native;
  readonly queryFullProcessImageName: Native;
}

let loaded: WindowsApi | undefined;

function windowsApi(): WindowsApi {
  if (loaded !== undefined) return loaded;
  const koffi = createRequire(import.meta.url)('koffi') as typeof KoffiModule;
  const iphlpapi = koffi.load('iphlpapi.dll');
  const kernel32 = koffi.load('kernel32.dll');
  const advapi32 = koffi.load('advapi32.dll');
  // HANDLE is a pointer: 64 bits in every process that we run in. BOOL and DWORD have 32.
  loaded = {
    addressOf: (buffer) => koffi.address(buffer),
    getExtendedTcpTable: iphlpapi.func('GetExtendedTcpTable', 'uint32_t', ['void *', 'void *', 'int32_t', 'uint32_t', 'int32_t', 'uint32_t']),
    openProcess: kernel32.func('OpenProcess', 'uint64_t', ['uint32_t', 'int32_t', 'uint32_t']),
    closeHandle: kernel32.func('CloseHandle', 'int32_t', ['uint64_t']),
    openProcessToken: advapi32.func('OpenProcessToken', 'int32_t', ['uint64_t', 'uint32_t', 'void *']),
    getTokenInformation: advapi32.func('GetTokenInformation', 'int32_t', ['uint64_t', 'int32_t', 'void *', 'uint32_t', 'void *']),
    queryFullProcessImageName: kernel32.func('QueryFullProcessImageNameW', 'int32_t', ['uint64_t', 'uint32_t', 'void *', 'void *']),
  };
  return loaded;
}

function tcpTable(api: WindowsApi, family: number, kind: number): Buffer {
  for (let room = 16_384, attempt = 0; attempt < 8; attempt += 1) {
    const size = Buffer.alloc(4);
    size.writeUInt32LE(room);
    const table = Buffer.alloc(room);
    const status = Number(api.getExtendedTcpTable(table, size, 0, family, kind, 0));
    if (status === 0) return table;
    if (status !== ERROR_INSUFFICIENT_BUFFER) break;
    // Connections may be added between two calls; so there is some more room than was asked for.
    room = size.readUInt32LE() + 4096;
  }
  return Buffer.alloc(0);
}

function clientProcess(api: WindowsApi, connection: Connection): number | undefined {
  const connections = (family: number): Buffer => tcpTable(api, family, TCP_TABLE_OWNER_PID_CONNECTIONS);
  return findClientProcess(connections(AF_INET), AF_INET, connection) ?? findClientProcess(connections(AF_INET6), AF_INET6, connection);
}

function tokenOfProcess(api: WindowsApi, process: unknown, kind: number): Buffer | undefined {
  const token = Buffer.alloc(8);
  if (Number(api.openProcessToken(process, TOKEN_QUERY, token)) === 0) return undefined;
  const handle = token.readBigUInt64LE();
  try {
    const told = Buffer.alloc(256);
    return Number(api.getTokenInformation(handle, kind, told, told.length, Buffer.alloc(4))) === 0 ? undefined : told;
  } finally {
    api.closeHandle(handle);
  }
}

function userOfProcess(api: WindowsApi, process: unknown): string | undefined {
  const user = tokenOfProcess(api, process, TokenUser);
  return user && sidOfTokenUser(user, api.addressOf(user));
}

function programOfProcess(api: WindowsApi, process: unknown): string | null {
  const path = Buffer.alloc(2 * 32_768);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(path.length / 2);
  if (Number(api.queryFullProcessImageName(process, 0, path, length)) === 0) return null;
  return path.toString('utf16le', 0, 2 * length.readUInt32LE());
}

function withProcess<T>(api: WindowsApi, pid: number, use: (process: unknown) => T): T | undefined {
  const process = api.openProcess(PROCESS_QUERY_LIMITED_INFORMATION, 0, pid);
  if (Number(process) === 0) return undefined;
  try {
    return use(process);
  } finally {
    api.closeHandle(process);
  }
}

/** Undefined where the process may not be asked: other users' processes, unless the agent may look into them. */
export function windowsOwner(connection: Connection): WindowsOwner | undefined {
  const api = windowsApi();
  const pid = clientProcess(api, connection);
  if (pid === undefined) return undefined;
  return withProcess(api, pid, (process) => {
    // SECURITY: a process id is given out anew once its process has ended. The open handle prevents that; that
    // it still is the connection's process is asked only now (by specification, no Windows machine to test on).
    if (clientProcess(api, connection) !== pid) return undefined;
    const sid = userOfProcess(api, process);
    return sid === undefined ? undefined : { sid, program: programOfProcess(api, process) };
  });
}

/** Path of the program that listens on a port; null where it may not be asked, undefined where nobody listens. */
export function windowsListener(port: number): string | null | undefined {
  const api = windowsApi();
  const listeners = (family: number): Buffer => tcpTable(api, family, TCP_TABLE_OWNER_PID_LISTENER);
  const pid = findListeningProcess(listeners(AF_INET), AF_INET, port) ?? findListeningProcess(listeners(AF_INET6), AF_INET6, port);
  return pid === undefined ? undefined : (withProcess(api, pid, (process) => programOfProcess(api, process)) ?? null);
}

/** The SID of the user that this process runs as. */
export function ownSid(): string | undefined {
  const api = windowsApi();
  return withProcess(api, process.pid, (own) => userOfProcess(api, own));
}

/** The logon that this process belongs to: TOKEN_STATISTICS.AuthenticationId, a LUID, unique until the machine starts anew. */
export function windowsLogon(): string | undefined {
  const api = windowsApi();
  return withProcess(api, process.pid, (own) => tokenOfProcess(api, own, TokenStatistics)?.readBigUInt64LE(8).toString(16));
}
