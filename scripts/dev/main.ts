/**
 * The desktop over virtual cards, for whoever works on it: what src/main/index.ts is for the installed program. Words on
 * the standard input play the clinic and the system. `--policy FILE`: machine policy from this file; `--days-ahead N`: a
 * clock that is wrong by so many days.
 */
import { app, powerMonitor } from 'electron';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import type { ReadPolicy } from '../../src/agent/config/read-config.ts';
import { systemClock } from '../../src/agent/system-clock.ts';
import { sandboxPin } from '../../src/sandbox/cards/card-options.ts';
import { openSandboxClinic, type SandboxClinic } from '../../src/sandbox/sandbox-clinic.ts';
import { launchSandboxDesktop } from './sandbox-desktop.ts';

// Nothing of the installed program's is touched: another instance, other settings.
app.setPath('userData', path.join(app.getPath('userData'), 'development'));

const { values: options } = parseArgs({ args: process.argv.slice(2), strict: false, options: { policy: { type: 'string' }, 'days-ahead': { type: 'string' } } });
const { policy: policyFile, 'days-ahead': daysAhead = '0' } = options;
const readPolicy: ReadPolicy = async () =>
  typeof policyFile === 'string'
    ? { state: 'read', place: policyFile, content: JSON.parse(await readFile(policyFile, 'utf8')) as unknown }
    : { state: 'none', place: 'sandbox' };
const clock = { ...systemClock, now: () => systemClock.now() + Number(daysAhead) * 24 * 60 * 60 * 1000 };

const reader = 'Virtual Reader 1';
const power = (event: 'lock-screen' | 'unlock-screen' | 'suspend' | 'resume') => () => void powerMonitor.emit(event);
const plays: Readonly<Record<string, (clinic: SandboxClinic) => void>> = {
  doctor: (clinic) => clinic.insert('doctor'),
  pharmacist: (clinic) => clinic.insert('pharmacist'),
  remove: (clinic) => clinic.readers.remove(reader),
  lock: power('lock-screen'),
  unlock: power('unlock-screen'),
  sleep: power('suspend'),
  wake: power('resume'),
  // For the model, whose tray nobody sees: as a click on the Dock's icon.
  home: () => void app.emit('activate'),
};

launchSandboxDesktop({
  dataRoot: path.join(app.getPath('userData'), 'data'),
  openClinic: openSandboxClinic,
  readPolicy,
  clock,
  started: (clinic, { port }) => {
    clinic.insert('doctor');
    process.stdout.write(
      [
        `agent on http://127.0.0.1:${port}  PIN ${sandboxPin}`,
        `カードほか / cards and more: ${Object.keys(plays).join(', ')} + Enter`,
        `署名の依頼 / ask for a signature: npm run -s hpki-agent -- sandbox ehr --port ${port} --out signed.xml`,
        '（先にトレイまたは home から接続先EHRの追加を開きます / open pairing from the tray or by `home` first）',
        '',
      ].join('\n'),
    );
    createInterface({ input: process.stdin }).on('line', (word) => plays[word.trim()]?.(clinic));
  },
});
