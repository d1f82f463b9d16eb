import { app, type WebContents } from 'electron';
import path from 'node:path';
import type { WindowName } from '../contract/ipc.ts';
import { PageWindow } from './page-window.ts';

export interface WindowEvents {
  readonly lost: (window: WindowName) => void;
  readonly closed: (window: WindowName) => void;
}

export type DesktopWindows = Readonly<Record<WindowName, PageWindow>>;

/** The three windows, warm and hidden. */
export function buildWindows(preload: string, { lost, closed }: WindowEvents): DesktopWindows {
  const icon = path.join(app.getAppPath(), 'assets', 'icon.png');
  const build = (name: WindowName, shape: ConstructorParameters<typeof PageWindow>[0]['shape']): PageWindow =>
    new PageWindow({ name, preload, shape: { ...shape, icon }, onLost: () => lost(name), onClosed: () => closed(name) });
  return {
    signature: build('signature', { width: 720, height: 760, minWidth: 480, minHeight: 480, alwaysOnTop: true, minimizable: false, maximizable: false }),
    pairing: build('pairing', { width: 560, height: 520, minWidth: 420, minHeight: 400, alwaysOnTop: true, minimizable: false, maximizable: false }),
    home: build('home', { width: 960, height: 720, minWidth: 640, minHeight: 480 }),
  };
}

export function windowOf(windows: DesktopWindows, contents: WebContents): WindowName | undefined {
  return (Object.keys(windows) as WindowName[]).find((name) => windows[name].has(contents));
}
