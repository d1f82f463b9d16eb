import { safeStorage } from 'electron';
import { callersLanguage } from '../cli/language.ts';
import { productCommands } from '../cli/product-commands.ts';
import { createProgram, runProgram } from '../cli/program.ts';
import { version } from '../contract/version.ts';
import { openAnswerFile } from './answer-file.ts';
import type { LaunchOrder } from './launch-order.ts';
import { safeStorageSecrets } from './safe-storage-secrets.ts';

/** The names of the command line's commands. */
export function commandNames(): ReadonlySet<string> {
  return new Set(createProgram('ja', version, productCommands).commands.map((command) => command.name()));
}

/**
 * Runs one command line before any window and resolves with its exit code. What the running agent knows it is asked for
 * (src/cli/ask-running-agent.ts); secrets are read where the desktop keeps them.
 */
export async function runCommand({ argv, out }: Extract<LaunchOrder, { order: 'command' }>): Promise<number> {
  const language = callersLanguage();
  const program = createProgram(language, version, productCommands, (folder) => safeStorageSecrets(safeStorage, folder));
  if (out === null) return runProgram(program, argv, language);
  const answer = openAnswerFile(out);
  try {
    return await runProgram(program, argv, language);
  } finally {
    answer.close();
  }
}
