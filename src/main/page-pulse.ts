/** How long a page may take to answer before it is taken to hang, ms. */
export const hangMs = 10_000;
const beatMs = 1_000;
/** When so much passed between two beats, this process itself stood still (sleep, a debugger): nobody is blamed. */
const stalledMs = 5_000;

export interface PagePulseOptions {
  /** Whether a person can see the page. A hidden one has nobody to keep waiting. */
  readonly isVisible: () => boolean;
  readonly send: () => void;
  readonly onHang: () => void;
  readonly now?: () => number;
}

/**
 * Asks a visible page every second whether it still lives. Electron's own `unresponsive` waits for an input event that
 * goes unanswered, and for longer than a doctor does.
 */
export class PagePulse {
  readonly #options: PagePulseOptions;
  readonly #timer: NodeJS.Timeout;
  #lastTick: number;
  /** Of the first beat since the page was last heard; null where none is unanswered. */
  #waitingSince: number | null = null;

  constructor(options: PagePulseOptions) {
    this.#options = options;
    this.#lastTick = this.#now();
    this.#timer = setInterval(() => this.#tick(), beatMs).unref();
  }

  /** The page has answered, to whichever beat, or is a new one. */
  owesNothing(): void {
    this.#waitingSince = null;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #tick(): void {
    const now = this.#now();
    const stalled = now - this.#lastTick > stalledMs;
    this.#lastTick = now;
    if (stalled || !this.#options.isVisible()) {
      this.#waitingSince = null;
    } else if (this.#waitingSince !== null && now - this.#waitingSince >= hangMs) {
      this.#waitingSince = null;
      this.#options.onHang();
    } else {
      this.#waitingSince ??= now;
      // Each second anew: a page that has just loaded may not have been there to hear the one before.
      this.#options.send();
    }
  }

  #now(): number {
    return this.#options.now?.() ?? performance.now();
  }
}
