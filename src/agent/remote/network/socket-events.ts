import type { Duplex } from 'node:stream';

/** The socket closed before what was awaited, and said nothing. */
export class ClosedEarly extends Error {
  override readonly name = 'ClosedEarly';
}

/** Arranges for `done` to be called when it has happened; gives what undoes the arrangement. */
export type Arrange = (done: () => void) => () => void;

export const event = (socket: Duplex, name: string): Arrange => (done) => {
  socket.on(name, done);
  return () => socket.off(name, done);
};

/**
 * Resolves when what was arranged has happened. Rejects with the socket's error, with {@link ClosedEarly} when it closes, or
 * with the signal's reason; the socket is then destroyed.
 */
export function until(socket: Duplex, arrange: Arrange, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      undo();
      socket.off('close', onClose);
      socket.off('error', fail);
      signal.removeEventListener('abort', onAbort);
    };
    const fail = (error: Error): void => {
      stop();
      socket.destroy();
      reject(error);
    };
    const onClose = (): void => fail(new ClosedEarly('closed by the other side'));
    const onAbort = (): void => fail(signal.reason as Error);
    const undo = arrange(() => {
      stop();
      resolve();
    });
    socket.on('close', onClose);
    socket.on('error', fail);
    signal.addEventListener('abort', onAbort);
    if (signal.aborted) onAbort();
  });
}
