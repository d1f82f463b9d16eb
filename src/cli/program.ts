import { statSync } from 'node:fs';
import { Command, CommanderError, Help, InvalidArgumentError, Option, type HelpConfiguration } from 'commander';
import type { SecretStore } from '../agent/ports.ts';
import { exitCodes } from './exit.ts';
import { explainFailure } from './explain-failure.ts';
import type { Language } from './language.ts';
import { columnsOf } from './terminal/terminal-width.ts';
import { usageError } from './usage-errors.ts';

export interface CommandContext {
  readonly language: Language;
  /** The text in the caller's language. */
  readonly say: (text: { readonly ja: string; readonly en: string }) => string;
  /** The agent's own secrets in this data folder, where this program keeps them. */
  readonly secretsOf: (dataDir: string | undefined) => Promise<SecretStore>;
}

/** Opens the secrets of one folder: files of the user here, the operating system's key store in the desktop app. */
export type OpenSecrets = (folder: string) => Promise<SecretStore>;

const openSecretFiles: OpenSecrets = async (folder) => (await import('../agent/storage/file-secret-store.ts')).fileSecretStore(folder);

/** Adds one command to the program. Actions load their modules when they run, so that `--help` is quick. */
export type AddCommand = (program: Command, context: CommandContext) => void;

/** A folder that is not there yet is a new agent's; anything else than a folder is a slip. */
export const dataDirOption = ({ say }: CommandContext): Option =>
  new Option('--data-dir <DIR>', say({ ja: 'データフォルダー（既定: 利用者ごとの標準の場所）', en: "data folder (default: the user's own)" })).argParser((folder) => {
    if (folder !== '' && isFolderOrAbsent(folder)) return folder;
    throw new InvalidArgumentError(say({ ja: 'フォルダーではありません。フォルダーか、まだない名前を指定してください。', en: 'It is no folder. Give a folder, or a name that is not taken.' }));
  });

function isFolderOrAbsent(folder: string): boolean {
  try {
    return statSync(folder).isDirectory();
  } catch (error) {
    // Other faults are told by what reads or writes there.
    return !['ENOTDIR', 'ELOOP', 'ENAMETOOLONG'].includes((error as NodeJS.ErrnoException).code ?? '');
  }
}

export const jsonOption = ({ say }: CommandContext): Option =>
  new Option('--json', say({ ja: 'JSONで出力する', en: 'print JSON' }));

/** A TCP port on the command line. */
export const portNumber = ({ say }: CommandContext) => (text: string): number => {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : NaN;
  if (port >= 0 && port <= 65_535) return port;
  throw new InvalidArgumentError(say({ ja: '0〜65535の数で指定してください。', en: 'Give a number from 0 to 65535.' }));
};

/** A text of 1 to `max` characters on the command line. */
export const boundedText = ({ say }: CommandContext, max: number) => (text: string): string => {
  if (text.trim() !== '' && text.length <= max) return text;
  throw new InvalidArgumentError(say({ ja: `1〜${max}文字で指定してください。`, en: `Give 1 to ${max} characters.` }));
};

/** Shows command lines that work as they stand, below a command's help. */
export function withExamples(command: Command, { say }: CommandContext, examples: readonly string[], note?: { readonly ja: string; readonly en: string }): Command {
  const lines = examples.map((example) => `  ${example}`).join('\n');
  const text = note === undefined ? '' : `\n\n${say(note)}`;
  return command.addHelpText('after', `\n${say({ ja: '例:', en: 'Examples:' })}\n${lines}${text}`);
}

export function createProgram(language: Language, version: string, commands: readonly AddCommand[], openSecrets: OpenSecrets = openSecretFiles): Command {
  const secretsOf: CommandContext['secretsOf'] = async (dataDir) => {
    const { dataDirectory, defaultDataRoot } = await import('../agent/storage/data-directory.ts');
    return openSecrets(dataDirectory(dataDir ?? defaultDataRoot()).secrets);
  };
  const context: CommandContext = { language, say: (text) => text[language], secretsOf };
  const { say } = context;
  const program = new Command('hpki-agent')
    .description(
      say({
        ja: 'HPKI署名エージェント: EHRから受け取った処方箋・調剤結果にHPKIカードで電子署名します。',
        en: 'HPKI signing agent: signs prescriptions and dispensing results from the EHR with an HPKI card.',
      }),
    )
    .version(version, '-V, --version', say({ ja: '版を表示する', en: 'print the version' }))
    .helpOption('-h, --help', say({ ja: '使い方を表示する', en: 'show help' }))
    .helpCommand(false)
    .showHelpAfterError(say({ ja: '（--help で使い方を表示します）', en: '(--help shows the usage)' }));
  for (const add of commands) add(program, context);
  for (const command of everyCommand(program)) {
    command.exitOverride().helpOption('-h, --help', say({ ja: '使い方を表示する', en: 'show help' }));
    // Positional: else `pair list --data-dir DIR` would give DIR to `pair`.
    command.enablePositionalOptions().helpCommand(false).configureHelp(helpIn(language));
    // A group such as `staff` has only its line in the list of commands.
    if (command.description() === '') command.description(command.summary());
    command.configureOutput({ outputError: (text, write) => write(usageError(text, language)) });
  }
  return program;
}

/** Runs a command line and resolves with its exit code. Every failure is printed with its cause and remedy. */
export async function runProgram(program: Command, argv: readonly string[], language: Language): Promise<number> {
  process.exitCode = exitCodes.ok;
  // What failed where nobody waits for it: Node would print the stack and end likewise.
  process.once('uncaughtException', (error) => {
    process.stderr.write(`hpki-agent: ${explainFailure(error).text[language]}\n`);
    process.exit(exitCodes.failed);
  });
  // `hpki-agent … | head`: the reader has seen enough.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit();
    throw error;
  });
  try {
    await program.parseAsync(argv, { from: 'user' });
    return process.exitCode;
  } catch (error) {
    if (error instanceof CommanderError) {
      return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
    }
    const { text, exitCode } = explainFailure(error);
    process.stderr.write(`hpki-agent: ${text[language]}\n`);
    return exitCode;
  }
}

function* everyCommand(command: Command): Generator<Command> {
  yield command;
  for (const child of command.commands) yield* everyCommand(child);
}

const titles: Readonly<Record<string, string>> = {
  'Usage:': '使い方:',
  'Options:': 'オプション:',
  'Commands:': 'コマンド:',
  'Arguments:': '引数:',
};

function helpIn(language: Language): HelpConfiguration {
  const plain = new Help();
  const required = language === 'ja' ? '（必須）' : ' (required)';
  const optionDescription: HelpConfiguration['optionDescription'] = (option) => plain.optionDescription(option).replace(' (default: [])', '') + (option.mandatory ? required : '');
  if (language === 'en') return { helpWidth: 100, optionDescription };
  const inJapanese = (term: string): string => term.replace('[options]', '[オプション]').replace('[command]', '[コマンド]');
  return {
    helpWidth: 100,
    displayWidth: columnsOf,
    styleTitle: (title) => titles[title] ?? title,
    styleUsage: inJapanese,
    subcommandTerm: (command) => inJapanese(plain.subcommandTerm(command)),
    optionDescription: (option) => optionDescription(option).replace('(default: ', '（既定: ').replace('(choices: ', '（選択肢: ').replace(', default: ', '、既定: ').replace(/\)$/, '）'),
  };
}
