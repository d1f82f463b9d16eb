/**
 * `npm test`: everything. With CI=true on Debian as root it first installs the system programs that
 * some suites need; elsewhere it says which suites will be skipped, why, and what to do about it.
 * Arguments go to vitest as they are: `npm test -- test/unit/native`.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { installCommand, missingPrograms } from '../test/support/programs.ts';

const root = join(import.meta.dirname, '..');
const inCi = process.env['CI'] === 'true';
const rootOnDebian = process.getuid?.() === 0 && existsSync('/etc/debian_version');

interface SystemSuite {
  readonly file: string;
  readonly name: string;
  readonly programs: readonly string[];
}

/** Every `describeWith(['a', 'b'], 'name', …)` in the tests, read from their text. */
function systemSuites(): readonly SystemSuite[] {
  const call = /describeWith\(\s*\[([^\]]*)\],\s*(['"`])(.*?)\2/gs;
  return globSync('test/**/*.test.ts', { cwd: root }).sort().flatMap((file) =>
    [...readFileSync(join(root, file), 'utf8').matchAll(call)].map((match) => ({
      file,
      name: match[3] ?? '',
      programs: [...(match[1] ?? '').matchAll(/['"`]([^'"`]+)['"`]/g)].map((quoted) => quoted[1] ?? ''),
    })),
  );
}

function reportSkippedSuites(): void {
  const skipped = systemSuites()
    .map((suite) => ({ ...suite, missing: missingPrograms(suite.programs) }))
    .filter((suite) => suite.missing.length > 0);
  if (skipped.length === 0) return;
  console.log(`${skipped.length} suites need programs that this machine does not have; they will be SKIPPED:`);
  for (const suite of skipped) console.log(`  ${suite.file}: ${suite.name} (needs ${suite.missing.join(', ')})`);
  console.log(`To run them too, on Debian as root: ${installCommand}\n`);
}

if (inCi && rootOnDebian) {
  const install = spawnSync('bash', [join(root, 'scripts/test-machine.sh')], { stdio: 'inherit' });
  if (install.status !== 0) process.exit(install.status ?? 1);
} else if (!inCi) {
  reportSkippedSuites();
}

const vitest = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs');
const run = spawnSync(process.execPath, [vitest, 'run', ...process.argv.slice(2)], { cwd: root, stdio: 'inherit' });
process.exit(run.status ?? 1);
