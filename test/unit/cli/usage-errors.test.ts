import { describe, expect, it } from 'vitest';
import { productCommands } from '../../../src/cli/product-commands.ts';
import { createProgram } from '../../../src/cli/program.ts';
import { addSandbox } from '../../../src/cli/commands/sandbox.ts';

/** What is printed for a wrong command line, as commander words it and as we hand it on. */
async function refusalOf(line: string, language: 'ja' | 'en'): Promise<string> {
  const program = createProgram(language, '0', [...productCommands, addSandbox]);
  let printed = '';
  const take = (text: string): void => void (printed += text);
  const quieten = (command: typeof program): void => {
    command.configureOutput({ ...command.configureOutput(), writeErr: take, writeOut: take });
    command.commands.forEach(quieten);
  };
  quieten(program);
  await program.parseAsync(line.split(' '), { from: 'user' }).catch(() => undefined);
  return printed;
}

const wrong: readonly (readonly [line: string, ja: string])[] = [
  ['verify', '引数 FILE を指定してください。'],
  ['verifi', 'コマンド verifi はありません。\n（verify ではありませんか？）'],
  ['verify a b', '引数が多すぎます（1個のところ2個あります）。'],
  ['verify a --no-such', 'オプション --no-such はありません。'],
  ['verify a --at', 'オプション --at <TIME> に値を指定してください。'],
  ['sign a.csv --staff-name x', 'オプション --staff-id <ID> を指定してください。'],
  ['sandbox card --card x', 'オプション --card <WHO> の値「x」は使えません。使える値: doctor, pharmacist, other-doctor, expired, authentication-only, three-tries, my-number。'],
  ['sandbox card --port x', 'オプション --port <PORT> の値「x」は使えません。0〜65535の数で指定してください。'],
];

describe('a wrong command line', () => {
  it.each(wrong)('`%s` is explained in Japanese', async (line, ja) => {
    expect(await refusalOf(line, 'ja')).toBe(`hpki-agent: ${ja}\n（--help で使い方を表示します）\n`);
  });

  it.each(wrong)('`%s` is explained in English to an English caller', async (line) => {
    const text = await refusalOf(line, 'en');
    expect(text).toMatch(/^hpki-agent: [a-z]/);
    expect(text).not.toMatch(/[\u3040-\u30ff\u4e00-\u9fff]/);
  });
});
