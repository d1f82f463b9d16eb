import { createReadStream } from 'node:fs';

export interface FileLine {
  /** 1-based. */
  readonly number: number;
  readonly text: string;
  /** False for a last line without its newline. */
  readonly complete: boolean;
}

/** Lines by newline alone: U+2028 or a carriage return inside a text is no line end here, as it is for readline. */
export async function* linesOfFile(file: string): AsyncGenerator<FileLine> {
  let number = 0;
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>) {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let start = 0;
    for (let end = bytes.indexOf(0x0a); end !== -1; end = bytes.indexOf(0x0a, start)) {
      number += 1;
      yield { number, text: bytes.toString('utf8', start, end), complete: true };
      start = end + 1;
    }
    rest = bytes.subarray(start);
  }
  if (rest.length > 0) yield { number: number + 1, text: rest.toString('utf8'), complete: false };
}
