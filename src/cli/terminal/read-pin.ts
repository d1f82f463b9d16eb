import type { ReadStream } from 'node:tty';

/** Keys typed before this much time has passed since the question appeared are dropped: nobody meant them for it. */
export const armingMs = 500;

const longestPin = 16;

const keys = { enter: [0x0a, 0x0d], cancel: [0x03, 0x04, 0x1b], erase: [0x08, 0x7f] } as const;

/**
 * Reads a PIN without echo. The bytes are the caller's to zero; the keystroke buffers are zeroed here. Resolves with null
 * when the person cancels (Escape, Ctrl-C, Ctrl-D, or Enter on nothing) or the signal aborts.
 */
export function readPin(input: ReadStream, onKey: (length: number) => void, signal: AbortSignal): Promise<Uint8Array | null> {
  const typed = new Uint8Array(longestPin);
  let length = 0;
  let armed = false;
  return new Promise((resolve) => {
    const finish = (pin: Uint8Array | null): void => {
      clearTimeout(arming);
      signal.removeEventListener('abort', onAbort);
      input.off('data', onData);
      input.setRawMode(false);
      input.pause();
      typed.fill(0);
      resolve(pin);
    };
    const onAbort = (): void => finish(null);
    const onData = (chunk: Buffer): void => {
      for (const key of chunk) {
        const is = (set: readonly number[]): boolean => set.includes(key);
        if (is(keys.cancel)) { finish(null); return; }
        if (!armed) continue;
        if (is(keys.enter)) { finish(length === 0 ? null : typed.slice(0, length)); return; }
        if (is(keys.erase)) length = Math.max(0, length - 1);
        else if (key >= 0x20 && key <= 0x7e && length < longestPin) typed[length++] = key;
        onKey(length);
      }
      chunk.fill(0);
    };
    const arming = setTimeout(() => (armed = true), armingMs);
    if (signal.aborted) { finish(null); return; }
    signal.addEventListener('abort', onAbort);
    input.setRawMode(true);
    input.resume();
    input.on('data', onData);
  });
}

/** Reads one line with echo, for a choice or a confirmation; null when the signal aborts or the input ends. */
export function readAnswer(input: ReadStream, signal: AbortSignal): Promise<string | null> {
  return new Promise((resolve) => {
    const finish = (answer: string | null): void => {
      signal.removeEventListener('abort', onAbort);
      input.off('data', onData);
      input.pause();
      resolve(answer);
    };
    const onAbort = (): void => finish(null);
    const onData = (chunk: Buffer): void => finish(chunk.toString('utf8').trim());
    if (signal.aborted) { finish(null); return; }
    signal.addEventListener('abort', onAbort);
    input.resume();
    input.on('data', onData);
  });
}
