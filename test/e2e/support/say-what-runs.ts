/** One line before the specs: what they run on, so that nobody takes the model's word for Electron's. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { runsOn } from './runs-on.ts';

export default function sayWhatRuns(): void {
  if (runsOn === 'electron') {
    const { version } = JSON.parse(readFileSync(createRequire(import.meta.url).resolve('electron/package.json'), 'utf8')) as { version: string };
    process.stdout.write(`Electron ${version}\n`);
    return;
  }
  const chromium = execFileSync(process.env['ELECTRON_HOST_CHROMIUM'] ?? '/usr/bin/chromium', ['--version'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  process.stdout.write(`Electron API model over Chromium ${/[\d.]+/.exec(chromium)?.[0] ?? '(unknown)'}, not Electron\n`);
}
