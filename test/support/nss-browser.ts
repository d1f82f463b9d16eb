/**
 * Chromium as a person has it on Linux: on a screen, with a certificate database (NSS) of its own that reaches cards by
 * OpenSC. Everything lies in a private home.
 */
import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { chromium, type BrowserContext } from '@playwright/test';
import { programPath } from './machine.ts';
import type { XDisplay } from './x-display.ts';

export interface NssBrowser {
  readonly context: BrowserContext;
  /** What NSS knows of its modules, slots and tokens: `modutil -list`. */
  modules(): Promise<string>;
  close(): Promise<void>;
}

/** `serverRoot`: PEM of the CA that TLS servers are trusted under. The card is served by this process: nothing here may block it. */
export async function openNssBrowser(home: string, display: XDisplay, serverRoot: string): Promise<NssBrowser> {
  const folder = join(home, '.pki/nssdb');
  const database = `sql:${folder}`;
  const env = { ...process.env, HOME: home, DISPLAY: display.name } as Record<string, string>;
  const nss = async (program: 'certutil' | 'modutil', ...args: readonly string[]): Promise<string> => (await promisify(execFile)(programPath(program), args, { env })).stdout;
  await mkdir(folder, { recursive: true });
  await writeFile(join(home, 'root.pem'), serverRoot);
  await nss('certutil', '-d', database, '-N', '--empty-password');
  await nss('certutil', '-d', database, '-A', '-n', 'servers', '-t', 'C,,', '-i', join(home, 'root.pem'));
  // The module with one PIN: with the other one NSS asks for the PIN of the signature key too, which has nothing to do here.
  await nss('modutil', '-dbdir', database, '-add', 'OpenSC', '-libfile', programPath('opensc-onepin'), '-force');
  const context = await chromium.launchPersistentContext(join(home, 'profile'), {
    executablePath: programPath('chromium'),
    headless: false,
    args: [...(process.getuid?.() === 0 ? ['--no-sandbox'] : []), '--disable-gpu', '--lang=en', '--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE localhost'],
    env,
  });
  return { context, modules: () => nss('modutil', '-dbdir', database, '-list'), close: () => context.close() };
}
