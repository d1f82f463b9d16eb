import type { Command } from 'commander';
import type { StatusAnswer } from '../../contract/api.ts';
import { sentences } from '../../contract/problem-text.ts';
import { showSafely } from '../../formats/prescription/display-safety.ts';
import { askRunningAgent } from '../ask-running-agent.ts';
import { dataDirOption, jsonOption, type CommandContext } from '../program.ts';
import { authenticationTexts } from '../terminal/authentication-texts.ts';
import { clockTime } from '../terminal/clock-time.ts';

export function addStatus(program: Command, context: CommandContext): void {
  const { say, language } = context;
  program
    .command('status')
    .summary(say({ ja: '起動中のエージェントの状態', en: 'state of the running agent' }))
    .addOption(dataDirOption(context))
    .addOption(jsonOption(context))
    .option('--revive', say({ ja: '停止したカードのモジュールをもう一度起動する', en: 'start a failed card module again' }))
    .action(async (options: { dataDir?: string; json?: boolean; revive?: boolean }) => {
      if (options.revive === true) await askRunningAgent(options.dataDir, { command: 'cards.revive' });
      const { dataDirectory, defaultDataRoot } = await import('../../agent/storage/data-directory.ts');
      const { readPortFile } = await import('../../agent/storage/port-file.ts');
      const answer = (await askRunningAgent(options.dataDir, { command: 'status' })) as unknown as {
        port: number;
        status: StatusAnswer;
        statusEn: StatusAnswer;
      };
      const status = language === 'ja' ? answer.status : answer.statusEn;
      const portFile = await readPortFile(dataDirectory(options.dataDir ?? defaultDataRoot()).portFile);
      if (options.json === true) {
        process.stdout.write(`${JSON.stringify({ port: answer.port, publicKey: portFile?.publicKey ?? null, ...status }, null, 2)}\n`);
        return;
      }
      process.stdout.write(statusLines(answer.port, status, context).join('\n') + '\n');
    });
}

function statusLines(port: number, status: StatusAnswer, context: CommandContext): string[] {
  return [
    `hpki-agent ${status.version}  http://127.0.0.1:${port}`,
    ...cardLines(status, context),
    ...remoteLines(status, context),
    `${context.say({ ja: '待っている要求', en: 'Waiting requests' })}: ${status.waiting}`,
  ];
}

/** Who may sign in the cloud without authenticating first, and until when. Nothing where no service is configured. */
function remoteLines({ remote }: StatusAnswer, { say, language }: CommandContext): string[] {
  if (!remote.configured) return [];
  const sessions = remote.sessions.map(
    ({ staffId, method, until }) => `  ${showSafely(staffId)}: ${authenticationTexts[language].methods[method]} ${say({ ja: `${clockTime(new Date(until))}まで`, en: `until ${clockTime(new Date(until))}` })}`,
  );
  return [`${say({ ja: 'リモート署名', en: 'Remote signing' })}: ${remote.provider ?? ''}`, ...sessions];
}

/** The service, each reader with its card, and what is wrong with its remedy. */
export function cardLines(status: StatusAnswer, { say, language }: CommandContext): string[] {
  const readers = status.readers.map((reader) => {
    const { card, authentication } = reader;
    const text =
      card === null
        ? say(authentication === 'mynumber-card' ? myNumberCard : readerStates[reader.state])
        : `${showSafely(card.name)} (${card.role ?? say({ ja: '資格なし', en: 'no role' })}) ${say({ ja: `残り${card.daysLeft}日`, en: `${card.daysLeft} days left` })}`;
    return `  ${showSafely(reader.name)}: ${text}`;
  });
  return [
    `${say({ ja: 'カードサービス', en: 'Card service' })}: ${say(serviceState(status))}`,
    ...readers,
    ...status.problems.map((problem) => `✖ ${sentences([problem.title, problem.remedy], language)}`),
  ];
}

const myNumberCard = { ja: 'マイナンバーカード（本人認証用。処方箋には署名できません）', en: 'My Number card (for authentication; it does not sign prescriptions)' };

/** Unavailable for no reason: nobody has looked yet. */
function serviceState({ cardService, problems }: StatusAnswer): { readonly ja: string; readonly en: string } {
  if (cardService === 'running') return { ja: '動作しています', en: 'running' };
  return problems.length > 0 ? { ja: '使えません', en: 'unavailable' } : { ja: '調べています', en: 'being looked at' };
}

const readerStates = {
  empty: { ja: 'カードなし', en: 'empty' },
  reading: { ja: '読み取り中', en: 'reading' },
  unknown_card: { ja: '署名用のHPKIカードではありません', en: 'no HPKI signing card' },
  in_use: { ja: '別のプログラムが使用中', en: 'used by another program' },
  identity_card: { ja: '本人認証用のHPKIカード（処方箋には署名できません）', en: 'HPKI card for authentication; it does not sign prescriptions' },
  ready: { ja: '署名できます', en: 'ready' },
} as const;
