import type { Command } from 'commander';
import { dataDirOption, type CommandContext } from '../program.ts';

export function addServe(program: Command, context: CommandContext): void {
  const { say, language, secretsOf } = context;
  program
    .command('serve')
    .summary(say({ ja: 'エージェントを起動する', en: 'run the agent' }))
    .description(
      say({
        ja: 'エージェントを起動し、この端末で内容の確認とPINの入力を求めます。Ctrl-Cで終了します。',
        en: 'Runs the agent and asks for consent and PIN in this terminal. Ctrl-C ends it.',
      }),
    )
    .addOption(dataDirOption(context))
    .action(async (options: { dataDir?: string }) => {
      const { startProduct } = await import('../../agent/start-product.ts');
      const { processPrompts } = await import('../terminal/process-prompts.ts');
      const agent = await startProduct({ dataRoot: options.dataDir, prompts: processPrompts(language), secrets: await secretsOf(options.dataDir) });
      process.stderr.write(
        `${say({ ja: '署名の要求を待っています', en: 'Waiting for signature requests' })}: http://127.0.0.1:${agent.port}\n`,
      );
      await new Promise<void>((resolve) => {
        process.once('SIGINT', () => resolve());
        process.once('SIGTERM', () => resolve());
      });
      await agent.close();
    });
}
