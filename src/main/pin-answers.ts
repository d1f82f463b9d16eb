import type { HoldPin } from '../agent/ports.ts';
import type { PinSessionId } from '../native/host/card-host.ts';
import type { PinPort } from '../native/host/pin-port.ts';

/** How a page that asks for a PIN may have it given: through a port to the card host, or on the reader's own keys. */
export interface PinAnswers {
  readonly takePort: (port: PinPort) => void;
  readonly useKeypad: (spendLastTries: boolean) => void;
}

type Answer = (session: PinSessionId) => void;
type Fail = (error: Error) => void;

export function pinAnswers(hold: HoldPin, answer: Answer, fail: Fail, signal: AbortSignal): PinAnswers {
  return { takePort: portTaker(hold, answer, fail, signal), useKeypad: keypadUser(hold, answer, fail, signal) };
}

/** Takes ports one after another: a new one ends the one before it, and only the last can answer. */
function portTaker(hold: HoldPin, answer: Answer, fail: Fail, signal: AbortSignal): PinAnswers['takePort'] {
  let current: AbortController | undefined;
  return (port) => {
    current?.abort(new Error('another port took its place'));
    const mine = (current = new AbortController());
    const holding = hold.fromPort?.(port, AbortSignal.any([signal, mine.signal]));
    if (holding === undefined) {
      port.close();
      fail(new Error('the card host takes no ports'));
      return;
    }
    holding.then(
      (session) => answer(session),
      (error: unknown) => {
        if (!mine.signal.aborted && !signal.aborted) fail(error instanceof Error ? error : new Error('the PIN was not taken'));
      },
    );
  };
}

/** Lets the reader ask for the PIN once a question, however often the page says so. */
function keypadUser(hold: HoldPin, answer: Answer, fail: Fail, signal: AbortSignal): PinAnswers['useKeypad'] {
  let used = false;
  return (spendLastTries) => {
    if (used || hold.atReader === undefined) return;
    used = true;
    hold.atReader({ spendLastTries }).then(answer, (error: unknown) => {
      if (!signal.aborted) fail(error instanceof Error ? error : new Error('the reader was not asked'));
    });
  };
}
