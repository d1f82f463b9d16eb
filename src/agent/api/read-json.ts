import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { ProblemError } from '../../contract/problem.ts';
import type { Text } from './language.ts';

/** The caller hung up before its request was whole: there is nobody to answer. */
export class CallerGone extends Error {
  override readonly name = 'CallerGone';
}

/**
 * Reads a body of at most `limit` bytes as JSON. Throws ProblemError TOO_LARGE (the rest is read and thrown away) and
 * REQUEST_INVALID, {@link CallerGone}. Never quotes the body: it is a prescription.
 */
export async function readJson(request: IncomingMessage, limit: number): Promise<unknown> {
  const body = await readBody(request, limit);
  if (body.length === 0) throw invalid({ ja: '本文がありません。', en: 'The body is empty.' });
  if (!isUtf8(body)) throw invalid({ ja: '本文がUTF-8ではありません。', en: 'The body is not UTF-8.' });
  try {
    return JSON.parse(body.toString('utf8')) as unknown;
  } catch {
    throw invalid({ ja: '本文がJSONとして読めません。', en: 'The body is not JSON.' });
  }
}

function readBody(request: IncomingMessage, limit: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= limit) chunks.push(chunk);
      else {
        chunks.length = 0;
        reject(new ProblemError({ code: 'TOO_LARGE', detail: tooLargeDetail(limit) }));
      }
    });
    let isWhole = false;
    // Every request closes once; an error with its stack is made only for those that closed too early.
    const gone = (): void => {
      if (!isWhole) reject(new CallerGone());
    };
    request.once('end', () => {
      isWhole = true;
      resolve(chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks));
    });
    request.once('error', gone);
    request.once('close', gone);
  });
}

export function tooLargeDetail(limit: number): Text {
  const size = limit >= 1024 * 1024 ? `${limit / 1024 / 1024} MiB` : `${limit / 1024} KiB`;
  return { ja: `本文の上限は ${size} です。`, en: `The body may have ${size} at most.` };
}

function invalid(detail: Text): ProblemError {
  return new ProblemError({ code: 'REQUEST_INVALID', detail });
}
