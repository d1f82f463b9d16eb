import { closeSync, openSync, writeSync } from 'node:fs';

type Write = typeof process.stdout.write;

/**
 * Sends what this process prints to a file, for a program without a console. The file holds the answer alone, so that
 * JSON stays JSON; where there was none, it holds the reason, which nobody could read elsewhere. Throws where the file
 * cannot be written.
 */
export function openAnswerFile(name: string): { close(): void } {
  const file = openSync(name, 'w', 0o600);
  const { stdout, stderr } = process;
  const before = { out: stdout.write.bind(stdout), err: stderr.write.bind(stderr) };
  const state = { answered: false, reasons: '' };
  stdout.write = instead((bytes) => {
    state.answered = true;
    writeSync(file, bytes);
  });
  stderr.write = instead((bytes) => {
    state.reasons += bytes.toString('utf8');
    before.err(bytes);
  });
  return {
    close() {
      stdout.write = before.out;
      stderr.write = before.err;
      if (!state.answered) writeSync(file, state.reasons);
      closeSync(file);
    },
  };
}

/** A stream's `write` with its optional encoding and callback. */
function instead(take: (bytes: Buffer) => void): Write {
  return (chunk: string | Uint8Array, encoding?: BufferEncoding | (() => void), done?: () => void): boolean => {
    take(typeof chunk === 'string' ? Buffer.from(chunk, typeof encoding === 'string' ? encoding : 'utf8') : Buffer.from(chunk));
    (typeof encoding === 'function' ? encoding : done)?.();
    return true;
  };
}
