/** An `/etc` of a program's own, for the policy that only an administrator can write. */

export const ownEtcNeeds = process.getuid?.() === 0 ? ['unshare', 'mount'] : ['unshare (as root)'];

const enter =
  'mount -t tmpfs -o mode=755 tmpfs /mnt && cp -a /etc/. /mnt && rm -rf /mnt/hpki-agent && cp -a "$1/." /mnt && chown 0:0 /mnt && chmod 755 /mnt && mount --move /mnt /etc && shift && exec "$@"';

/**
 * What goes before a program's name for it to find this machine's `/etc` with `added` in it, whose `hpki-agent` takes the
 * place of the machine's own. It lies in memory and goes with the program: no copy of the machine's keys and passwords is
 * left in a folder. Suites say `describeWith(ownEtcNeeds, …)`.
 */
export const withOwnEtc = (added: string): readonly [string, ...string[]] => ['unshare', '--mount', '--propagation', 'private', 'sh', '-c', enter, 'sh', added];
