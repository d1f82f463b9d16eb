/**
 * The owner of a connection's other end on Linux: the client's own socket is a row of /proc/net/tcp or
 * tcp6 (proc(5)), with its uid and inode.
 */
import { lstat, readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { addressBytes, ipv4Bytes } from './socket-address.ts';
import type { Connection } from './socket-address.ts';

export interface SocketOwner {
  readonly uid: number;
  readonly inode: string;
}

/** A table read while sockets come and go may lack a row that was there all the time. */
const reads = 3;

/** The search for a program ends there: it is a label, and nobody should wait for it. */
const mostProcesses = 5000;
const longestSearchMs = 500;

const listening = '0A';

/** The kernel prints each 32-bit word in the machine's order, which is little-endian wherever we run. */
function procAddress(address: Uint8Array, port: number): string {
  const words: string[] = [];
  for (let at = 0; at < address.length; at += 4) {
    words.push(Buffer.from(address.slice(at, at + 4).reverse()).toString('hex'));
  }
  return `${words.join('')}:${port.toString(16).padStart(4, '0')}`.toUpperCase();
}

/**
 * Columns: `sl local_address rem_address st tx:rx tr:when retrnsmt uid timeout inode`.
 * `table` is the text of /proc/net/tcp (IPv4) or tcp6.
 */
export function findClientSocket(table: string, family: 4 | 6, connection: Connection): SocketOwner | undefined {
  const client = addressBytes(connection.remoteAddress);
  const server = addressBytes(connection.localAddress);
  if (client === undefined || server === undefined) return undefined;
  const [from, to] = family === 6 ? [client, server] : [ipv4Bytes(client), ipv4Bytes(server)];
  if (from === undefined || to === undefined) return undefined;
  const ends = `${procAddress(from, connection.remotePort)} ${procAddress(to, connection.localPort)}`;
  for (const line of table.split('\n')) {
    if (!line.includes(ends)) continue;
    const [, local, remote, state, , , , uid, , inode] = line.trim().split(/\s+/);
    if (`${local ?? ''} ${remote ?? ''}` !== ends || state === listening) continue;
    // SECURITY: a socket that no process holds any more (TIME_WAIT, orphaned) is listed with inode 0 and
    // uid 0, which would make anybody root (test/unit/native/peer/linux-proc-net.test.ts).
    if (uid === undefined || inode === undefined || !/^\d+$/.test(uid) || !/^[1-9]\d*$/.test(inode)) continue;
    return { uid: Number(uid), inode };
  }
  return undefined;
}

/** Sockets that listen on this port, on whatever address. `table` is the text of /proc/net/tcp or tcp6. */
export function findListeners(table: string, port: number): readonly SocketOwner[] {
  const ending = `:${port.toString(16).padStart(4, '0').toUpperCase()}`;
  return table.split('\n').flatMap((line) => {
    const [, local, , state, , , , uid, , inode] = line.trim().split(/\s+/);
    const isOne = state === listening && local?.endsWith(ending) === true && uid !== undefined && inode !== undefined;
    return isOne && /^\d+$/.test(uid) && /^\d+$/.test(inode) ? [{ uid: Number(uid), inode }] : [];
  });
}

/** Over IPv4 and IPv6. A table that cannot be read counts as empty. */
export async function findListenersInProc(port: number, proc = '/proc'): Promise<readonly SocketOwner[]> {
  const tables = await Promise.all(['net/tcp', 'net/tcp6'].map((file) => readFile(join(proc, file), 'latin1').catch(() => '')));
  return tables.flatMap((table) => findListeners(table, port));
}

export async function findClientSocketInProc(connection: Connection, proc = '/proc'): Promise<SocketOwner | undefined> {
  for (let read = 0; read < reads; read += 1) {
    for (const [file, family] of [['net/tcp', 4], ['net/tcp6', 6]] as const) {
      const table = await readFile(join(proc, file), 'latin1').catch(() => '');
      const owner = findClientSocket(table, family, connection);
      if (owner !== undefined) return owner;
    }
  }
  return undefined;
}

/** passwd(5) by uid; null for users that are kept elsewhere (LDAP, systemd). */
export async function userName(uid: number, passwd = '/etc/passwd'): Promise<string | null> {
  const text = await readFile(passwd, 'utf8').catch(() => '');
  const line = text.split('\n').find((entry) => entry.split(':')[2] === String(uid));
  return line?.split(':')[0] ?? null;
}

/** Path of the program that holds the socket, or null: another user's processes cannot be looked into. */
export async function programOfSocket(owner: SocketOwner, proc = '/proc'): Promise<string | null> {
  const deadline = performance.now() + longestSearchMs;
  const link = `socket:[${owner.inode}]`;
  // Youngest first: whoever has just connected has often just started.
  const processes = (await readdir(proc)).filter((name) => /^\d+$/.test(name)).map(Number).sort((a, b) => b - a);
  for (const pid of processes.slice(0, mostProcesses)) {
    if (performance.now() > deadline) return null;
    const folder = join(proc, String(pid));
    try {
      if ((await lstat(folder)).uid !== owner.uid) continue;
      const descriptors = await readdir(join(folder, 'fd'));
      const links = await Promise.all(descriptors.map((fd) => readlink(join(folder, 'fd', fd)).catch(() => '')));
      if (links.includes(link)) return await readlink(join(folder, 'exe'));
    } catch {
      // The process has ended, or is not ours to look into.
    }
  }
  return null;
}
