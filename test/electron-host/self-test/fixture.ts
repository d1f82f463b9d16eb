/** Builds the fixture app once for a test file, and starts it as often as a test wants. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { vi } from 'vitest';
import { launchElectronHost, type HostedApplication, type LaunchOptions } from '../launch.ts';
import { shellControls, type ShellControls } from '../shell-controls.ts';

export interface RunningFixture extends HostedApplication {
  readonly shell: ShellControls;
  /** What the fixture's main process noted, in order. */
  seen(): Promise<readonly string[]>;
  /** What its card host has sent. */
  hostSaid(): Promise<readonly unknown[]>;
}

declare global {
  /** The fixture's state, in its main process. */
  var fixture: {
    readonly seen: string[];
    readonly hostSaid: unknown[];
    readonly sealed: { readonly clear: boolean; readonly opened: string };
    readonly window: Electron.BrowserWindow;
    readonly cardHost: Electron.UtilityProcess;
  };
}

export interface BuiltFixture {
  start(options?: Partial<LaunchOptions>): Promise<RunningFixture>;
  /** Ends whatever is still running and removes the build. */
  remove(): Promise<void>;
}

// Every start is a Chromium, and the machine may be busy.
vi.setConfig({ testTimeout: 90_000, hookTimeout: 90_000 });

/** Polls an expectation until it holds: the machine may be busy. */
export const eventually = (holds: () => void | Promise<void>): Promise<void> => vi.waitFor(holds, { timeout: 30_000, interval: 50 });

export function buildFixture(): BuiltFixture {
  const folder = mkdtempSync(join(tmpdir(), 'electron-host-fixture-'));
  const source = join(import.meta.dirname, 'fixture');
  copyFileSync(join(source, 'package.json'), join(folder, 'package.json'));
  const builder = join(dirname(createRequire(import.meta.url).resolve('electron-vite/package.json')), 'bin/electron-vite.js');
  execFileSync(process.execPath, [builder, 'build', '-c', join(source, 'electron.vite.config.ts')], { env: { ...process.env, FIXTURE_OUT: join(folder, 'out') }, stdio: 'pipe' });
  const running = new Set<RunningFixture>();
  return {
    start: async (options = {}) => {
      const app = await launchElectronHost({ main: join(folder, 'out/main/index.js'), timeout: 30_000, ...options });
      const started: RunningFixture = {
        ...app,
        shell: shellControls(app),
        seen: () => app.evaluate(() => fixture.seen, undefined),
        hostSaid: () => app.evaluate(() => fixture.hostSaid, undefined),
      };
      running.add(started);
      void app.exited.then(() => running.delete(started));
      return started;
    },
    remove: async () => {
      await Promise.all([...running].map((app) => app.close()));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
