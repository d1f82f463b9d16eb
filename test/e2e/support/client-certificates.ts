/** Certificates with their keys in the store that TLS client authentication takes them from. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PlayedClientCertificate } from '../../electron-host/electron/record.ts';
import type { Desktop } from './desktop.ts';
import { runsOn } from './runs-on.ts';

/**
 * The model's is a list. Electron's on Linux is NSS in the app's own home (application.ts), which knows keys of its own
 * like those of a card: needs certutil, pk12util and openssl. Elsewhere the system's store is a person's own, and is left alone.
 */
export async function holdClientCertificates({ app }: Desktop, held: readonly PlayedClientCertificate[]): Promise<void> {
  if (runsOn === 'model') {
    await app.shell.holdClientCertificates([...held]);
    return;
  }
  if (process.platform !== 'linux') throw new Error('TLS client authentication on Electron is tried on Linux alone: no spec writes into the store of the person who runs it');
  const folder = join(app.userData, '.pki/nssdb');
  const run = (program: string, ...args: readonly string[]): void => void execFileSync(program, args, { stdio: 'pipe' });
  mkdirSync(folder, { recursive: true });
  if (!existsSync(join(folder, 'cert9.db'))) run('certutil', '-d', `sql:${folder}`, '-N', '--empty-password');
  const there = execFileSync('certutil', ['-d', `sql:${folder}`, '-L'], { encoding: 'utf8' });
  for (const [name] of there.matchAll(/^client-\d+/gm)) run('certutil', '-d', `sql:${folder}`, '-F', '-n', name);
  for (const [index, { certificate, key }] of held.entries()) {
    const file = join(app.userData, `client-${index}`);
    writeFileSync(`${file}.pem`, `${certificate}\n${key}`, { mode: 0o600 });
    run('openssl', 'pkcs12', '-export', '-in', `${file}.pem`, '-out', `${file}.p12`, '-passout', 'pass:', '-name', `client-${index}`);
    run('pk12util', '-d', `sql:${folder}`, '-i', `${file}.p12`, '-W', '', '-K', '');
  }
}
