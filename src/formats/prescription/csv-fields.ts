/**
 * Lines and fields by their bytes. A document is read without making a string of each value: most values are fine at the
 * first byte, and nobody looks at them again before the summary.
 */
export const COMMA = 0x2c;
export const LF = 0x0a;
const CR = 0x0d;
const DIGIT_0 = 0x30;
const DIGIT_9 = 0x39;
const POINT = 0x2e;

/** The comma or the line end at or after `at`. */
export function endOfField(csv: Uint8Array, at: number): number {
  const { length } = csv;
  for (let end = at; end < length; end += 1) {
    const byte = csv[end] ?? 0;
    // Nearly every byte of a value is above the comma.
    if (byte <= COMMA && (byte === COMMA || endsLine(csv, end, byte))) return end;
  }
  return length;
}

/** LF, or the CR right before it or before the end of the file, at or after `at`. */
export function endOfLine(csv: Uint8Array, at: number): number {
  const { length } = csv;
  for (let end = at; end < length; end += 1) {
    const byte = csv[end] ?? 0;
    if (byte <= CR && endsLine(csv, end, byte)) return end;
  }
  return length;
}

function endsLine(csv: Uint8Array, at: number, byte: number): boolean {
  return byte === LF || (byte === CR && (at + 1 === csv.length || csv[at + 1] === LF));
}

/** Where the next line begins, after the end of this one. */
export function startOfNextLine(csv: Uint8Array, end: number): number {
  return csv[end] === CR ? end + 2 : end + 1;
}

/** Up to four digits without a zero before them; -1 for anything else. */
export function plainNumber(csv: Uint8Array, from: number, to: number): number {
  if (to - from > 4 || to === from || (csv[from] === DIGIT_0 && to - from > 1)) return -1;
  let value = 0;
  for (let at = from; at < to; at += 1) {
    const byte = csv[at] ?? 0;
    if (byte < DIGIT_0 || byte > DIGIT_9) return -1;
    value = value * 10 + byte - DIGIT_0;
  }
  return value;
}

/** Whether the byte is one of the digits that the bits name. */
export function isDigitOf(bits: number, csv: Uint8Array, at: number): boolean {
  const digit = (csv[at] ?? 0) - DIGIT_0;
  return digit >= 0 && digit <= 9 && (bits & (1 << digit)) !== 0;
}

/** `\d+(\.\d+)?` */
export function isDecimal(csv: Uint8Array, from: number, to: number): boolean {
  let digits = 0;
  let hasPoint = false;
  for (let at = from; at < to; at += 1) {
    const byte = csv[at] ?? 0;
    if (byte >= DIGIT_0 && byte <= DIGIT_9) digits += 1;
    else if (byte === POINT && digits > 0 && !hasPoint) {
      hasPoint = true;
      digits = 0;
    } else return false;
  }
  return digits > 0;
}

/**
 * Whether the first character alone tells that a value is no mere white space. false where it does not: the white space of
 * ECMAScript begins with a byte up to 20, with C2, E1 or E2, is E3 80 80 or EF BB BF.
 */
export function beginsVisibly(csv: Uint8Array, from: number): boolean {
  const first = csv[from] ?? 0;
  if (first < 0x7f) return first > 0x20;
  if (first > 0xe3) return first !== 0xef || csv[from + 1] !== 0xbb;
  return first === 0xe3 && (csv[from + 1] !== 0x80 || csv[from + 2] !== 0x80);
}
