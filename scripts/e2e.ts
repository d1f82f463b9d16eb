/**
 * `npm run e2e`: builds the desktop app and runs its specs over the model of Electron's API (test/electron-host).
 * `npm run e2e:electron`: the same specs on Electron itself, where its binary is. Arguments go to Playwright.
 */
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { electronExecutable } from './electron-binary.ts';

const root = join(import.meta.dirname, '..');
const require = createRequire(import.meta.url);
const [first, ...others] = process.argv.slice(2);
const onElectron = first === '--electron';
const playwrightArguments = onElectron ? others : process.argv.slice(2);

function packageFile(name: string, file: string): string {
  return join(dirname(require.resolve(`${name}/package.json`)), file);
}

function run(script: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): void {
  const { status } = spawnSync(process.execPath, [script, ...args], { cwd: root, stdio: 'inherit', env: { ...process.env, ...env } });
  if (status !== 0) process.exit(status ?? 1);
}

if (onElectron && electronExecutable() === undefined) {
  console.error("e2e: Electron's binary is not here, so no spec ran on Electron. `npx install-electron` fetches it; `npm run e2e` runs the specs over the model.");
  process.exit(1);
}
function runSpecs(...args: readonly string[]): void {
  run(packageFile('@playwright/test', 'cli.js'), ['test', ...args], { E2E_RUNS_ON: onElectron ? 'electron' : 'model' });
}

run(packageFile('electron-vite', 'bin/electron-vite.js'), ['build', '--logLevel', 'error']);
run(join(root, 'test/e2e/app/build.ts'), []);
if (playwrightArguments.length > 0) runSpecs(...playwrightArguments);
else {
  runSpecs('--grep-invert', '@alone');
  // What it measures is only true while nothing else runs.
  runSpecs('--grep', '@alone');
}
