import path from 'node:path';
import type { Settings } from '../agent/config/settings.ts';

/** Whether this program updates itself, and why not. */
export type UpdatePlan =
  | { readonly state: 'on'; readonly server: string; readonly channel: string; readonly publisher: string }
  | { readonly state: 'off'; readonly because: 'policy' | 'checkout' | 'packages' | 'all-users' };

export interface InstalledProgram {
  readonly isPackaged: boolean;
  readonly platform: NodeJS.Platform;
  readonly executable: string;
  /** %LOCALAPPDATA%. */
  readonly userPrograms: string | undefined;
}

/**
 * Only what one user has installed on Windows updates itself. Linux has packages and macOS device management; a program
 * for all users could be replaced by an administrator alone, and would ask every doctor for an administrator's password.
 */
export function planUpdates({ server, channel, publisher }: Settings['update'], program: InstalledProgram): UpdatePlan {
  if (server === null || publisher === null) return { state: 'off', because: 'policy' };
  if (!program.isPackaged) return { state: 'off', because: 'checkout' };
  if (program.platform !== 'win32') return { state: 'off', because: 'packages' };
  if (program.userPrograms === undefined || !isBelow(program.userPrograms, program.executable)) return { state: 'off', because: 'all-users' };
  return { state: 'on', server, channel, publisher };
}

function isBelow(folder: string, file: string): boolean {
  const way = path.win32.relative(folder, file);
  return way !== '' && !way.startsWith('..') && !path.win32.isAbsolute(way);
}

/** Every file of an update comes from the policy's own server: what it says about others is not followed. */
export function comesFrom(server: string, files: readonly { readonly url: string }[]): boolean {
  const base = server.endsWith('/') ? server : `${server}/`;
  return files.length > 0 && files.every(({ url }) => URL.parse(url, base)?.href.startsWith(base) === true);
}
