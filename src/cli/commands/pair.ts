import type { Command } from 'commander';
import type { PairingEnd } from '../../agent/api/pairing.ts';
import { showSafely } from '../../formats/prescription/display-safety.ts';
import { CommandFailure } from '../exit.ts';
import { askRunningAgent } from '../ask-running-agent.ts';
import { dataDirOption, jsonOption, type CommandContext } from '../program.ts';
import { clockTime } from '../terminal/clock-time.ts';
import { pairingEnds } from '../terminal/terminal-texts.ts';

export function addPair(program: Command, context: CommandContext): void {
  const { say } = context;
  const pair = program
    .command('pair')
    .summary(say({ ja: '接続先EHRを追加する（120秒受け付ける）', en: 'let an EHR pair (open for 120 seconds)' }))
    .addOption(dataDirOption(context))
    .action(async (options: { dataDir?: string }) => {
      const end = await askRunningAgent(options.dataDir, { command: 'pairing.open' }, (event) => {
        const { code, clientName, origin, program: path, openUntil } = event as Readonly<Record<string, string | null | undefined>>;
        if (openUntil) {
          const until = clockTime(new Date(openUntil));
          process.stdout.write(say({ ja: `EHRからペアリングを始めてください。${until} まで受け付けます。\n`, en: `Start pairing in the EHR. It is open until ${until}.\n` }));
        }
        if (!code) return;
        const place = origin ?? path ?? say({ ja: '接続元は不明', en: 'from where is unknown' });
        process.stdout.write(`${say({ ja: '依頼元', en: 'Asked by' })}: ${showSafely(clientName ?? '')} <${showSafely(place)}>\n`);
        process.stdout.write(`${say({ ja: 'EHRに入力する番号', en: 'Type this into the EHR' })}:  ${code}\n`);
      });
      const how = (end as { end: PairingEnd }).end;
      const text = pairingEnds[how];
      if (how !== 'paired') throw new CommandFailure(text);
      process.stdout.write(`${say(text)}\n`);
    });
  pair
    .command('list')
    .summary(say({ ja: 'ペアリング済みのEHR', en: 'paired EHRs' }))
    .addOption(dataDirOption(context))
    .addOption(jsonOption(context))
    .action(async (options: { dataDir?: string; json?: boolean }) => {
      const clients = (await askRunningAgent(options.dataDir, { command: 'clients.list' })) as unknown as readonly ClientRow[];
      if (options.json === true) process.stdout.write(`${JSON.stringify(clients, null, 2)}\n`);
      else if (clients.length === 0) process.stdout.write(say({ ja: 'ペアリング済みのEHRはありません。\n', en: 'No EHR is paired.\n' }));
      else {
        for (const client of clients) {
          const state = client.revoked ? say({ ja: '取消済み', en: 'revoked' }) : say({ ja: '有効', en: 'live' });
          process.stdout.write(
            `${client.id}  ${state}  ${showSafely(client.name)}  ${client.origin ?? '-'}  ${say({ ja: '最終利用', en: 'last used' })} ${moment(client.lastUsedAt)}  ${say({ ja: '期限', en: 'until' })} ${moment(client.expiresAt)}\n`,
          );
        }
      }
    });
  pair
    .command('revoke')
    .summary(say({ ja: 'ペアリングを取り消す', en: 'revoke a pairing' }))
    .argument('<ID>', say({ ja: 'pair list のID', en: 'id from pair list' }))
    .addOption(dataDirOption(context))
    .action(async (id: string, options: { dataDir?: string }) => {
      await askRunningAgent(options.dataDir, { command: 'clients.revoke', id });
      process.stdout.write(`${say({ ja: '取り消しました。', en: 'Revoked.' })}\n`);
    });
}

const moment = (iso: string | null): string => (iso === null ? '-' : clockTime(new Date(iso)));

interface ClientRow {
  readonly id: string;
  readonly name: string;
  readonly origin: string | null;
  readonly expiresAt: string | null;
  readonly lastUsedAt: string | null;
  readonly revoked: boolean;
}
