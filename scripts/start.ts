/** `npm start`: builds the desktop app and runs it on Electron, with this machine's policy, cards and user. */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { electronExecutable, howToGetElectron } from './electron-binary.ts';

const root = path.join(import.meta.dirname, '..');
const electron = electronExecutable();
if (electron === undefined) {
  console.error(howToGetElectron);
  process.exit(1);
}
const builder = path.join(root, 'node_modules/electron-vite/bin/electron-vite.js');
const built = spawnSync(process.execPath, [builder, 'build', '--logLevel', 'warn'], { cwd: root, stdio: 'inherit' });
if (built.status !== 0) process.exit(built.status ?? 1);
// The folder of package.json is the app. Its `main` is for the package, so that the built file is named here.
const run = spawnSync(electron, [path.join(root, 'out/main/index.js'), ...process.argv.slice(2)], { cwd: root, stdio: 'inherit' });
process.exit(run.status ?? 1);
