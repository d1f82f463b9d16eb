/** Another application on the same card (other-pcsc-program.c), as 資格確認 programs are beside ours. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { programPath } from './machine.ts';

/** Suites that use it say so with describeWith. */
export const neededByOtherPcscProgram = ['gcc', 'libpcsclite-dev', 'pkg-config'] as const;

/** Compiles it into a folder; the path of the program. */
export function compileOtherPcscProgram(folder: string): string {
  const program = join(folder, 'other-pcsc-program');
  const flags = execFileSync(programPath('pkg-config'), ['--cflags', '--libs', 'libpcsclite'], { encoding: 'utf8' }).trim().split(/\s+/);
  execFileSync(programPath('gcc'), ['-o', program, join(import.meta.dirname, 'other-pcsc-program.c'), ...flags]);
  return program;
}

/** Resolves when the other program has the card; it holds it until told to let go. */
export async function holdCard(program: string, reader: string, how: 'exclusive' | 'transaction'): Promise<{ letGo(): Promise<void> }> {
  const child = spawn(program, [reader, how], { stdio: ['pipe', 'pipe', 'inherit'] });
  const [said] = (await once(child.stdout.setEncoding('utf8'), 'data')) as [string];
  if (said !== 'holding\n') throw new Error(`the other program says ${said}`);
  return {
    async letGo() {
      child.stdin.end();
      const [code] = (await once(child, 'exit')) as [number | null];
      if (code !== 0) throw new Error(`the other program ended with ${String(code)}`);
    },
  };
}
