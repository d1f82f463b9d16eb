import { app, MessageChannelMain, type WebContents } from 'electron';
import path from 'node:path';
import type { WindowName } from '../contract/ipc/windows.ts';
import type { PinPort } from '../native/host/pin-port.ts';
import { pinPortChannel, type PushName } from './channels.ts';
import type { DialogSurface } from './dialog-desk.ts';
import { PageWindow } from './page-window.ts';
import { windowShapes } from './window-shapes.ts';

export interface WindowEvents {
  readonly lost: (window: WindowName) => void;
  readonly closed: (window: WindowName) => void;
}

export type DesktopWindows = Readonly<Record<WindowName, PageWindow>>;

/** The windows, warm and hidden. */
export function buildWindows(preload: string, { lost, closed }: WindowEvents): DesktopWindows {
  const icon = path.join(app.getAppPath(), 'assets', 'icon.png');
  const build = (name: WindowName, shape: ConstructorParameters<typeof PageWindow>[0]['shape'] = {}): PageWindow =>
    new PageWindow({ name, preload, shape: { ...windowShapes[name], ...shape, icon }, onLost: () => lost(name), onClosed: () => closed(name) });
  return {
    signature: build('signature', { alwaysOnTop: true, minimizable: false, maximizable: false }),
    authentication: build('authentication', { alwaysOnTop: true, minimizable: false, maximizable: false }),
    pairing: build('pairing', { alwaysOnTop: true, minimizable: false, maximizable: false }),
    home: build('home'),
  };
}

export function windowOf(windows: DesktopWindows, contents: WebContents): WindowName | undefined {
  return (Object.keys(windows) as WindowName[]).find((name) => windows[name].has(contents));
}

/** A window as the desk sees it whose questions it shows. */
export function surfaceOf<View>(window: PageWindow, channel: PushName): DialogSurface<View> {
  return {
    push(view) {
      if (view !== null) window.wake();
      window.push(channel, view);
    },
    show: () => window.show(),
    hide: () => window.hide(),
    rebuild: () => window.rebuild(),
  };
}

/** The other end goes to the page, for this dialog's PIN. */
export function pinPortTo(window: PageWindow, dialog: string): PinPort {
  const { port1, port2 } = new MessageChannelMain();
  window.contents()?.postMessage(pinPortChannel, dialog, [port1]);
  return port2;
}
