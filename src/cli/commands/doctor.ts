import type { Command } from 'commander';
import type { CheckResult } from '../../agent/diagnostics/check.ts';
import { exitCodes } from '../exit.ts';
import { dataDirOption, jsonOption, type CommandContext } from '../program.ts';
import { tellCardsAreRead } from '../terminal/progress.ts';
import { checkLines, contactLine, writeChecks } from '../terminal/write-checks.ts';

export function addDoctor(program: Command, context: CommandContext): void {
  const { say, language, secretsOf } = context;
  program
    .command('doctor')
    .summary(say({ ja: '自己診断（原因と対処を1行ずつ）', en: 'self-diagnosis: each check with its remedy' }))
    .description(
      say({
        ja: 'ポリシー、保存先、ポート、モジュール、カード、証明書、署名サービスへの接続を順に調べます。PINは使いません。問題があれば終了コード1。',
        en: 'Looks at policy, storage, port, modules, cards, certificates and the way to signing services. Uses no PIN. Exit code 1 where something is wrong.',
      }),
    )
    .addOption(dataDirOption(context))
    .addOption(jsonOption(context))
    .action(async (options: { dataDir?: string; json?: boolean }) => {
      const { gatherParts } = await import('../../agent/diagnostics/gather-parts.ts');
      const { diagnose } = await import('../../agent/diagnostics/diagnose.ts');
      const parts = await gatherParts(options.dataDir, () => tellCardsAreRead(context), { secrets: await secretsOf(options.dataDir) });
      const results: CheckResult[] = [];
      for await (const result of diagnose(parts)) {
        results.push(result);
        if (options.json === true) continue;
        process.stdout.write(checkLines(result, language));
      }
      if (options.json === true) writeChecks(results, 'json');
      else process.stdout.write(contactLine(results, parts.config.settings.support.contact, language));
      process.exitCode = results.some((result) => result.status === 'problem') ? exitCodes.failed : exitCodes.ok;
    });
}
