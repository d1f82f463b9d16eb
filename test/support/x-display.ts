/**
 * A screen of a test's own (Xvfb), for programs whose windows no protocol reaches, and a person's hands at it (xdotool).
 *
 * Suites say `describeWith(['Xvfb', 'xdotool'], …)`.
 */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { programPath } from './machine.ts';

const run = promisify(execFile);

export interface XDisplay {
  /** For child processes: `DISPLAY`. */
  readonly name: string;
  /** Titles of the windows that are shown, by id. */
  windows(): Promise<ReadonlyMap<string, string>>;
  /** Types a text, and then a key by its X name, into a window, as a keyboard does. */
  type(window: string, text: string, key?: 'Return' | 'Escape'): Promise<void>;
  stop(): Promise<void>;
}

export async function startDisplay(): Promise<XDisplay> {
  const child = spawn(programPath('Xvfb'), ['-displayfd', '3', '-screen', '0', '1280x900x24', '-nolisten', 'tcp'], { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] });
  process.once('exit', () => child.kill('SIGKILL'));
  const [number] = (await Promise.race([
    once(child.stdio[3] as NodeJS.ReadableStream, 'data'),
    once(child, 'exit').then(() => Promise.reject(new Error('Xvfb has ended'))),
  ])) as [Buffer];
  const name = `:${number.toString().trim()}`;
  const tool = async (...args: readonly string[]): Promise<string> => (await run(programPath('xdotool'), args, { env: { ...process.env, DISPLAY: name } })).stdout;
  return {
    name,
    async windows() {
      // Exits with 1 where there is none.
      const ids = (await tool('search', '--onlyvisible', '--name', '.+').catch(() => '')).split('\n').filter((id) => id !== '');
      const named = await Promise.all(ids.map(async (id) => [id, (await tool('getwindowname', id).catch(() => '')).trim()] as const));
      return new Map(named);
    },
    async type(window, text, key = 'Return') {
      // Without a window manager nobody else gives a window the keyboard.
      await tool('windowfocus', '--sync', window);
      if (text !== '') await tool('type', '--delay', '40', text);
      await tool('key', key);
    },
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill();
      await once(child, 'exit');
    },
  };
}
