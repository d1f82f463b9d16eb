import type { Command } from 'commander';
import { exitCodes } from '../exit.ts';
import { dataDirOption, jsonOption, type CommandContext } from '../program.ts';
import { tellCardsAreRead } from '../terminal/progress.ts';
import { cardLines } from './status.ts';

export function addReaders(program: Command, context: CommandContext): void {
  const { say, language } = context;
  program
    .command('readers')
    .summary(say({ ja: 'カードリーダーとカードを一覧する', en: 'list readers and cards' }))
    .addOption(dataDirOption(context))
    .addOption(jsonOption(context))
    .action(async (options: { dataDir?: string; json?: boolean }) => {
      const { readConfig } = await import('../../agent/config/read-config.ts');
      const { lookAtCards } = await import('../../agent/look-at-cards.ts');
      const { agentStatus } = await import('../../agent/agent-status.ts');
      const { statusAnswerOf } = await import('../../agent/api/status-view.ts');
      const { version } = await import('../../contract/version.ts');
      const { data, config } = await readConfig(options.dataDir);
      const cards = await lookAtCards(config.settings, data, () => tellCardsAreRead(context));
      if (cards === null) {
        (options.json === true ? process.stderr : process.stdout).write(say({ ja: 'カードによる署名はポリシーで無効です。\n', en: 'Policy has switched card signing off.\n' }));
        if (options.json === true) process.stdout.write('[]\n');
        return;
      }
      const status = statusAnswerOf(agentStatus({ version, instance: '', cards, remote: { provider: null, list: () => [] }, waiting: 0, isClockOff: false, now: Date.now() }), language, null);
      if (options.json === true) process.stdout.write(`${JSON.stringify(status.readers, null, 2)}\n`);
      else process.stdout.write(`${cardLines(status, context).join('\n')}\n`);
      if (cards.service === 'unavailable') process.exitCode = exitCodes.failed;
    });
}
