/** Compiles the misbehaving PKCS#11 module (shim.c) and steers it. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createTestCa } from '../../../src/sandbox/ca/test-ca.ts';
import { provisionSoftHsm, type SoftHsm, type SoftHsmOptions } from '../../../src/sandbox/softhsm/provision-softhsm.ts';
import { openTemporaryFolder } from '../../../src/sandbox/temporary-folder.ts';

export type Control = Readonly<Record<string, string | number>>;

export interface TestModule {
  readonly path: string;
  readonly environment: Readonly<Record<string, string>>;
  /** What the module does from its next call on. */
  control(settings: Control): void;
  /** Everything that has happened since the last {@link forget}, one event per line. */
  events(): readonly string[];
  /** Verdicts about a PIN. */
  presentations(): readonly string[];
  /** Calls outside the 21 functions. */
  violations(): readonly string[];
  forget(): void;
}

const here = fileURLToPath(new URL('.', import.meta.url));
const headers = fileURLToPath(new URL('../../../node_modules/pkcs11js/includes/pkcs11', import.meta.url));

export function makeTempDir(): string {
  return openTemporaryFolder('hpki-pkcs11');
}

/** What the module needs to have a card below it; suites say so with describeWith. */
export const neededByModuleWithCard = ['gcc', 'libpcsclite-dev', 'pkg-config'] as const;

/**
 * Compiles into `dir`, wrapped around an already provisioned SoftHSM. `withCard`: it can have a card in a PC/SC reader
 * judge the PIN (control `card_reader`); SoftHSM then still has the key, and a PIN of its own that is the same.
 */
export function buildTestModule(dir: string, softHsm: SoftHsm, { withCard = false } = {}): TestModule {
  const path = join(dir, 'shim.so');
  const card = withCard ? ['-DWITH_CARD', join(here, 'card.c'), ...pcscFlags()] : [];
  execFileSync('gcc', ['-shared', '-fPIC', '-O1', '-Wall', '-Werror', '-I', headers, '-o', path, join(here, 'shim.c'), ...card, '-ldl']);
  const state = join(dir, 'shim');
  mkdirSync(state, { recursive: true });
  const calls = join(state, 'calls');
  const events = () => readLines(calls);
  return {
    path,
    environment: { ...softHsm.environment, PKCS11_SHIM_DIR: state, PKCS11_SHIM_REAL: softHsm.modulePath },
    control: (settings) => {
      // At once: a module that reads it meanwhile sees the old or the new one, never half of it.
      writeFileSync(join(state, 'control.new'), Object.entries(settings).map(([key, value]) => `${key}=${value}\n`).join(''));
      renameSync(join(state, 'control.new'), join(state, 'control'));
    },
    events,
    presentations: () => events().filter((event) => event.startsWith('login ')),
    violations: () => events().filter((event) => event.startsWith('violation ')),
    forget: () => {
      rmSync(calls, { force: true });
      rmSync(join(state, 'failures'), { force: true });
    },
  };
}

function pcscFlags(): readonly string[] {
  return execFileSync('pkg-config', ['--cflags', '--libs', 'libpcsclite'], { encoding: 'utf8' }).trim().split(/\s+/);
}

function readLines(path: string): readonly string[] {
  try {
    return readFileSync(path, 'utf8').split('\n').filter((line) => line !== '');
  } catch {
    // Nothing was called yet.
    return [];
  }
}

export interface ProvisionedDoctor {
  readonly softHsm: SoftHsm;
  readonly certificateSha256: string;
  readonly certificate: Uint8Array;
}

export const testPin = '4711';

/** A SoftHSM token with a doctor's certificate of the test CA, in a sub-folder of `dir`. */
export async function provisionDoctor(dir: string, options: Partial<SoftHsmOptions> = {}): Promise<ProvisionedDoctor> {
  const ca = await createTestCa();
  const doctor = await ca.issue({ kind: 'signing', role: 'Medical Doctor', commonName: 'TEST DOCTOR' });
  const softHsm = await provisionSoftHsm({
    dir: join(dir, 'softhsm'),
    certificate: doctor.certificate.der,
    privateKey: doctor.pkcs8,
    chain: [ca.signing.certificate.der, ca.root.certificate.der],
    pin: testPin,
    ...options,
  });
  return { softHsm, certificateSha256: doctor.certificate.sha256, certificate: doctor.certificate.der };
}
