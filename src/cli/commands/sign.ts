import type { Command } from 'commander';
import { AgentNotRunning } from '../../agent/control/control-client.ts';
import type { ControlCommand, Json } from '../../agent/control/control-protocol.ts';
import { CommandFailure, exitCodes } from '../exit.ts';
import { askRunningAgent } from '../ask-running-agent.ts';
import { checkWritable, readUpTo, writeNamedFile } from '../named-files.ts';
import { boundedText, dataDirOption, type CommandContext } from '../program.ts';

interface SignOptions {
  readonly staffId: string;
  readonly staffName: string;
  readonly prescription?: string;
  readonly out?: string;
  readonly dataDir?: string;
}

export function addSign(program: Command, context: CommandContext): void {
  const { say, language } = context;
  program
    .command('sign')
    .summary(say({ ja: 'CSVファイル1件に署名する', en: 'sign one CSV file' }))
    .description(
      say({
        ja: '処方箋CSV（SJ1）または調剤結果CSV（CJ1）に署名します。エージェントが起動していればその画面で、いなければこの端末で確認とPINを求めます。',
        en: 'Signs a prescription (SJ1) or dispensing (CJ1) CSV. Consent and PIN are asked by the running agent, or in this terminal where none runs.',
      }),
    )
    .argument('<FILE>', say({ ja: 'CSVファイル', en: 'CSV file' }))
    .requiredOption('--staff-id <ID>', say({ ja: 'EHRの職員ID', en: 'staff id' }), boundedText(context, 64))
    .requiredOption('--staff-name <NAME>', say({ ja: '職員の氏名', en: 'staff name' }), boundedText(context, 128))
    .option('--prescription <XML>', say({ ja: '調剤結果が内包する署名済み処方箋', en: 'signed prescription that a dispensing result nests' }))
    .option('--out <XML>', say({ ja: '出力先（既定は標準出力）', en: 'file to write (default: standard output)' }))
    .addOption(dataDirOption(context))
    .action(async (file: string, options: SignOptions) => {
      const { MAX_CSV_BYTES } = await import('../../formats/prescription/csv-lines.ts');
      const { xmlLimits } = await import('../../formats/xml/limits.ts');
      // One byte more than the agent takes: it says itself that a document is too large.
      const csv = Buffer.from(await readUpTo(file, MAX_CSV_BYTES + 1));
      const type = csv.subarray(0, 3).toString('latin1') === 'CJ1' ? 'dispensing' : 'prescription';
      if (type === 'dispensing' && options.prescription === undefined) {
        throw new CommandFailure(
          { ja: '調剤結果には --prescription で署名済み処方箋を指定してください。', en: 'A dispensing result needs --prescription with the signed prescription.' },
          exitCodes.usage,
        );
      }
      const command: ControlCommand = {
        command: 'sign',
        staff: { id: options.staffId, name: options.staffName },
        type,
        csv: csv.toString('base64'),
        ...(options.prescription === undefined ? {} : { prescription: Buffer.from(await readUpTo(options.prescription, xmlLimits.size + 1)).toString('base64') }),
      };
      if (options.out !== undefined) await checkWritable(options.out);
      const result = (await signHereOrThere(options.dataDir, command)) as unknown as { xml: string; warnings: readonly { ja: string; en: string }[] };
      for (const warning of result.warnings) process.stderr.write(`⚠ ${warning[language]}\n`);
      const xml = Buffer.from(result.xml, 'base64');
      if (options.out === undefined) process.stdout.write(xml);
      else await writeNamedFile(options.out, xml).catch((error: unknown) => keepOnOutput(error, xml));
    });

  /** What was signed is not lost because the disk has filled up meanwhile. */
  function keepOnOutput(error: unknown, xml: Uint8Array): never {
    if (!(error instanceof CommandFailure)) throw error;
    process.stdout.write(xml);
    const { ja, en } = error.text;
    throw new CommandFailure(
      { ja: `${ja}署名は済んでいます。署名済みXMLは標準出力に出しました。`, en: `${en} It was signed: the XML is on standard output.` },
      exitCodes.failed,
      { cause: error },
    );
  }

  async function signHereOrThere(dataRoot: string | undefined, command: ControlCommand): Promise<Json> {
    const tell = (event: Json): void => {
      const reason = (event as { reason?: { ja: string; en: string } }).reason;
      if (reason !== undefined) process.stderr.write(`… ${reason[language]}\n`);
    };
    try {
      return await askRunningAgent(dataRoot, command, tell);
    } catch (error) {
      if (!(error instanceof AgentNotRunning)) throw error;
    }
    const { startProduct } = await import('../../agent/start-product.ts');
    const { processPrompts } = await import('../terminal/process-prompts.ts');
    const agent = await startProduct({ dataRoot, prompts: processPrompts(language) });
    try {
      return await askRunningAgent(dataRoot, command);
    } finally {
      await agent.close();
    }
  }
}
