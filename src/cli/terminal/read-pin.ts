import type { ReadStream } from 'node:tty';

/**
 * Keys typed before this much time has passed since the question appeared are dropped: nobody meant them for it. Each
 * dropped key begins the time anew, so that whoever was typing when it appeared does not send the rest of it as a PIN.
 * SECURITY: test/attacks/row-20-enter-at-show.test.ts
 */
export const armingMs = 500;

const longestPin = 16;

const keys = { enter: [0x0a, 0x0d], cancel: [0x03, 0x04, 0x1b], erase: [0x08, 0x7f] } as const;

/**
 * Reads a PIN without echo. The bytes are the caller's to zero; the keystroke buffers are zeroed here. Resolves with null
 * when the person cancels (Escape, Ctrl-C, Ctrl-D, or Enter on nothing) or the signal aborts. A passphrase may be longer.
 */
export function readPin(input: ReadStream, onKey: (length: number) => void, signal: AbortSignal, longest = longestPin): Promise<Uint8Array | null> {
  const typed = new Uint8Array(longest);
  let length = 0;
  let armed = false;
  return new Promise((resolve) => {
    const finish = (pin: Uint8Array | null): void => {
      clearTimeout(arming);
      signal.removeEventListener('abort', onAbort);
      input.off('data', onData);
      input.off('end', onAbort);
      input.setRawMode(false);
      input.pause();
      typed.fill(0);
      resolve(pin);
    };
    const onAbort = (): void => finish(null);
    const onData = (chunk: Buffer): void => {
      // An arrow or function key comes as Escape and more: it was not meant to cancel.
      const isFunctionKey = chunk.length > 1 && chunk[0] === 0x1b;
      for (const key of isFunctionKey ? [] : chunk) {
        const is = (set: readonly number[]): boolean => set.includes(key);
        if (is(keys.cancel)) { finish(null); break; }
        if (!armed) { arming.refresh(); continue; }
        if (is(keys.enter)) { finish(length === 0 ? null : typed.slice(0, length)); break; }
        if (is(keys.erase)) length = Math.max(0, length - 1);
        else if (key >= 0x20 && key <= 0x7e && length < longest) typed[length++] = key;
        onKey(length);
      }
      chunk.fill(0);
    };
    const arming = setTimeout(() => (armed = true), armingMs);
    if (signal.aborted || input.readableEnded) { finish(null); return; }
    signal.addEventListener('abort', onAbort);
    input.setRawMode(true);
    input.on('end', onAbort);
    input.on('data', onData);
    input.resume();
  });
}

/**
 * Resolves when the person cancels by a key (Escape, Ctrl-C, Ctrl-D), or the signal aborts. Other keys mean nothing and
 * are not shown: a PIN that is typed too early goes nowhere.
 */
export function readCancel(input: ReadStream, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const finish = (): void => {
      signal.removeEventListener('abort', finish);
      input.off('data', onData);
      input.setRawMode(false);
      input.pause();
      resolve();
    };
    const onData = (chunk: Buffer): void => {
      const isFunctionKey = chunk.length > 1 && chunk[0] === 0x1b;
      const cancels = !isFunctionKey && chunk.some((key) => keys.cancel.some((cancel) => cancel === key));
      chunk.fill(0);
      if (cancels) finish();
    };
    signal.addEventListener('abort', finish);
    input.setRawMode(true);
    input.on('data', onData);
    input.resume();
    if (signal.aborted) finish();
  });
}

/**
 * Reads one line with echo, for a choice or a confirmation; null when the signal aborts or the input ends. A line that
 * was waiting before the question appeared is dropped, as a PIN's keys are. It stands on the screen like an answer, so
 * `askAgain` is called, once, when lines are taken.
 */
export function readAnswer(input: ReadStream, signal: AbortSignal, askAgain: () => void): Promise<string | null> {
  let armed = false;
  let dropped = false;
  return new Promise((resolve) => {
    const finish = (answer: string | null): void => {
      clearTimeout(arming);
      signal.removeEventListener('abort', onAbort);
      input.off('data', onData);
      input.off('end', onAbort);
      input.pause();
      resolve(answer);
    };
    const onAbort = (): void => finish(null);
    const onData = (chunk: Buffer): void => {
      if (armed) { finish(chunk.toString('utf8').trim()); return; }
      dropped = true;
      arming.refresh();
    };
    const arming = setTimeout(() => {
      armed = true;
      if (dropped) askAgain();
    }, armingMs);
    if (signal.aborted || input.readableEnded) { finish(null); return; }
    signal.addEventListener('abort', onAbort);
    input.on('end', onAbort);
    input.on('data', onData);
    input.resume();
  });
}
