/**
 * Who is at the other end of a loopback connection. On a terminal server all users share 127.0.0.1, so
 * a port alone does not tell whose program calls (threat: user A's EHR reaches user B's agent).
 */
import { userInfo } from 'node:os';
import { findClientSocketInProc, programOfSocket, userName } from './linux-proc-net.ts';
import { macosOwner, macosProgram } from './macos-lsof.ts';
import type { Connection } from './socket-address.ts';
import { ownSid, windowsOwner } from './windows-owner.ts';

export type { Connection } from './socket-address.ts';

export type PeerUser =
  | { readonly kind: 'uid'; readonly uid: number }
  | { readonly kind: 'sid'; readonly sid: string };

export interface PeerOwner {
  readonly user: PeerUser;
  /** The agent's own user. */
  readonly isSelf: boolean;
  /** For people and logs; null where the platform does not tell. */
  readonly userName: string | null;
  /** Path of the program, looked for on the first call (up to half a second). A label, never authority. */
  program(): Promise<string | null>;
}

/**
 * Ask once per connection, soon after it was accepted: a client that has gone is `unknown`. Takes the four
 * values of the accepted `net.Socket`. Never throws.
 */
export async function ownerOfConnection(connection: Connection): Promise<PeerOwner | 'unknown'> {
  try {
    if (process.platform === 'linux') return await onLinux(connection);
    if (process.platform === 'win32') return onWindows(connection);
    if (process.platform === 'darwin') return await onMacos(connection);
    return 'unknown';
  } catch {
    // SECURITY: whatever keeps the owner from being found, it is `unknown` and the caller decides, never
    // "self" (test/unit/native/peer/owner-of-connection.test.ts).
    return 'unknown';
  }
}

async function onLinux(connection: Connection): Promise<PeerOwner | 'unknown'> {
  const owner = await findClientSocketInProc(connection);
  if (owner === undefined) return 'unknown';
  return {
    user: { kind: 'uid', uid: owner.uid },
    isSelf: owner.uid === process.getuid?.(),
    userName: await userName(owner.uid),
    program: asked(() => programOfSocket(owner)),
  };
}

function onWindows(connection: Connection): PeerOwner | 'unknown' {
  const owner = windowsOwner(connection);
  if (owner === undefined) return 'unknown';
  const isSelf = owner.sid === ownSid();
  return {
    user: { kind: 'sid', sid: owner.sid },
    isSelf,
    userName: isSelf ? userInfo().username : null,
    program: () => Promise.resolve(owner.program),
  };
}

async function onMacos(connection: Connection): Promise<PeerOwner | 'unknown'> {
  const owner = await macosOwner(connection);
  if (owner === undefined) return 'unknown';
  const isSelf = owner.uid === process.getuid?.();
  return {
    user: { kind: 'uid', uid: owner.uid },
    isSelf,
    userName: isSelf ? userInfo().username : null,
    program: asked(() => macosProgram(owner.pid)),
  };
}

/** Looks once, and answers null where looking fails. */
function asked(look: () => Promise<string | null>): () => Promise<string | null> {
  let answer: Promise<string | null> | undefined;
  return () => (answer ??= look().catch(() => null));
}
