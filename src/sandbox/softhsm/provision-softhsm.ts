import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** One SoftHSM token that looks like an HPKI card behind a vendor's PKCS#11 module. Everything here is for tests. */
export interface SoftHsmOptions {
  /** An existing or new folder for SoftHSM's configuration and token. Several tokens may share it. */
  readonly dir: string;
  /** DER of the end-entity certificate. */
  readonly certificate: Uint8Array;
  /** Its RSA private key, PKCS#8 DER. */
  readonly privateKey: Uint8Array;
  /** DER of the CA certificates to be stored beside it. */
  readonly chain: readonly Uint8Array[];
  /** 4 to 16 ASCII characters. */
  readonly pin: string;
  /** Token label; HPKI modules say `HPKI Application`. */
  readonly label?: string;
  /**
   * CKA_ALWAYS_AUTHENTICATE, true on a real HPKI signing key. SoftHSM then wants a context-specific login before each
   * signature, so a module profile needs `login: 'context-specific'`.
   */
  readonly alwaysAuthenticate?: boolean;
  /** Path of libsofthsm2.so; looked for where distributions put it. */
  readonly modulePath?: string;
}

export interface SoftHsm {
  readonly modulePath: string;
  /** What a program needs in its environment to see the token. */
  readonly environment: { readonly SOFTHSM2_CONF: string };
  /** The login that a module profile has to name for this token. */
  readonly login: 'user' | 'context-specific';
}

const places = [
  '/usr/lib/softhsm/libsofthsm2.so',
  '/usr/lib64/softhsm/libsofthsm2.so',
  '/usr/lib64/pkcs11/libsofthsm2.so',
  '/usr/local/lib/softhsm/libsofthsm2.so',
  '/opt/homebrew/lib/softhsm/libsofthsm2.so',
];

const defaultTokenLabel = 'HPKI Application';

/**
 * Makes the token. The work is done by a short-lived process of its own, because SoftHSM reads its configuration
 * from the environment once per process.
 */
export async function provisionSoftHsm(options: SoftHsmOptions): Promise<SoftHsm> {
  const modulePath = options.modulePath ?? places.find((path) => existsSync(path));
  if (modulePath === undefined) throw new Error('SoftHSM2 is not installed (apt-get install softhsm2, brew install softhsm)');
  const environment = { SOFTHSM2_CONF: await writeConfiguration(options.dir) };
  const alwaysAuthenticate = options.alwaysAuthenticate ?? true;
  const order = {
    modulePath,
    certificate: base64(options.certificate),
    privateKey: base64(options.privateKey),
    chain: options.chain.map(base64),
    pin: options.pin,
    label: options.label ?? defaultTokenLabel,
    alwaysAuthenticate,
  };
  await runProvisioning(JSON.stringify(order), environment);
  return { modulePath, environment, login: alwaysAuthenticate ? 'context-specific' : 'user' };
}

async function writeConfiguration(dir: string): Promise<string> {
  const tokens = join(dir, 'tokens');
  await mkdir(tokens, { recursive: true });
  const path = join(dir, 'softhsm2.conf');
  await writeFile(path, `directories.tokendir = ${tokens}\nobjectstore.backend = file\nlog.level = ERROR\nslots.removable = false\n`);
  return path;
}

function runProvisioning(order: string, environment: Record<string, string>): Promise<void> {
  const entry = fileURLToPath(new URL(`./provisioning-process${extname(import.meta.url)}`, import.meta.url));
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [entry], { env: { ...process.env, ...environment }, stdio: ['pipe', 'ignore', 'pipe'] });
    const complaints: Buffer[] = [];
    child.stderr.on('data', (chunk: Buffer) => complaints.push(chunk));
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`SoftHSM could not be provisioned: ${Buffer.concat(complaints).toString('utf8').trim()}`));
    });
    child.stdin.end(order);
  });
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}
