/** A terminal in this process: a keyboard on which a test types, and everything that was printed. */
import { PassThrough, Writable } from 'node:stream';
import type { ReadStream, WriteStream } from 'node:tty';
import { until } from './running-api.ts';

export class PlayedTerminal {
  readonly #keyboard = new PassThrough();
  printed = '';
  isRaw = false;

  /** What terminal prompts use of a TTY: bytes, and whether keys come one by one. */
  get input(): ReadStream {
    return Object.assign(this.#keyboard, {
      setRawMode: (raw: boolean) => {
        this.isRaw = raw;
        return this.input;
      },
    }) as unknown as ReadStream;
  }

  get output(): WriteStream {
    const screen = new Writable({
      decodeStrings: false,
      write: (text: string, _encoding, done) => {
        this.printed += text;
        done();
      },
    });
    return Object.assign(screen, { columns: 80 }) as unknown as WriteStream;
  }

  type(keys: string | Uint8Array): void {
    this.#keyboard.write(keys);
  }

  /** Waits for a text on the screen. */
  seen(text: string | RegExp): Promise<void> {
    return until(() => (typeof text === 'string' ? this.printed.includes(text) : text.test(this.printed)), `${String(text)} on the screen`);
  }
}
