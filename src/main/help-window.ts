import { BrowserWindow, screen, type WebContents } from 'electron';
import { helpAddress, isHelpPage, type HelpTopic } from './help-pages.ts';
import { safePreferences } from './safe-preferences.ts';
import { middleOf } from './window-place.ts';

export interface HelpWindowOptions {
  readonly icon: string;
  /** The only addresses that are given to a browser. */
  readonly links: ReadonlySet<string>;
  readonly openOutside: (url: string) => void;
}

/** The manual: static pages without a preload, so without any way to the agent. Built when it is asked for. */
export class HelpWindow {
  readonly #options: HelpWindowOptions;
  #window: BrowserWindow | null = null;

  constructor(options: HelpWindowOptions) {
    this.#options = options;
  }

  /** `onTop`: above a window that is itself kept above all others. */
  open(topic: HelpTopic, language: 'ja' | 'en', onTop: boolean): void {
    const window = (this.#window ??= this.#build());
    window.setAlwaysOnTop(onTop);
    window.loadURL(helpAddress(topic, language)).catch(() => undefined);
    if (!window.isVisible()) {
      const { workArea } = screen.getDisplayNearestPoint(screen.getCursorScreenPoint());
      window.setBounds(middleOf(workArea, window.getBounds()));
    }
    window.show();
    window.focus();
  }

  /**
   * Whether these contents may go there. A link outside that the manual is known to have goes to the browser instead.
   * SECURITY: the one gate for external links (test/e2e/help.spec.ts).
   */
  mayNavigate(contents: WebContents, url: string): boolean {
    if (this.#window === null || this.#window.isDestroyed() || contents !== this.#window.webContents) return false;
    if (isHelpPage(url)) return true;
    if (this.#options.links.has(url)) this.#options.openOutside(url);
    return false;
  }

  destroy(): void {
    this.#window?.destroy();
  }

  #build(): BrowserWindow {
    const window = new BrowserWindow({
      width: 800,
      height: 760,
      minWidth: 420,
      minHeight: 300,
      show: false,
      autoHideMenuBar: true,
      fullscreenable: false,
      icon: this.#options.icon,
      webPreferences: safePreferences,
    });
    window.on('closed', () => (this.#window = null));
    return window;
  }
}
