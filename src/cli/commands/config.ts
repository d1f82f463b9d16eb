import type { Command } from 'commander';
import { dataDirOption, jsonOption, type CommandContext } from '../program.ts';

const sourceTexts = {
  policy: { ja: 'ポリシー', en: 'policy' },
  user: { ja: '利用者', en: 'user' },
  default: { ja: '既定', en: 'default' },
} as const;

export function addConfig(program: Command, context: CommandContext): void {
  const { say, language } = context;
  program
    .command('config')
    .summary(say({ ja: '設定を表示する', en: 'show the configuration' }))
    .command('show')
    .summary(say({ ja: '各設定値と、その出所（ポリシー・利用者・既定）', en: 'each setting and where it came from' }))
    .addOption(dataDirOption(context))
    .addOption(jsonOption(context))
    .action(async (options: { dataDir?: string; json?: boolean }) => {
      const { readConfig } = await import('../../agent/config/read-config.ts');
      const { leafPaths } = await import('../../agent/config/resolve.ts');
      const { config, policy } = await readConfig(options.dataDir);
      const rows = leafPaths(config.settings).map((path) => ({
        path,
        value: path.split('.').reduce<unknown>((value, key) => (value as Record<string, unknown>)[key], config.settings),
        source: [...config.sources].find(([leaf]) => path === leaf || path.startsWith(`${leaf}.`))?.[1] ?? 'default',
      }));
      if (options.json === true) {
        process.stdout.write(`${JSON.stringify({ policy: { state: policy.state, place: policy.place }, settings: rows, problems: config.problems }, null, 2)}\n`);
        return;
      }
      process.stdout.write(`${say({ ja: '端末ポリシー', en: 'machine policy' })}: ${policy.place} (${policy.state})\n`);
      for (const row of rows) {
        process.stdout.write(`${row.path.padEnd(30)} ${JSON.stringify(row.value)}  [${say(sourceTexts[row.source])}]\n`);
      }
      for (const problem of config.problems) process.stderr.write(`${problem.source} ${problem.path}: ${problem.reason[language]}\n`);
    });
}
