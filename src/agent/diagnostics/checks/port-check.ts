import { result, type Check } from '../check.ts';

const title = { ja: '接続ポート', en: 'Port' };

export const checkPort: Check = async ({ portFile, askHealth, portsFree }) => {
  if (portFile !== undefined) {
    switch (await askHealth(portFile)) {
      case 'ours':
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
