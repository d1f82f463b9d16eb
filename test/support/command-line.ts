/** The command line as a person or a script meets it: in a process of its own, and on a terminal where one is needed. */
import { spawn, type ChildProcess } from 'node:child_process';
import path from 'node:path';
import { armingMs } from '../../src/cli/terminal/read-pin.ts';

export const projectRoot = path.join(import.meta.dirname, '..', '..');
const checkout = path.join(projectRoot, 'src', 'cli', 'development.ts');

export interface CommandOptions {
  readonly language?: 'ja' | 'en';
  /** Variables to set; undefined takes one away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  /** Another program than the checkout's command line. */
  readonly program?: readonly string[];
  /** On a pseudo-terminal of script(1): suites say describeWith(['script'], …). */
  readonly terminal?: boolean;
}

export interface CommandEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly out: string;
  readonly err: string;
}

export interface RunningCommand {
  readonly pid: number;
  /** Everything printed so far. On a terminal both streams are `out`. */
  readonly out: string;
  readonly err: string;
  readonly ended: Promise<CommandEnd>;
  /** Resolves with the first match on either stream, from `from` on where a pattern is awaited again. Rejects when the command ends first. */
  seen(pattern: RegExp, from?: number): Promise<RegExpMatchArray>;
  type(keys: string): void;
  /** Types until the pattern stands there: keys that come before a question counts them are dropped, and a person types again. */
  typeUntil(keys: string, pattern: RegExp, from?: number): Promise<RegExpMatchArray>;
  /** Ends the standard input. */
  hangUp(): void;
  stop(signal?: NodeJS.Signals): Promise<CommandEnd>;
}

const patienceMs = 60_000;

/** Starts `hpki-agent …args`. */
export function startCommand(args: readonly string[], options: CommandOptions = {}): RunningCommand {
  const { language = 'ja', env = {}, cwd = projectRoot, program = [process.execPath, checkout], terminal = false } = options;
  const line = [...program, ...args];
  const [file = '', ...rest] = terminal ? ['script', '--quiet', '--return', '--flush', '--command', line.map(quote).join(' '), '/dev/null'] : line;
  const locale = language === 'ja' ? 'ja_JP.UTF-8' : 'en_US.UTF-8';
  const child = spawn(file, rest, { cwd, env: { ...process.env, LC_ALL: locale, ...env }, stdio: 'pipe' });
  return watch(child);
}

/** Runs it to its end. */
export function runCommand(args: readonly string[], options: CommandOptions = {}): Promise<CommandEnd> {
  const command = startCommand(args, options);
  command.hangUp();
  return command.ended;
}

/** Runs another program to its end. */
export function runProgram(program: string, args: readonly string[], options: Omit<CommandOptions, 'program'> = {}): Promise<CommandEnd> {
  return runCommand(args, { ...options, program: [program] });
}

function watch(child: ChildProcess): RunningCommand {
  let out = '';
  let err = '';
  let over: CommandEnd | undefined;
  const watchers = new Set<() => void>();
  const tell = (): void => [...watchers].forEach((look) => look());
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    out += text;
    tell();
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    err += text;
    tell();
  });
  child.stdin?.on('error', () => undefined);
  const ended = new Promise<CommandEnd>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      over = { code, signal, out, err };
      resolve(over);
      tell();
    });
  });
  const running: RunningCommand = {
    pid: child.pid ?? 0,
    get out() {
      return out;
    },
    get err() {
      return err;
    },
    ended,
    seen: (pattern, from = 0) =>
      new Promise((resolve, reject) => {
        const give = (answer: () => void): void => {
          clearTimeout(patience);
          watchers.delete(look);
          answer();
        };
        const look = (): void => {
          const match = pattern.exec(out.slice(from)) ?? pattern.exec(err.slice(from));
          if (match !== null) give(() => resolve(match));
          else if (over !== undefined) give(() => reject(new Error(`ended (${over?.code}) before ${pattern}:\n${out}\n${err}`)));
        };
        const patience = setTimeout(() => give(() => reject(new Error(`${pattern} was not seen in:\n${out}\n${err}`))), patienceMs);
        watchers.add(look);
        look();
      }),
    type: (keys) => void child.stdin?.write(keys),
    async typeUntil(keys, pattern, from) {
      const again = setInterval(() => running.type(keys), 2 * armingMs);
      try {
        return await running.seen(pattern, from);
      } finally {
        clearInterval(again);
      }
    },
    hangUp: () => child.stdin?.end(),
    stop(signal = 'SIGTERM') {
      if (over === undefined) child.kill(signal);
      return ended;
    },
  };
  return running;
}

function quote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
