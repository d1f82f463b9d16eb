import { safeStorage } from 'electron';
import { explainFailure } from '../cli/explain-failure.ts';
import { callersLanguage } from '../cli/language.ts';
import { checkWritable } from '../cli/named-files.ts';
import { refuseOwnFiles } from '../cli/own-files.ts';
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
  if (out === null) {
    const code = await runProgram(program, argv, language);
    await Promise.all([process.stdout, process.stderr].map(written));
    return code;
  }
  try {
    await refuseOwnFiles(out, valueOf('--data-dir', argv));
    await checkWritable(out);
  } catch (error) {
    const { text, exitCode } = explainFailure(error);
    process.stderr.write(`hpki-agent: ${text[language]}\n`);
    return exitCode;
  }
  const answer = openAnswerFile(out);
  try {
    return await runProgram(program, argv, language);
  } finally {
    answer.close();
  }
}

/** Electron ends without waiting for a pipe, which takes some 64 KiB before its reader has to. */
function written(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => void stream.write('', () => resolve()));
}

/** The last one, as the command itself takes it. */
function valueOf(option: string, argv: readonly string[]): string | undefined {
  const at = argv.findLastIndex((argument) => argument === option || argument.startsWith(`${option}=`));
  return argv[at]?.startsWith(`${option}=`) === true ? argv[at].slice(option.length + 1) : at < 0 ? undefined : argv[at + 1];
}
