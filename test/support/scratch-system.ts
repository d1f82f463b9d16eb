/**
 * This machine's own system with every change kept apart: an overlay in a mount namespace of its own, entered by chroot.
 * What is installed, made or removed in there is real, and lies in one folder. Needs root, unshare and mount.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

export const scratchSystemNeeds = process.getuid?.() === 0 ? ['unshare', 'mount', 'chroot'] : ['unshare (as root)'];

export interface ScratchSystem {
  /** A shell script in there, with `$1` and so on. Resolves whatever it ends with. */
  run(script: string, ...args: readonly string[]): Promise<{ readonly code: number; readonly out: string }>;
  /** Absolute paths, as inside, of all files and links that were made or changed there. */
  changed(): readonly string[];
  remove(): void;
}

const enter = 'mount -t overlay overlay -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" "$1/root" && mount --rbind /proc "$1/root/proc" && mount --rbind /dev "$1/root/dev" && root="$1/root" && shift && exec chroot "$root" sh -c "$@"';

export function openScratchSystem(): ScratchSystem {
  const folder = mkdtempSync(path.join(tmpdir(), 'scratch-system-'));
  for (const name of ['upper', 'work', 'root']) mkdirSync(path.join(folder, name));
  const upper = path.join(folder, 'upper');
  return {
    run: (script, ...args) =>
      new Promise((resolve) => {
        const command = ['--mount', '--propagation', 'private', 'sh', '-c', enter, 'sh', folder, `set -e\n${script}`, 'sh', ...args];
        execFile('unshare', command, { env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C.UTF-8' }, encoding: 'utf8' }, (error, out, err) => {
          resolve({ code: error === null ? 0 : Number(error.code), out: out + err });
        });
      }),
    changed: () =>
      readdirSync(upper, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile() || entry.isSymbolicLink())
        .map((entry) => `/${path.relative(upper, path.join(entry.parentPath, entry.name))}`)
        .sort(),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
