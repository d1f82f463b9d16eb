import { CardError, type TypedPin } from './card-host.ts';
import type { PinPort } from './pin-port.ts';

/** Largest PIN, in bytes. */
const longestPin = 256;

/**
 * Takes one PIN from a port and says so to its page, then closes the port. `hold` gets the bytes for its call only.
 * Rejects with PIN_SESSION_ENDED when the page is gone or says something else, with the signal's reason when it aborts.
 * SECURITY: one message is read, however many are sent (test/unit/native/host/take-pin.test.ts).
 */
export async function takePin<T>(
  port: PinPort,
  signal: AbortSignal,
  hold: (typed: TypedPin) => Promise<T>,
): Promise<T> {
  try {
    const typed = await firstMessage(port, signal);
    try {
      const held = await hold(typed);
      port.postMessage({ taken: true });
      return held;
    } catch (error) {
      port.postMessage({ taken: false });
      throw error;
    } finally {
      typed.pin.fill(0);
    }
  } finally {
    port.close();
  }
}

function firstMessage(port: PinPort, signal: AbortSignal): Promise<TypedPin> {
  return new Promise((resolve, reject) => {
    const give = (): void => reject(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
    if (signal.aborted) {
      give();
      return;
    }
    signal.addEventListener('abort', give, { once: true });
    port.on('message', ({ data }) => {
      if (isTypedPin(data)) resolve(data);
      else reject(noPin('the page sent something else than a PIN'));
    });
    port.on('close', () => reject(noPin('the page closed before a PIN was typed')));
    port.start();
  });
}

function isTypedPin(data: unknown): data is TypedPin {
  if (typeof data !== 'object' || data === null || Object.keys(data).length !== 2) return false;
  if (!('pin' in data) || !('spendLastTries' in data)) return false;
  return data.pin instanceof Uint8Array && data.pin.length <= longestPin && typeof data.spendLastTries === 'boolean';
}

function noPin(why: string): CardError {
  return new CardError('PIN_SESSION_ENDED', why, undefined, { pinNotPresented: true });
}
