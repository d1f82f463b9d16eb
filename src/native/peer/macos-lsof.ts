/**
 * The owner of a connection's other end on macOS, asked of lsof(8). Without root it tells of the agent's
 * own user only, so everybody else is unknown. By specification; not yet run on a Mac.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { addressBytes } from './socket-address.ts';
import type { Connection } from './socket-address.ts';

const run = promisify(execFile);
const longestCallMs = 2000;

export interface MacosOwner {
  readonly pid: number;
  readonly uid: number;
}

function sameEnd(text: string, address: string, port: number): boolean {
  const colon = text.lastIndexOf(':');
  const there = addressBytes(text.slice(0, colon).replace(/^\[|\]$/g, ''));
  const wanted = addressBytes(address);
  return there !== undefined && wanted !== undefined && Number(text.slice(colon + 1)) === port
    && Buffer.compare(there, wanted) === 0;
}

/** `lsof -F pun`: a line `p<pid>` and `u<uid>` per process, then `f<fd>` and `n<local>-><remote>` per socket. */
export function findClientInLsof(output: string, connection: Connection): MacosOwner | undefined {
  let pid: number | undefined;
  let uid: number | undefined;
  for (const line of output.split('\n')) {
    const value = line.slice(1);
    if (line.startsWith('p')) [pid, uid] = [Number(value), undefined];
    else if (line.startsWith('u')) uid = Number(value);
    else if (line.startsWith('n') && pid !== undefined && uid !== undefined) {
      const [from = '', to = ''] = value.split('->');
      const ours = sameEnd(from, connection.remoteAddress, connection.remotePort) && sameEnd(to, connection.localAddress, connection.localPort);
      if (ours) return { pid, uid };
    }
  }
  return undefined;
}

/** The process at the caller's end of a connection. Undefined where lsof does not see it: without root, another user's. */
export async function macosOwner(connection: Connection): Promise<MacosOwner | undefined> {
  return findClientInLsof(await lsof(connection.remotePort, 'ESTABLISHED'), connection);
}

/** The first process of `lsof -F p`, or undefined. Without root other users' processes are not in it. */
export async function macosListener(port: number): Promise<number | undefined> {
  const pid = /^p(\d+)$/m.exec(await lsof(port, 'LISTEN'))?.[1];
  return pid === undefined ? undefined : Number(pid);
}

function lsof(port: number, state: 'ESTABLISHED' | 'LISTEN'): Promise<string> {
  const filter = ['-nP', '-a', `-iTCP:${port}`, `-sTCP:${state}`, '-F', 'pun'];
  // lsof ends with 1 also when it has printed what it found but missed something else.
  return run('/usr/sbin/lsof', filter, { timeout: longestCallMs }).then(
    ({ stdout }) => stdout,
    (error: unknown) => (error instanceof Error && 'stdout' in error && typeof error.stdout === 'string' ? error.stdout : ''),
  );
}

/** ps(1) prints the whole path as `comm` on macOS. */
export async function macosProgram(pid: number): Promise<string | null> {
  const path = await run('/bin/ps', ['-o', 'comm=', '-p', String(pid)], { timeout: longestCallMs }).then(
    ({ stdout }) => stdout.trim(),
    () => '',
  );
  return path === '' ? null : path;
}
