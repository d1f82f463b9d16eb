import { version } from '../../../contract/version.ts';
import type { PortFile } from '../../storage/port-file.ts';
import { result, type Check, type CheckResult } from '../check.ts';

const title = { ja: '接続ポート', en: 'Port' };

export const checkPort: Check = async ({ portFile, askHealth, portsFree }) => {
  if (portFile !== undefined) {
    switch (await askHealth(portFile)) {
      case 'ours':
        if (portFile.version !== version) return [otherVersion(portFile)];
        return [result('port', title, 'ok', { ja: `127.0.0.1:${portFile.port} で応答しています`, en: `Answering on 127.0.0.1:${portFile.port}` })];
      case 'foreign':
        return [
          result('port', title, 'problem', { ja: `ポート${portFile.port}で別のプログラムが応答しました`, en: `Another program answers on port ${portFile.port}` }, {
            ja: 'EHRからの送信を止め、そのプログラムを調べてください。エージェントを起動し直すと別のポートを使います。',
            en: 'Stop sending from the EHR and look into that program. The agent takes another port when started again.',
          }),
        ];
      case 'silent':
        break;
    }
  }
  const ports = await portsFree();
  const free = ports.find((port) => port.free);
  const list = ports.map(({ port, holder }) => (holder === null ? String(port) : `${port} (${holder})`)).join(', ');
  return free === undefined
    ? [
        result('port', title, 'problem', { ja: `使えるポートがありません: ${list}`, en: `No port is free: ${list}` }, {
          ja: 'ポリシー api.ports に空いているポートを加えるか、使っているプログラムを終了してください。',
          en: 'Add a free port to the policy api.ports, or end the program that holds them.',
        }),
      ]
    : [
        result('port', title, 'warning', { ja: `エージェントは起動していません（${free.port}は使えます）`, en: `The agent is not running (${free.port} is free)` }, {
          ja: 'hpki-agent serve で起動してください。',
          en: 'Start it with hpki-agent serve.',
        }),
      ];
};

/** An update does not end the agent that it replaces. */
function otherVersion({ port, version: running }: PortFile): CheckResult {
  return result(
    'port',
    title,
    'warning',
    {
      ja: `127.0.0.1:${port} で応答していますが、起動中のエージェントは別の版（${running}）です。このプログラムは ${version} です`,
      en: `Answering on 127.0.0.1:${port}, but the agent that is running is another version (${running}); this program is ${version}`,
    },
    {
      ja: 'エージェントを終了して起動し直してください。終了できないときは、OSからログオフしてログオンし直してください。',
      en: 'End the agent and start it again. Where it cannot be ended, log off from the system and on again.',
    },
  );
}
