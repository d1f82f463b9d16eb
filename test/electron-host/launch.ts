/**
 * Starts a built app over the model, in the shape of Playwright's ElectronApplication, so that a spec that keeps to that
 * shape runs on a real Electron too. Pages are real Playwright pages.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium, type Browser, type Page } from 'playwright-core';
import type * as Electron from 'electron';
import { fromChromium } from './electron/addresses.ts';
import type { ControlAnswer, ControlRequest } from './electron/control.ts';
import { variables, type SecretStore } from './variables.ts';

export interface LaunchOptions {
  /** The built main file: out/main/index.js. */
  readonly main: string;
  /** A program that prepares something and then becomes the app, such as `unshare`: with its arguments. */
  readonly under?: readonly [string, ...string[]];
  readonly args?: readonly string[];
  /** Added to this process's environment; undefined takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  /** `app.getPath('userData')`. Without it a temporary folder that `close` removes. */
  readonly userData?: string;
  readonly secretStore?: SecretStore;
  readonly packaged?: boolean;
  readonly locale?: string;
  readonly scale?: number;
  /** Milliseconds for every wait; 15,000 by default. */
  readonly timeout?: number;
}

export interface HostedApplication {
  /** Runs a function, by its source text, in the main process; its first argument is the `electron` module. */
  evaluate<R, A = undefined>(work: (electron: typeof Electron, argument: A) => R | Promise<R>, argument?: A): Promise<R>;
  firstWindow(): Promise<Page>;
  /** The page whose address (the app's own: `app://…`) matches, as soon as there is one. */
  window(address: RegExp): Promise<Page>;
  windows(): readonly Page[];
  /** The app's own address of a page, instead of Chromium's. */
  addressOf(page: Page): string;
  process(): ChildProcess;
  /** Resolves with the exit code, null after a signal. */
  readonly exited: Promise<number | null>;
  /** Everything that the main process and its children have printed. */
  output(): string;
  waitForOutput(pattern: RegExp): Promise<void>;
  readonly userData: string;
  /** `app.quit()`. Rejects when the app does not end by itself, after it was killed. */
  close(): Promise<void>;
}

const register = fileURLToPath(new URL('./register.ts', import.meta.url));

/** A poll with a deadline, for what has no event: `probe` gives undefined until it has an answer. */
async function until<T>(timeout: number, probe: () => T | undefined | Promise<T | undefined>, failure: () => string): Promise<T> {
  for (const deadline = Date.now() + timeout; Date.now() < deadline;) {
    const found = await probe();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(failure());
}

export async function launchElectronHost(options: LaunchOptions): Promise<HostedApplication> {
  const timeout = options.timeout ?? 15_000;
  const userData = options.userData ?? mkdtempSync(join(tmpdir(), 'electron-host-'));
  const set: Readonly<Record<string, string | undefined>> = {
    [variables.control]: '1',
    [variables.userData]: userData,
    [variables.packaged]: options.packaged === true ? '1' : undefined,
    [variables.secretStore]: options.secretStore,
    [variables.locale]: options.locale,
    [variables.scale]: options.scale === undefined ? undefined : String(options.scale),
    PWTEST_SERVER_REGISTRY: join(userData, 'registry'), // where Playwright leaves descriptions of bound browsers
    NODE_OPTIONS: undefined, // a test runner's own are not the app's
    ...options.env,
  };
  const env = Object.fromEntries(Object.entries({ ...process.env, ...set }).filter(([, value]) => value !== undefined));
  const [program, ...before] = [...(options.under ?? []), process.execPath] as [string, ...string[]];
  const child = spawn(program, [...before, '--import', register, options.main, ...(options.args ?? [])], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'], serialization: 'advanced', env, cwd: options.cwd ?? process.cwd(),
  });
  await once(child, 'spawn');
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', (text: string) => { printed += text; });
  const exited = new Promise<number | null>((resolve) => child.once('close', resolve));
  const hasExited = (): boolean => child.exitCode !== null || child.signalCode !== null;
  const failure = (what: string) => (): string => `${what}\n--- what the app printed:\n${printed}`;

  const ask = askMain(child, exited, failure);
  let browser: Browser | undefined;
  const connected = async (): Promise<Browser> => (browser ??= await chromium.connect((await ask({ kind: 'endpoint' })) as string));
  const crashed = new WeakSet<Page>();
  const watched = new WeakSet<Page>();
  const pages = (): readonly Page[] => {
    const open = browser?.contexts().flatMap((context) => context.pages()) ?? [];
    for (const page of open) {
      if (!watched.has(page)) page.once('crash', () => crashed.add(page));
      watched.add(page);
    }
    return open.filter((page) => !crashed.has(page));
  };
  const addressOf = (page: Page): string => fromChromium(page.url());
  const pageWhere = async (accept: (page: Page) => boolean, what: string): Promise<Page> => {
    await connected();
    return until(timeout, () => pages().find(accept), failure(`There is no ${what} among: ${pages().map(addressOf).join(', ')}`));
  };

  return {
    evaluate: async (work, argument) => (await ask({ kind: 'evaluate', source: String(work), argument })) as Awaited<ReturnType<typeof work>>,
    firstWindow: () => pageWhere((page) => page.url() !== 'about:blank', 'window'),
    window: (address) => pageWhere((page) => address.test(addressOf(page)), `window at ${String(address)}`),
    windows: pages,
    addressOf,
    process: () => child,
    exited,
    output: () => printed,
    waitForOutput: async (pattern) => {
      await until(timeout, () => (pattern.test(printed) ? true : hasExited() ? false : undefined), failure(`The app did not print ${String(pattern)}`));
      if (!pattern.test(printed)) throw new Error(failure(`The app ended without printing ${String(pattern)}`)());
    },
    userData,
    close: async () => {
      const end = { killed: false };
      if (!hasExited()) {
        await ask({ kind: 'evaluate', source: '({ app }) => { setImmediate(() => app.quit()); }' }).catch(() => undefined); // it may be ending already
        const deadline = setTimeout(() => { end.killed = child.kill('SIGKILL'); }, timeout);
        await exited;
        clearTimeout(deadline);
      }
      await browser?.close().catch(() => undefined); // its server is gone with the app
      if (options.userData === undefined) for (const left of [userData, `${userData}.keychain`]) rmSync(left, { recursive: true, force: true });
      if (end.killed) throw new Error(failure('The app did not end after app.quit() and was killed')());
    },
  };
}

type Question = { readonly kind: 'endpoint' } | { readonly kind: 'evaluate'; readonly source: string; readonly argument?: unknown };

function askMain(child: ChildProcess, exited: Promise<number | null>, failure: (what: string) => () => string): (question: Question) => Promise<unknown> {
  const waiting = new Map<number, { readonly resolve: (value: unknown) => void; readonly reject: (reason: Error) => void }>();
  let last = 0;
  child.on('message', ({ id, ok, value }: ControlAnswer) => {
    const asked = waiting.get(id);
    waiting.delete(id);
    if (ok) asked?.resolve(value);
    else asked?.reject(new Error(String(value)));
  });
  void exited.then((code) => {
    for (const { reject } of waiting.values()) reject(new Error(failure(`The app ended with ${String(code)}`)()));
  });
  return (question) => new Promise((resolve, reject) => {
    const id = ++last;
    waiting.set(id, { resolve, reject });
    const request: ControlRequest = question.kind === 'endpoint' ? { kind: 'endpoint', id } : { kind: 'evaluate', id, source: question.source, argument: question.argument };
    child.send(request, (error) => {
      if (error) reject(new Error(failure('The app has ended')()));
    });
  });
}
