import { openSync, writeSync, closeSync } from 'node:fs';
import { callersLanguage } from '../cli/language.ts';
import { productCommands } from '../cli/product-commands.ts';
import { createProgram, runProgram } from '../cli/program.ts';
import { version } from '../contract/version.ts';
import type { LaunchOrder } from './launch-order.ts';

/** The names of the command line's commands. */
export function commandNames(): ReadonlySet<string> {
  return new Set(createProgram('ja', version, productCommands).commands.map((command) => command.name()));
}

/** Runs one command line before any window and resolves with its exit code. */
export async function runCommand({ argv, out }: Extract<LaunchOrder, { order: 'command' }>): Promise<number> {
  const language = callersLanguage();
  const program = createProgram(language, version, productCommands);
  if (out === null) return runProgram(program, argv, language);
  const file = openSync(out, 'w', 0o600);
  const write = process.stdout.write.bind(process.stdout);
  process.stdout.write = (chunk: string | Uint8Array): boolean => {
    writeSync(file, typeof chunk === 'string' ? Buffer.from(chunk, 'utf8') : chunk);
    return true;
  };
  try {
    return await runProgram(program, argv, language);
  } finally {
    process.stdout.write = write;
    closeSync(file);
  }
}
