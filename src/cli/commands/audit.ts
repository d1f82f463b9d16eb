import { realpath } from 'node:fs/promises';
import path from 'node:path';
import type { Command } from 'commander';
import { CommandFailure, exitCodes } from '../exit.ts';
import { checkWritable, writeNamedFile } from '../named-files.ts';
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

/** A slip in the name, or a link, would write over the log itself, or over the journal beside it. */
async function refuseOwnFiles(out: string, dataDir: string | undefined): Promise<void> {
  const { defaultDataRoot } = await import('../../agent/storage/data-directory.ts');
  const real = (name: string): Promise<string> => realpath(name).catch(() => path.resolve(name));
  // The file need not be there yet.
  const file = await realpath(out).catch(async () => path.join(await real(path.dirname(out)), path.basename(out)));
  const inside = path.relative(await real(dataDir ?? defaultDataRoot()), file);
  if (inside === '..' || inside.startsWith(`..${path.sep}`) || path.isAbsolute(inside)) return;
  throw new CommandFailure(
    { ja: `エージェントのデータフォルダーの中には書き出せません: ${out}。別の場所を指定してください。`, en: `Nothing is exported into the agent's own data folder: ${out}. Give another place.` },
    exitCodes.usage,
  );
}
