/**
 * `npm run dev`: the desktop over virtual cards (scripts/dev/main.ts), built anew and started again when a source changes.
 * `-- --model` runs it over test/electron-host where Electron's binary is not: its windows are then in a Chromium that
 * nobody sees but chrome://inspect of another one (ELECTRON_HOST_DEVTOOLS=9222). Other arguments go to the program.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { watch } from 'node:fs';
import path from 'node:path';
import { bundleMain } from './dev/bundle-main.ts';
import { electronExecutable, howToGetElectron } from './electron-binary.ts';

const root = path.join(import.meta.dirname, '..');
/** As in electron.vite.config.ts. */
const out = path.join(process.env['DESKTOP_OUT'] ?? path.join(root, 'out'), 'dev');
const isModel = process.argv.includes('--model');
const others = process.argv.slice(2).filter((argument) => argument !== '--model');

function startCommand(): readonly [string, ...string[]] {
  const main = path.join(out, 'main.js');
  if (isModel) return [process.execPath, '--import', path.join(root, 'test/electron-host/register.ts'), main, ...others];
  const electron = electronExecutable();
  if (electron !== undefined) return [electron, main, ...others];
  console.error(howToGetElectron);
  process.exit(1);
}

/** Pages, preload and card host as the product has them; only the main file is another. False where the sources are wrong. */
async function build(): Promise<boolean> {
  const builder = path.join(root, 'node_modules/electron-vite/bin/electron-vite.js');
  if (spawnSync(process.execPath, [builder, 'build', '--logLevel', 'warn'], { cwd: root, stdio: 'inherit' }).status !== 0) return false;
  await bundleMain('scripts/dev/main.ts', out);
  return true;
}

const [program, ...programArguments] = startCommand();
let running: ChildProcess | undefined;
let isChanging = false;

function start(): void {
  const child = spawn(program, programArguments, { cwd: root, stdio: 'inherit' });
  running = child;
  child.once('exit', (code) => {
    // Ended by its tray or by Ctrl-C, not by a change of the sources.
    if (running === child && !isChanging) process.exit(code ?? 0);
  });
}

async function startAgain(): Promise<void> {
  isChanging = true;
  const before = running;
  if (await build()) {
    if (before !== undefined && before.exitCode === null) {
      const ended = new Promise((resolve) => before.once('exit', resolve));
      before.kill();
      await ended;
    }
    start();
  }
  isChanging = false;
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => running?.kill(signal) ?? process.exit(0));
if (!(await build())) process.exit(1);
start();

/** Editors write a file in several steps: one build a moment after the last of them. */
let soon: NodeJS.Timeout | undefined;
watch(path.join(root, 'src'), { recursive: true }, () => {
  clearTimeout(soon);
  soon = setTimeout(() => void (isChanging ? undefined : startAgain()), 300);
});
