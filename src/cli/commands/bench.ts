import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Option, type Command } from 'commander';
import { exitCodes } from '../exit.ts';
import { jsonOption, type CommandContext } from '../program.ts';

interface BenchOptions {
  readonly rows?: string;
  readonly quick?: boolean;
  readonly long?: boolean;
  readonly json?: boolean;
}

/** Only in a checkout: what is measured against is not part of the product. */
export function addBench(program: Command, context: CommandContext): void {
  const { say } = context;
  program
    .command('bench')
    .summary(say({ ja: '速さとメモリを、比べる相手と並べて測る', en: 'measure speed and memory beside competitors and floors' }))
    .description(
      say({
        ja: '同じ実行の中で、xadesjs・xmlsec1・PKCS#11のCプログラムと交互に測り、表を表示してbench/results.jsonに書きます。目標に届かない行があれば終了コードは1です。',
        en: 'Measures in turn with xadesjs, xmlsec1 and a PKCS#11 program in C within one run, prints one table and writes bench/results.json. Ends with 1 where a target is missed.',
      }),
    )
    .argument('[group]', say({ ja: '行のまとまり: remote（リモート署名）', en: 'a group of rows: remote' }))
    .addOption(new Option('--rows <LIST>', say({ ja: '測る行（例: 1,2,4）', en: 'rows to measure, such as 1,2,4' })))
    .option('--quick', say({ ja: '回数を減らして目安だけを得る', en: 'fewer rounds, for a first orientation' }))
    .option('--long', say({ ja: '行9で10,000件の署名も行う', en: 'in row 9 also make 10,000 signatures' }))
    .addOption(jsonOption(context))
    .action(async (group: string | undefined, options: BenchOptions) => {
      const entry = fileURLToPath(new URL('../../../test/bench/run.ts', import.meta.url));
      const flags = [
        ...(group === undefined ? [] : [group]),
        ...(options.rows === undefined ? [] : ['--rows', options.rows]),
        ...(['quick', 'long', 'json'] as const).filter((name) => options[name] === true).map((name) => `--${name}`),
      ];
      const child = spawn(process.execPath, [entry, ...flags], { stdio: 'inherit' });
      const [code] = (await once(child, 'exit')) as [number | null];
      process.exitCode = code ?? exitCodes.failed;
    });
}
