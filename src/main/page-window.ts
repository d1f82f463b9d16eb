import { BrowserWindow, screen, type BrowserWindowConstructorOptions, type WebContents } from 'electron';
import type { WindowName } from '../contract/ipc/windows.ts';
import { RestartBudget } from '../native/host/restart-budget.ts';
import { pushChannel, type PushName } from './channels.ts';
import { pageAddress } from './page-files.ts';
import { PagePulse } from './page-pulse.ts';
import { safePreferences } from './safe-preferences.ts';
import { middleOf } from './window-place.ts';

export interface PageWindowOptions {
  readonly name: WindowName;
  readonly preload: string;
  readonly shape: Pick<BrowserWindowConstructorOptions, 'width' | 'height' | 'minWidth' | 'minHeight' | 'alwaysOnTop' | 'minimizable' | 'maximizable' | 'skipTaskbar' | 'icon'>;
  /** The page died or does not answer any more. The window has been built anew. */
  readonly onLost: () => void;
  /** The person closed the window; it is only hidden. */
  readonly onClosed: () => void;
}

/** A crash loop must not become a fork bomb; after this the window stays away until it is asked for. */
const rebuilds = { restarts: 5, withinMs: 60_000 };

/** One window of the agent: built hidden before it is needed, hidden when closed, built anew when its page dies. */
export class PageWindow {
  readonly #options: PageWindowOptions;
  readonly #budget = new RestartBudget(rebuilds);
  readonly #pulse: PagePulse;
  #window: BrowserWindow;
  #ending = false;

  constructor(options: PageWindowOptions) {
    this.#options = options;
    this.#window = this.#build();
    this.#pulse = new PagePulse({ isVisible: () => this.isVisible() && this.contents()?.isLoading() === false, send: () => this.push('pulse', undefined), onHang: () => this.rebuild() });
  }

  /** The page answered a beat: it lives. */
  lives(): void {
    this.#pulse.owesNothing();
  }

  has(contents: WebContents): boolean {
    return !this.#window.isDestroyed() && this.#window.webContents === contents;
  }

  /** Null where the page has died and is not rebuilt. */
  contents(): WebContents | null {
    return this.#window.isDestroyed() ? null : this.#window.webContents;
  }

  isVisible(): boolean {
    return !this.#window.isDestroyed() && this.#window.isVisible();
  }

  push(channel: PushName, view: unknown): void {
    this.contents()?.send(pushChannel(channel), view);
  }

  /** Builds it where it was given up: somebody asks for it, and a dialog is shown only after its page has painted it. */
  wake(): void {
    if (this.#window.isDestroyed()) this.#window = this.#build();
  }

  /** Shows the window on the screen where the mouse is. */
  show(): void {
    this.wake();
    const window = this.#window;
    if (!window.isVisible()) {
      const { workArea } = screen.getDisplayNearestPoint(screen.getCursorScreenPoint());
      window.setBounds(middleOf(workArea, window.getBounds()));
    }
    window.show();
    window.focus();
  }

  hide(): void {
    if (!this.#window.isDestroyed()) this.#window.hide();
  }

  /** The page hangs or has died: away with it and its process, and a new one. */
  rebuild(): void {
    const lost = this.#window;
    this.#pulse.owesNothing();
    if (!lost.isDestroyed()) {
      const contents = lost.webContents;
      contents.removeAllListeners('render-process-gone');
      // A process that hangs would not end by itself.
      if (!contents.isCrashed()) contents.forcefullyCrashRenderer();
      lost.destroy();
    }
    if (this.#ending) return;
    if (this.#budget.take(performance.now())) this.#window = this.#build();
    this.#options.onLost();
  }

  destroy(): void {
    this.#ending = true;
    this.#pulse.stop();
    if (!this.#window.isDestroyed()) this.#window.destroy();
  }

  #build(): BrowserWindow {
    const { name, preload, shape, onClosed } = this.#options;
    const window = new BrowserWindow({
      ...shape,
      show: false,
      autoHideMenuBar: true,
      fullscreenable: false,
      // A hidden page must be able to paint, so that it is ready when it is shown.
      webPreferences: { ...safePreferences, preload, backgroundThrottling: false },
    });
    const lost = (): void => {
      if (window === this.#window) this.rebuild();
    };
    window.webContents.on('render-process-gone', lost);
    window.webContents.on('unresponsive', lost);
    window.on('close', (event) => {
      if (this.#ending) return;
      event.preventDefault();
      window.hide();
      onClosed();
    });
    window.loadURL(pageAddress(name)).catch(() => undefined);
    return window;
  }
}
