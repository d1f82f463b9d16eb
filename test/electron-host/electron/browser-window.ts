/** `BrowserWindow` and `webContents`: a window frame with a page in it, and the list of all of them. */
import type * as Electron from 'electron';
import { app, lifecycle } from './app.ts';
import { cancellable, notModelled } from './refusal.ts';
import { session, Session } from './session.ts';
import { WebContents } from './web-contents.ts';
import { WindowFrame } from './window-frame.ts';

/** Only what Electron's security checklist asks for is modelled. What is not here would silently weaken the page. */
const safe: Readonly<Partial<Record<keyof Electron.WebPreferences, unknown>>> = {
  sandbox: true,
  contextIsolation: true,
  nodeIntegration: false,
  nodeIntegrationInWorker: false,
  nodeIntegrationInSubFrames: false,
  webSecurity: true,
  allowRunningInsecureContent: false,
  experimentalFeatures: false,
  webviewTag: false,
  javascript: true,
  offscreen: false,
};
const unsupported: readonly (keyof Electron.WebPreferences)[] = ['partition', 'enableBlinkFeatures', 'disableBlinkFeatures'];

function checkPreferences(preferences: Electron.WebPreferences): void {
  if (preferences.session !== undefined && !(preferences.session instanceof Session)) throw new TypeError('Error processing argument: webPreferences.session is no Session');
  for (const [name, value] of Object.entries(preferences) as [keyof Electron.WebPreferences, unknown][]) {
    const weaker = name in safe && value !== undefined && value !== safe[name];
    if (weaker || (unsupported.includes(name) && value !== undefined)) throw notModelled(`webPreferences.${name}: ${JSON.stringify(value)}`);
  }
}

const windows = new Map<number, BrowserWindow>();
let lastId = 0;

type Members = 'id' | 'loadURL' | 'loadFile' | 'reload' | 'close' | 'destroy';

export class BrowserWindow extends WindowFrame implements Pick<Electron.BrowserWindow, Members> {
  readonly id = ++lastId;
  readonly #contents: WebContents;

  constructor(options: Electron.BrowserWindowConstructorOptions = {}) {
    if (!app.isReady()) throw new Error('Cannot create BrowserWindow before app is ready');
    const preferences = options.webPreferences ?? {};
    checkPreferences(preferences);
    super(options);
    const { width, height } = this.getBounds();
    const settings = { width, height, preload: preferences.preload, additionalArguments: preferences.additionalArguments ?? [], session: (preferences.session as Session | undefined) ?? session.defaultSession };
    this.#contents = new WebContents(settings, preferences.backgroundThrottling ?? true, {
      readyToShow: () => this.emit('ready-to-show', {}),
      closedByPage: () => this.destroy(),
    });
    windows.set(this.id, this);
    queueMicrotask(() => app.emit('browser-window-created', {}, this));
  }

  /** Throws once the window is destroyed, as Electron does: late listeners must keep a reference of their own. */
  get webContents(): WebContents {
    this.mustLive();
    return this.#contents;
  }

  loadURL(url: string): Promise<void> {
    return this.webContents.loadURL(url);
  }

  loadFile(path: string): Promise<void> {
    return this.webContents.loadFile(path);
  }

  reload(): void {
    this.webContents.reload();
  }

  /** May be refused by a listener of 'close'. */
  close(): void {
    this.mustLive();
    const event = cancellable({});
    this.emit('close', event);
    if (!event.defaultPrevented) this.destroy();
  }

  /** Cannot be refused, and emits no 'close'. */
  destroy(): void {
    if (this.isDestroyed()) return;
    this.markDestroyed();
    windows.delete(this.id);
    this.#contents.destroyNow();
    this.emit('closed');
    lifecycle.windowClosed();
  }

  protected override shownOrHidden(visible: boolean): void {
    this.#contents.showOrHide(visible);
  }

  protected override focused(): void {
    this.#contents.bringToFront();
  }

  protected override resized(width: number, height: number): void {
    this.#contents.resize(width, height);
  }

  static getAllWindows(): BrowserWindow[] {
    return [...windows.values()];
  }

  static fromId(id: number): BrowserWindow | null {
    return windows.get(id) ?? null;
  }

  static fromWebContents(contents: { readonly id: number }): BrowserWindow | null {
    return BrowserWindow.getAllWindows().find((window) => window.webContents.id === contents.id) ?? null;
  }

  static getFocusedWindow(): BrowserWindow | null {
    return BrowserWindow.getAllWindows().find((window) => window === WindowFrame.focusedWindow()) ?? null;
  }
}

lifecycle.knowWindows(() => BrowserWindow.getAllWindows());

export const webContents = {
  getAllWebContents: (): WebContents[] => BrowserWindow.getAllWindows().map((window) => window.webContents),
  fromId: (id: number): WebContents | undefined => webContents.getAllWebContents().find((contents) => contents.id === id),
  getFocusedWebContents: (): WebContents | null => BrowserWindow.getFocusedWindow()?.webContents ?? null,
};
