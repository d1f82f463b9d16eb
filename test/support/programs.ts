/**
 * The system programs that some suites are proven against, and how to find them. Imported by the
 * suites (through machine.ts) and by scripts/test.ts, so it knows nothing of vitest.
 */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** What is not a program on the PATH: libraries, drivers and headers, by the places Debian and others put them. */
const filesByName: Readonly<Record<string, readonly string[]>> = {
  'vpcd': [
    '/usr/lib/pcsc/drivers/serial/libifdvpcd.so',
    '/usr/lib64/pcsc/drivers/serial/libifdvpcd.so',
    '/usr/local/lib/pcsc/drivers/serial/libifdvpcd.so',
  ],
  'libpcsclite': [
    '/usr/lib/x86_64-linux-gnu/libpcsclite.so.1',
    '/usr/lib/aarch64-linux-gnu/libpcsclite.so.1',
    '/usr/lib64/libpcsclite.so.1',
    '/usr/lib/libpcsclite.so.1',
  ],
  'softhsm2': [
    '/usr/lib/softhsm/libsofthsm2.so',
    '/usr/lib64/softhsm/libsofthsm2.so',
    '/usr/lib64/pkcs11/libsofthsm2.so',
    '/usr/local/lib/softhsm/libsofthsm2.so',
  ],
  'opensc': [
    '/usr/lib/x86_64-linux-gnu/opensc-pkcs11.so',
    '/usr/lib/aarch64-linux-gnu/opensc-pkcs11.so',
    '/usr/lib64/opensc-pkcs11.so',
    '/usr/lib/opensc-pkcs11.so',
  ],
  // Shows the first PIN of a card alone; the one for browsers.
  'opensc-onepin': [
    '/usr/lib/x86_64-linux-gnu/onepin-opensc-pkcs11.so',
    '/usr/lib/aarch64-linux-gnu/onepin-opensc-pkcs11.so',
    '/usr/lib64/onepin-opensc-pkcs11.so',
    '/usr/lib/onepin-opensc-pkcs11.so',
  ],
  // Debian's 64-bit Wine is on no PATH unless its 32-bit half is there too.
  'wine64': ['/usr/lib/wine/wine64'],
  'libxmlsec1-dev': ['/usr/include/xmlsec1/xmlsec/xmlsec.h'],
  'libpcsclite-dev': ['/usr/include/PCSC/winscard.h'],
};

/** Where Debian puts daemons although a user's PATH may not have it. */
const extraFolders = ['/usr/sbin', '/sbin', '/usr/local/sbin'];

function usable(path: string, mode: number): boolean {
  try {
    accessSync(path, mode);
    return true;
  } catch {
    return false;
  }
}

/** The full path of a program, library or header, or undefined when it is not on this machine. */
export function findProgram(name: string): string | undefined {
  const files = filesByName[name];
  if (files !== undefined) return files.find((file) => usable(file, constants.R_OK));
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  return [...folders, ...extraFolders]
    .map((folder) => join(folder, name))
    .find((file) => usable(file, constants.X_OK));
}

export function missingPrograms(names: readonly string[]): readonly string[] {
  return names.filter((name) => findProgram(name) === undefined);
}

/** The command that installs them all on Debian. */
export const installCommand = 'npm run test:machine';
