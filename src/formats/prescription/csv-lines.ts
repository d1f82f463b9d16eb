/** Everything about the bytes of a CSV as a whole that is wrong or odd: encoding, size, lines, characters. */
import { isUtf8 } from 'node:buffer';
import { endOfLine, LF } from './csv-fields.ts';
import { hasUnseenCharacters } from './display-safety.ts';
import type { CsvFinding } from './document.ts';
import { isExtraordinaryOfThree } from './ordinary-characters.ts';

export const MAX_CSV_BYTES = 1024 * 1024;
export const MAX_CSV_LINES = 10_000;
/** Lengths of fields are not public [?]. A line beyond this is shown whole, but what follows it may be far below. */
const LONG_LINE = 2000;

const SPACE = 0x20;
const QUOTE = 0x22;

export interface CsvLines {
  /** The caller's bytes, not a copy. */
  readonly csv: Buffer;
  /** Without its line end. */
  readonly firstLine: string;
  readonly errors: readonly CsvFinding[];
  readonly warnings: readonly CsvFinding[];
}

function ofFile(line: number, ja: string, en: string): CsvFinding {
  return { line, record: null, field: null, reason: { ja, en } };
}

function refused(finding: CsvFinding): CsvLines {
  return { csv: Buffer.alloc(0), firstLine: '', errors: [finding], warnings: [] };
}

function countLines(bytes: Uint8Array): number {
  let count = 0;
  let from = 0;
  for (let at = bytes.indexOf(LF); at !== -1; at = bytes.indexOf(LF, from)) {
    count += 1;
    from = at + 1;
  }
  return from < bytes.length ? count + 1 : count;
}

/** Lines break at LF bytes in UTF-8 and in Shift_JIS alike, so each line can be tried by itself. */
function firstLineThatIsNotUtf8(bytes: Uint8Array): number {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  let line = 1;
  for (let from = 0; from < bytes.length; line += 1) {
    const end = bytes.indexOf(LF, from);
    const until = end === -1 ? bytes.length : end;
    try {
      decoder.decode(bytes.subarray(from, until));
    } catch {
      return line;
    }
    from = until + 1;
  }
  return 1;
}

/** What can be said of the bytes before any record is known: size, BOM, encoding, count of lines. Throws nothing: what is wrong is in `errors`. */
export function readLines(bytes: Uint8Array): CsvLines {
  if (bytes.length === 0) return refused(ofFile(1, 'CSVが空です', 'The CSV is empty'));
  if (bytes.length > MAX_CSV_BYTES) {
    return refused(ofFile(1, 'CSVが1 MiBを超えています', 'The CSV is larger than 1 MiB'));
  }
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) {
    return refused(ofFile(1, '先頭にBOMがあります。BOMなしのUTF-8で出力してください', 'The CSV begins with a BOM; write UTF-8 without one'));
  }
  const csv = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { lines, isPlain } = isUtf8(csv) ? lookOver(csv) : { lines: countLines(csv), isPlain: null };
  if (lines > MAX_CSV_LINES) {
    return refused(ofFile(MAX_CSV_LINES + 1, 'CSVが10,000行を超えています', 'The CSV has more than 10,000 lines'));
  }
  if (isPlain === null) {
    const line = firstLineThatIsNotUtf8(bytes);
    return refused(ofFile(line, '文字コードがUTF-8ではありません。UTF-8で出力してください', 'The bytes are not UTF-8; write the CSV in UTF-8'));
  }
  return { csv, firstLine: csv.toString('utf8', 0, endOfLine(csv, 0)), errors: [], warnings: isPlain ? [] : oddities(csv) };
}

/**
 * Counts the lines of valid UTF-8 and looks at every character. Plain: there is nothing that {@link oddities} would find;
 * what is not plain may still be in order.
 */
function lookOver(utf8: Uint8Array): { readonly lines: number; readonly isPlain: boolean } {
  const { length } = utf8;
  let lines = 0;
  let odd = 0;
  let lineStart = 0;
  for (let at = 0; at < length; ) {
    const byte = utf8[at] ?? 0;
    if (byte >= 0xe0) {
      odd |= isExtraordinaryOfThree(utf8, at);
      at += 3;
    } else {
      // Characters of two bytes are all extraordinary, and so is the rest of one of four.
      if (byte >= 0x7f) odd = 1;
      else if (byte <= QUOTE) {
        if (byte === LF) {
          if (at === lineStart || at - lineStart > LONG_LINE) odd = 1;
          lines += 1;
          lineStart = at + 1;
        } else if (byte < SPACE || byte === QUOTE) odd = 1;
      }
      at += 1;
    }
  }
  if (lineStart < length) lines += 1;
  return { lines, isPlain: odd === 0 && length - lineStart <= LONG_LINE };
}

function isLong(line: string): boolean {
  return line.length > LONG_LINE;
}

/** What the samples never have. Each kind is said once, at its first line; unseen characters at every line. */
function oddities(csv: Buffer): CsvFinding[] {
  const whole = csv.toString('utf8').split('\n');
  if (whole.at(-1) === '') whole.pop();
  const lines = whole.map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line));
  const found: CsvFinding[] = [];
  const sayOnce = (index: number, ja: string, en: string): void => {
    if (index !== -1) found.push(ofFile(index + 1, ja, en));
  };
  const once = (test: (line: string) => boolean, ja: string, en: string): void => { sayOnce(lines.findIndex(test), ja, en); };
  sayOnce(whole.findIndex((line) => line.endsWith('\r')), '改行がCR LFです（標準はLF）', 'Lines end in CR LF (LF is usual)');
  once((line) => line === '', '空行があります', 'There is an empty line');
  once((line) => line.includes('"'), '引用符があります。値の一部として扱います', 'There is a quotation mark; it is taken as part of the value');
  once(isLong, '非常に長い行があります。最後まで確認してください', 'There is a very long line; please read it to its end');
  lines.forEach((line, index) => {
    if (hasUnseenCharacters(line)) {
      found.push(ofFile(
        index + 1,
        '見えない文字または並びを変える文字があります。⟨U+…⟩ の形で表示します',
        'There are characters that cannot be seen or that reorder text; they are shown as ⟨U+…⟩',
      ));
    }
  });
  return found;
}
