import { readFileSync } from 'node:fs';
import { uptime } from 'node:os';
import { windowsLogon } from './windows-owner.ts';

/** One logon of one person at one run of this machine, as far as the operating system tells them apart. */
export interface OsLogin {
  /** Start of the machine, milliseconds since 1970 by its own clock. Null where `session` names it too. */
  readonly bootedAt: number | null;
  /** Linux: boot_id and the kernel's audit session. Windows: the logon's LUID. Empty where nothing is told (macOS). */
  readonly session: string;
}

/** A clock that was set meanwhile moves the start of the machine by as much. */
const clockToleranceMs = 5 * 60_000;

export function osLogin(platform: NodeJS.Platform = process.platform): OsLogin {
  if (platform === 'linux') {
    return { bootedAt: null, session: `${read('/proc/sys/kernel/random/boot_id')} ${read('/proc/self/sessionid')}` };
  }
  return { bootedAt: Date.now() - Math.round(uptime() * 1000), session: platform === 'win32' ? windowsLogon() : '' };
}

export function isSameLogin(one: OsLogin, other: OsLogin): boolean {
  return one.session === other.session && Math.abs((one.bootedAt ?? 0) - (other.bootedAt ?? 0)) < clockToleranceMs;
}

/** A kernel without auditing knows no sessions. */
function read(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return '';
  }
}
