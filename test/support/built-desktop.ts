/** The desktop app as it is built for installation, in a folder of its own, started over the model of Electron's API. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { launchElectronHost, type HostedApplication, type LaunchOptions } from '../electron-host/launch.ts';
import { variables } from '../electron-host/variables.ts';
import { projectRoot } from './command-line.ts';

export interface BuiltDesktop {
  /** The folder of one user, whose data, settings and single instance all starts share. */
  readonly user: string;
  start(...args: readonly string[]): Promise<HostedApplication>;
  /** As {@link start}, by a program that prepares something and then becomes the app. */
  startUnder(under: readonly [string, ...string[]]): Promise<HostedApplication>;
  /** A start that is expected to end by itself. */
  run(...args: readonly string[]): Promise<{ readonly code: number | null; readonly output: string }>;
  /** What starts it without this launcher, with the same user. */
  readonly byHand: { readonly program: readonly string[]; readonly env: Readonly<Record<string, string>> };
  remove(): Promise<void>;
}

/** A folder that a build (DESKTOP_OUT=…/out) can be started in as in a checkout, without touching the checkout's own. */
export function makeDesktopFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'built-desktop-'));
  for (const name of ['package.json', 'assets']) cpSync(path.join(projectRoot, name), path.join(folder, name), { recursive: true });
  symlinkSync(path.join(projectRoot, 'node_modules'), path.join(folder, 'node_modules'));
  return folder;
}

export function buildDesktop(): BuiltDesktop {
  const folder = makeDesktopFolder();
  const builder = path.join(path.dirname(createRequire(import.meta.url).resolve('electron-vite/package.json')), 'bin/electron-vite.js');
  execFileSync(process.execPath, [builder, 'build', '--logLevel', 'error'], { cwd: projectRoot, env: { ...process.env, NODE_OPTIONS: '', DESKTOP_OUT: path.join(folder, 'out') }, stdio: 'pipe' });
  const user = path.join(folder, 'user');
  const userData = path.join(user, 'electron');
  const main = path.join(folder, 'out/main/index.js');
  // Without a session bus: a person's own desktop locks its screen when it likes.
  const env = { XDG_DATA_HOME: path.join(user, 'share'), XDG_CONFIG_HOME: path.join(user, 'config'), XDG_RUNTIME_DIR: user, DBUS_SESSION_BUS_ADDRESS: '' };
  const running = new Set<HostedApplication>();
  const launch = async (options: Pick<LaunchOptions, 'args' | 'under'>): Promise<HostedApplication> => {
    const app = await launchElectronHost({ ...options, main, env, userData, timeout: 60_000 });
    running.add(app);
    void app.exited.then(() => running.delete(app));
    return app;
  };
  const start: BuiltDesktop['start'] = (...args) => launch({ args });
  return {
    user,
    start,
    startUnder: (under) => launch({ under }),
    run: async (...args) => {
      const app = await start(...args);
      return { code: await app.exited, output: app.output() };
    },
    byHand: {
      program: [process.execPath, '--import', path.join(projectRoot, 'test/electron-host/register.ts'), main],
      env: { ...env, [variables.userData]: userData },
    },
    remove: async () => {
      await Promise.all([...running].map((app) => app.close()));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
