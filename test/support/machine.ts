/** Suites that are proven against programs of the system: run where those are, never silently passed over. */
import { describe, it } from 'vitest';
import { findProgram, installCommand, missingPrograms } from './programs.ts';

/**
 * `describe` for a suite that needs system programs. Where one is missing the suite is reported as
 * skipped, with the reason and the remedy in its name; with CI=true it fails.
 *
 * `programs`: names on the PATH, or `vpcd`, `libpcsclite`, `softhsm2`, `opensc`, `libxmlsec1-dev`,
 * `libpcsclite-dev` (libraries and headers; see programs.ts).
 */
export function describeWith(programs: readonly string[], name: string, suite: () => void): void {
  const missing = missingPrograms(programs);
  if (missing.length === 0) {
    describe(name, suite);
    return;
  }
  const reason = `needs ${missing.join(', ')}: ${installCommand}`;
  if (process.env['CI'] === 'true') {
    describe(name, () => {
      it(reason, () => {
        throw new Error(`With CI=true nothing is skipped: this suite ${reason}`);
      });
    });
    return;
  }
  describe(`${name} (skipped: ${reason})`, () => {
    it.skip(reason, () => undefined);
  });
}

/** The full path of a program that `describeWith` has already asked for. */
export function programPath(name: string): string {
  const path = findProgram(name);
  if (path === undefined) throw new Error(`${name} is not on this machine: ${installCommand}`);
  return path;
}
