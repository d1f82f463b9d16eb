import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { promisify } from 'node:util';
import { ownerOfConnection, type PeerUser } from '../native/peer/owner-of-connection.ts';
import type { PeerConnection, PeerOwner, PeerPort } from './api/peer-port.ts';

/** Asks the operating system who is at the other end of a loopback connection, and who else is logged on. */
export function peersOfThisMachine(): PeerPort {
  return { ownerOf, othersLoggedOn: () => othersLoggedOn() };
}

async function ownerOf({ localAddress, localPort, remoteAddress, remotePort }: PeerConnection): Promise<PeerOwner> {
  // A connection that has ended has no ends any more.
  if (localAddress === undefined || localPort === undefined || remoteAddress === undefined || remotePort === undefined) {
    return { owner: 'unknown' };
  }
  const found = await ownerOfConnection({ localAddress, localPort, remoteAddress, remotePort });
  if (found === 'unknown') return { owner: 'unknown' };
  const program = await found.program();
  return found.isSelf ? { owner: 'self', program } : { owner: 'other', user: found.userName ?? accountName(found.user), program };
}

/** Windows accounts without a name to look up, as the policy `api.otherUsers` writes them (well-known SIDs). */
const serviceAccounts: Readonly<Record<string, string>> = {
  'S-1-5-18': 'SYSTEM',
  'S-1-5-19': 'LOCAL SERVICE',
  'S-1-5-20': 'NETWORK SERVICE',
};

function accountName(user: PeerUser): string {
  return user.kind === 'uid' ? String(user.uid) : (serviceAccounts[user.sid] ?? user.sid);
}

const run = promisify(execFile);

/** From this uid on Linux counts people (login.defs, UID_MIN); below are the system's own accounts. */
const firstPerson = 1000;

/**
 * Whether somebody else has a session now. Linux: systemd-logind keeps /run/user/<uid> for as long as a user has one,
 * which one `readdir` tells. macOS: who(1), which lists fast-switched users too; by specification, not tried. Windows
 * is not asked: there the owner of a connection is always found.
 * SECURITY: where it cannot be told, others are there. test/unit/agent/peers-of-this-machine.test.ts
 */
export async function othersLoggedOn(
  platform: NodeJS.Platform = process.platform,
  runtimeFolders = '/run/user',
  self: { readonly uid: number; readonly username: string } = userInfo(),
): Promise<boolean> {
  if (platform === 'linux') {
    const uids = await readdir(runtimeFolders).catch(() => undefined);
    return uids === undefined || uids.map(Number).some((uid) => uid >= firstPerson && uid !== self.uid);
  }
  if (platform !== 'darwin') return true;
  const { stdout } = await run('/usr/bin/who', [], { timeout: 2000 });
  return stdout.split('\n').some((line) => line !== '' && line.split(/\s+/)[0] !== self.username);
}
