/**
 * The desktop over virtual cards, for whoever works on it: what src/main/index.ts is for the installed program. Words on
 * the standard input play the clinic.
 */
import { app } from 'electron';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { sandboxPin } from '../../src/sandbox/cards/card-options.ts';
import { openSandboxClinic, type SandboxClinic } from '../../src/sandbox/sandbox-clinic.ts';
import { launchSandboxDesktop } from './sandbox-desktop.ts';

// Nothing of the installed program's is touched: another instance, other settings.
app.setPath('userData', path.join(app.getPath('userData'), 'development'));

const reader = 'Virtual Reader 1';
const plays: Readonly<Record<string, (clinic: SandboxClinic) => void>> = {
  doctor: (clinic) => clinic.insert('doctor'),
  pharmacist: (clinic) => clinic.insert('pharmacist'),
  remove: (clinic) => clinic.readers.remove(reader),
};

launchSandboxDesktop({
  dataRoot: path.join(app.getPath('userData'), 'data'),
  openClinic: openSandboxClinic,
  started: (clinic, { port }) => {
    clinic.insert('doctor');
    process.stdout.write(
      [
        `agent on http://127.0.0.1:${port}  PIN ${sandboxPin}`,
        `カード / cards: ${Object.keys(plays).join(', ')} + Enter`,
        `署名の依頼 / ask for a signature: npm run -s hpki-agent -- sandbox ehr --port ${port} --out signed.xml`,
        '（先にトレイから接続先EHRの追加を開きます / open pairing from the tray first）',
        '',
      ].join('\n'),
    );
    createInterface({ input: process.stdin }).on('line', (word) => plays[word.trim()]?.(clinic));
  },
});
