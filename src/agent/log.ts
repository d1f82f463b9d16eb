/**
 * The agent's log takes no free text. A field is a number, a boolean or a text that one of the functions below made,
 * so that a PIN, a token or a patient cannot be written by accident.
 * SECURITY: test/attacks/row-24-secrets-in-logs.test.ts
 */
declare const loggable: unique symbol;

/** Text that is allowed in a log. Made by {@link code}, {@link identifier}, {@link digest}, {@link place} and {@link fault}. */
export type Loggable = string & { readonly [loggable]: true };

export type LogFields = Readonly<Record<string, number | boolean | null | Loggable>>;

export interface Log {
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
}

/** A word of our own source: an error code, a state, a check id. */
export function code(word: string): Loggable {
  return (/^[A-Za-z0-9_.:-]{1,64}$/.test(word) ? word : '[not a code]') as Loggable;
}

/** An id that the API defines as loggable: request, document, client and staff ids. */
export function identifier(id: string): Loggable {
  return (/^[A-Za-z0-9._-]{1,64}$/.test(id) ? id : '[id withheld]') as Loggable;
}

/** SHA-256 in lower-case hex, of something public. Never of a PIN or a token. */
export function digest(hex: string): Loggable {
  return (/^[0-9a-f]{64}$/.test(hex) ? hex : '[not a digest]') as Loggable;
}

/** A file path, an origin or a reader name: from the machine, not from a document. Control characters are dropped. */
export function place(text: string): Loggable {
  return text.replace(/[^\x20-\x7e\u3000-\u9fff]/gu, '?').slice(0, 256) as Loggable;
}

/** An error as class, code and stack frames. The message is left out: libraries quote input in theirs. */
export function fault(error: unknown): Loggable {
  if (!(error instanceof Error)) return `[thrown ${typeof error}]` as Loggable;
  const coded = error as Error & { code?: unknown };
  const name = typeof coded.code === 'string' ? `${error.name} ${code(coded.code)}` : error.name;
  const frames = (error.stack ?? '')
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .slice(0, 8)
    .map((line) => line.trim());
  const cause: string = error.cause === undefined ? '' : ` caused by ${fault(error.cause)}`;
  return [name, ...frames].join(' | ').concat(cause) as Loggable;
}

/** The classes and codes of a {@link fault} alone. Frames of one cause may differ by what was waited for. */
export function withoutFrames(text: string): string {
  return text.replaceAll(/ \| at .*?(?= \| at | caused by |$)/g, '');
}

export const silentLog: Log = { info() {}, warn() {}, error() {} };
