import type { CardView, SignatureDialog } from '../ports.ts';
import type { LiveRequest } from './live-request.ts';
import { reasonOfAbort } from './lane.ts';
import { cancelledBy } from './request-end.ts';

export interface KeypadWatchParts {
  readonly dialog: Pick<SignatureDialog, 'waitForKeypad' | 'keypadLeft'>;
  readonly request: Pick<LiveRequest, 'signal' | 'stop'>;
  readonly card: CardView;
  /** Ends the PIN session: what is entered from now on signs nothing. */
  readonly end: () => Promise<void>;
}

/**
 * The time in which a reader waits for the PIN at its own keys. Nothing of ours ends that wait, so whatever stops the
 * request meanwhile ends its PIN session at once, and the request ends when the reader does.
 * SECURITY: who cancels gets no signature from a PIN that is entered after that (test/unit/agent/signing/keypad.test.ts).
 */
export class KeypadWatch {
  readonly #parts: KeypadWatchParts;
  readonly #stopped: () => void;
  #asking = new AbortController();

  constructor(parts: KeypadWatchParts) {
    this.#parts = parts;
    this.#stopped = () => {
      this.#asking.abort(reasonOfAbort(parts.request.signal));
      parts.dialog.keypadLeft();
      void parts.end();
    };
    parts.request.signal.addEventListener('abort', this.#stopped, { once: true });
  }

  /** The reader waits for the next document's PIN. */
  show(done: number, total: number): void {
    const { dialog, request, card } = this.#parts;
    if (request.signal.aborted) return;
    this.#asking.abort(new Error('answered'));
    const asking = (this.#asking = new AbortController());
    dialog.waitForKeypad({ card, done, total }, asking.signal).then(
      () => {
        if (!asking.signal.aborted) request.stop(cancelledBy('person'));
      },
      (error: unknown) => {
        if (!asking.signal.aborted) request.stop(error instanceof Error ? error : cancelledBy('window'));
      },
    );
  }

  close(): void {
    this.#parts.request.signal.removeEventListener('abort', this.#stopped);
    this.#asking.abort(new Error('answered'));
  }
}
