/** Who holds a port that the agent wants: a label for people, so that they know which program to end. */
import { findListenersInProc, programOfSocket, userName } from './linux-proc-net.ts';
import { macosListener, macosProgram } from './macos-lsof.ts';
import { windowsListener } from './windows-owner.ts';

export interface ListenerOwner {
  /** Path; null where the platform does not tell it, as of another user's program. */
  readonly program: string | null;
  readonly userName: string | null;
}

/**
 * Null where nobody is seen to listen: the port is free, reserved by the system (Windows: `netsh int ipv4 show
 * excludedportrange`), or held by somebody whom this user cannot see. Never throws.
 */
export async function ownerOfListener(port: number): Promise<ListenerOwner | null> {
  try {
    if (process.platform === 'linux') return await onLinux(port);
    if (process.platform === 'win32') return onWindows(port);
    if (process.platform === 'darwin') return await onMacos(port);
  } catch {
    // A label that cannot be found is no reason to fail.
  }
  return null;
}

async function onLinux(port: number): Promise<ListenerOwner | null> {
  const [owner] = await findListenersInProc(port);
  return owner === undefined ? null : { program: await programOfSocket(owner), userName: await userName(owner.uid) };
}

function onWindows(port: number): ListenerOwner | null {
  const program = windowsListener(port);
  return program === undefined ? null : { program, userName: null };
}

async function onMacos(port: number): Promise<ListenerOwner | null> {
  const pid = await macosListener(port);
  return pid === undefined ? null : { program: await macosProgram(pid), userName: null };
}
