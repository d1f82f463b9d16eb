import type { Command } from 'commander';
import { exitCodes } from '../exit.ts';
import { checkWritable, writeNamedFile } from '../named-files.ts';
import { refuseOwnFiles } from '../own-files.ts';
import { dataDirOption, jsonOption, type CommandContext } from '../program.ts';

export function addAudit(program: Command, context: CommandContext): void {
  const { say, language, secretsOf } = context;
  const audit = program.command('audit').summary(say({ ja: '監査ログを検証・出力する', en: 'verify or export the audit log' }));
  audit
    .command('verify')
    .summary(say({ ja: '改ざん・削除・入れ替えがないか調べる', en: 'find edits, deletions and reordering' }))
    .addOption(dataDirOption(context))
    .addOption(jsonOption(context))
    .action(async (options: { dataDir?: string; json?: boolean }) => {
      const { verifyStoredAudit } = await import('../../agent/stored-audit.ts');
      const verdict = await verifyStoredAudit(options.dataDir, await secretsOf(options.dataDir));
      process.stdout.write(options.json === true ? `${JSON.stringify(verdict)}\n` : `${verdict.text[language]}\n`);
      process.exitCode = verdict.ok ? exitCodes.ok : exitCodes.failed;
    });
  audit
    .command('export')
    .summary(say({ ja: 'CSVで出力する', en: 'export as CSV' }))
    .addOption(dataDirOption(context))
    .option('--csv', say({ ja: 'CSV形式（ほかの形式はない）', en: 'as CSV (there is no other format)' }))
    .option('--out <FILE>', say({ ja: '出力先（既定は標準出力）', en: 'file to write (default: standard output)' }))
    .action(async (options: { dataDir?: string; out?: string }) => {
      const { exportStoredAudit } = await import('../../agent/stored-audit.ts');
      if (options.out !== undefined) {
        await refuseOwnFiles(options.out, options.dataDir);
        await checkWritable(options.out);
      }
      const csv = await exportStoredAudit(options.dataDir);
      if (csv === '') process.stderr.write(`${say({ ja: '記録はまだありません。', en: 'There are no entries yet.' })}\n`);
      if (options.out === undefined) process.stdout.write(csv);
      else await writeNamedFile(options.out, csv);
    });
}
