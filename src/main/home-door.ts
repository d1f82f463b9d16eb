import type { HomeSection } from '../contract/ipc/home.ts';
import type { PageWindow } from './page-window.ts';

/** The home window, and which of its sections was asked for last. */
export class HomeDoor {
  readonly #window: Pick<PageWindow, 'push' | 'show'>;
  #wanted: HomeSection | null = null;

  constructor(window: Pick<PageWindow, 'push' | 'show'>) {
    this.#window = window;
  }

  /** Null: whichever it shows. */
  open(section: HomeSection | null): void {
    this.#wanted = section;
    if (section !== null) this.#window.push('section', section);
    this.#window.show();
  }

  /** A page that was loaded after the section was asked for hears of it behind its first view. */
  pageIsReady(): void {
    const section = this.#wanted;
    if (section !== null) setImmediate(() => this.#window.push('section', section));
  }
}
