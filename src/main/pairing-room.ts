import type { PairingView as AgentPairingView } from '../agent/ports.ts';
import type { PairingEnd } from '../agent/api/pairing.ts';
import type { PairingView } from '../contract/ipc/pairing.ts';
import { showSafely } from '../formats/prescription/display-safety.ts';

/** Opens pairing at the agent; resolves with its end. */
export type OpenPairing = (opened: (until: Date) => void, hangUp: AbortSignal) => Promise<PairingEnd>;

/** 接続先EHRを追加 as its window shows it: opened by a person, then one caller's code, then how it ended. */
export class PairingRoom {
  readonly #show: (view: PairingView) => void;
  readonly #open: OpenPairing;
  #view: PairingView = { state: 'closed' };
  #hangUp: AbortController | undefined;

  constructor(open: OpenPairing, show: (view: PairingView) => void) {
    this.#open = open;
    this.#show = show;
  }

  view(): PairingView {
    return this.#view;
  }

  get isOpen(): boolean {
    return this.#view.state === 'open' || this.#view.state === 'code';
  }

  /** Begins anew when it is open. Rejects with PAIRING_CLOSED where policy forbids it. */
  async open(): Promise<void> {
    this.#hangUp?.abort();
    const mine = (this.#hangUp = new AbortController());
    await new Promise<void>((opened, refused) => {
      const pairing = async (): Promise<PairingEnd> =>
        this.#open((until) => {
          this.#change({ state: 'open', until: until.toISOString() });
          opened();
        }, mine.signal);
      // What is opened elsewhere after this one is told by itself.
      const over = (): boolean => {
        const isLatest = this.#hangUp === mine;
        if (isLatest) this.#hangUp = undefined;
        return isLatest;
      };
      pairing().then(
        (end) => {
          if (over()) this.#change(mine.signal.aborted ? { state: 'closed' } : { state: 'ended', end });
        },
        (error: unknown) => {
          over();
          refused(error instanceof Error ? error : new Error('pairing did not open'));
        },
      );
    });
  }

  close(): void {
    this.#hangUp?.abort();
    this.#refuse?.();
    this.#change({ state: 'closed' });
  }

  #refuse: (() => void) | undefined;

  /** Shows one caller's code until the signal aborts; resolves only when the person refuses. */
  showCode({ code, clientName, origin, program, expiresAt }: AgentPairingView, signal: AbortSignal): Promise<'refused'> {
    const safe = (text: string | null): string | null => (text === null ? null : showSafely(text));
    this.#change({ state: 'code', caller: { name: showSafely(clientName), origin: safe(origin), program: safe(program) }, code, until: expiresAt.toISOString() });
    return new Promise((resolve) => {
      this.#refuse = () => resolve('refused');
      signal.addEventListener(
        'abort',
        () => {
          this.#refuse = undefined;
          // Opened elsewhere (the command line): its end is told there.
          if (this.#hangUp === undefined && this.#view.state === 'code') this.#change({ state: 'closed' });
        },
        { once: true },
      );
    });
  }

  #change(view: PairingView): void {
    this.#view = view;
    this.#show(view);
  }
}
