import { readPin } from './read-pin.ts';

const longestSecret = 256;

/**
 * Asks for a passphrase or password without echo; null when the person cancels. From a pipe it is the first line, so that an
 * administrator's script needs no terminal. It is never an argument: other users see those.
 */
export async function readSecret(question: string): Promise<string | null> {
  const { stdin, stderr } = process;
  if (!stdin.isTTY) return firstLine(stdin);
  stderr.write(`${question}: `);
  const typed = await readPin(stdin, () => undefined, new AbortController().signal, longestSecret);
  stderr.write('\n');
  if (typed === null) return null;
  const secret = Buffer.from(typed).toString('utf8');
  typed.fill(0);
  return secret;
}

async function firstLine(input: NodeJS.ReadStream): Promise<string | null> {
  let text = '';
  for await (const piece of input.setEncoding('utf8')) {
    text += piece as string;
    if (text.includes('\n') || text.length > longestSecret) break;
  }
  // A pipe that ends without a word has no secret: an empty one is a line.
  return text === '' ? null : (text.split(/\r?\n/, 1)[0] ?? '');
}
