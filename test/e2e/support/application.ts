/**
 * The desktop app as the specs see it, the same over the model and on Electron: its windows as Playwright pages, its
 * main process by `evaluate`, and what lies outside the pages by `shell`. Every app has folders of its own.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { _electron as electron, type ElectronApplication } from '@playwright/test';
import { launchElectronHost, type HostedApplication, type LaunchOptions } from '../../electron-host/launch.ts';
import { shellControls, type ShellControls } from '../../electron-host/shell-controls.ts';
import type { SecretStore } from '../../electron-host/variables.ts';
import { runsOn } from './runs-on.ts';

const root = join(import.meta.dirname, '../../..');
const mainFile = join(root, 'out/e2e/main.js');
/** A start brings a Chromium and keys for the cards; on a busy machine that takes its time. */
const timeout = 60_000;
const recorder = join(import.meta.dirname, 'record-electron.mjs');

export type PlayedSecretStore = SecretStore;

export interface StartOptions {
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Of an earlier app, to start on its data; without it a new folder. */
  readonly userData?: string;
  /** On Electron only what Chromium's own switch can choose: none but `basic_text`. */
  readonly secretStore?: SecretStore;
  /** Device pixels per page pixel. */
  readonly scale?: number;
}

/** The part of the model's application that Electron itself can play too. */
export type DesktopApplication = Pick<HostedApplication, 'evaluate' | 'window' | 'windows' | 'addressOf' | 'output' | 'waitForOutput' | 'userData' | 'close'> & {
  readonly shell: ShellControls;
  /** A second start on the same data; resolves with its exit code. */
  startAgain(...args: readonly string[]): Promise<number | null>;
};

/** The app's files stay in its own folder: data, autostart entries, sockets. */
function isolated(userData: string, options: StartOptions): Record<string, string> {
  // With its home: certificates of the person who runs this are none of a spec's business.
  return { HOME: userData, XDG_DATA_HOME: join(userData, 'share'), XDG_CONFIG_HOME: join(userData, 'config'), XDG_RUNTIME_DIR: userData, ...options.env };
}

function optionsForModel(userData: string, options: StartOptions): LaunchOptions {
  const { args = [], secretStore, scale } = options;
  return {
    main: mainFile, args, userData, cwd: root, timeout,
    // A person's own desktop locks its screen when it likes.
    env: { DBUS_SESSION_BUS_ADDRESS: '', ...isolated(userData, options) },
    ...(secretStore === undefined ? {} : { secretStore }), ...(scale === undefined ? {} : { scale }),
  };
}

async function startOverModel(userData: string, options: StartOptions): Promise<DesktopApplication> {
  const app = await launchElectronHost(optionsForModel(userData, options));
  return {
    ...app,
    shell: shellControls(app),
    startAgain: async (...args) => (await launchElectronHost(optionsForModel(userData, { ...options, args }))).exited,
  };
}

/** How Electron is started for the app: `executablePath`, `args` and `env` of either way to start a program. */
function electronOrder(userData: string, options: StartOptions): { readonly executablePath: string; readonly args: string[]; readonly env: Record<string, string> } {
  const { args = [], secretStore, scale } = options;
  if (secretStore !== undefined && secretStore !== 'basic_text') throw new Error(`Electron cannot be told to find the secret store '${secretStore}'`);
  const switches = [
    `--user-data-dir=${userData}`,
    ...(secretStore === undefined ? [] : ['--password-store=basic']),
    ...(scale === undefined ? [] : [`--force-device-scale-factor=${scale}`]),
    ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
  ];
  return {
    executablePath: createRequire(import.meta.url)('electron') as string,
    args: ['--require', recorder, mainFile, ...switches, ...args],
    env: { ...(process.env as Record<string, string>), ...isolated(userData, options), E2E_APP_PATH: root },
  };
}

function launchElectron(userData: string, options: StartOptions): Promise<ElectronApplication> {
  return electron.launch({ ...electronOrder(userData, options), cwd: root });
}

/** Not by Playwright, which would wait for windows that a second start never has. */
function startElectronAgain(userData: string, options: StartOptions): Promise<number | null> {
  const { executablePath, args, env } = electronOrder(userData, options);
  const second = spawn(executablePath, args, { cwd: root, env, stdio: 'ignore' });
  return new Promise((resolve, reject) => {
    second.once('error', reject);
    second.once('exit', resolve);
  });
}

async function startOnElectron(userData: string, options: StartOptions): Promise<DesktopApplication> {
  const app = await launchElectron(userData, options);
  let printed = '';
  for (const stream of [app.process().stdout, app.process().stderr]) stream?.setEncoding('utf8').on('data', (text: string) => { printed += text; });
  const evaluate: HostedApplication['evaluate'] = (work, argument) => app.evaluate(work as never, argument) as never;
  return {
    evaluate,
    window: (address) => until(() => app.windows().find((page) => address.test(page.url())), `A window at ${String(address)}`),
    windows: () => app.windows(),
    addressOf: (page) => page.url(),
    output: () => printed,
    waitForOutput: (pattern) => until(() => (pattern.test(printed) ? true : undefined), `The output ${String(pattern)}`).then(() => undefined),
    userData,
    shell: shellControls({ evaluate }),
    startAgain: (...args) => startElectronAgain(userData, { ...options, args }),
    close: () => app.close(),
  };
}

/** Polls with a deadline, for what has no event. */
async function until<T>(probe: () => T | undefined, what: string): Promise<T> {
  for (const deadline = Date.now() + timeout; Date.now() < deadline;) {
    const found = probe();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error(`${what} did not come`);
}

/** Starts the specs' build of the app. Its data is removed when it is closed, unless `userData` was given. */
export async function startApplication(options: StartOptions = {}): Promise<DesktopApplication> {
  const userData = options.userData ?? mkdtempSync(join(tmpdir(), 'hpki-e2e-'));
  const start = runsOn === 'electron' ? startOnElectron : startOverModel;
  const app = await start(userData, options);
  return {
    ...app,
    close: async () => {
      await app.close();
      if (options.userData === undefined) for (const left of [userData, `${userData}.keychain`]) rmSync(left, { recursive: true, force: true });
    },
  };
}
