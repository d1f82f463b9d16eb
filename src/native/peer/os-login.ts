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

/** Null where Windows does not say: the start of the machine alone would take two people's logons for one. */
export function osLogin(platform: NodeJS.Platform = process.platform, proc = '/proc'): OsLogin | null {
  const bootedAt = Date.now() - Math.round(uptime() * 1000);
  if (platform === 'linux') {
    const boot = read(`${proc}/sys/kernel/random/boot_id`);
    return { bootedAt: boot === '' ? bootedAt : null, session: `${boot} ${read(`${proc}/self/sessionid`)}` };
  }
  if (platform !== 'win32') return { bootedAt, session: '' };
  const session = logonOrNone();
  return session === undefined ? null : { bootedAt, session };
}

export function isSameLogin(one: OsLogin, other: OsLogin): boolean {
  return one.session === other.session && Math.abs((one.bootedAt ?? 0) - (other.bootedAt ?? 0)) < clockToleranceMs;
}

/** None where the system's libraries may not be called. */
function logonOrNone(): string | undefined {
  try {
    return windowsLogon();
  } catch {
    return undefined;
  }
}

/** A kernel without auditing knows no sessions, and a sandbox may hide the run of the machine. */
function read(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return '';
  }
}
