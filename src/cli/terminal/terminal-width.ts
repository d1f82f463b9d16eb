/** Columns that a text takes on a terminal: two for wide and full-width characters (UAX #11, the ranges met in Japanese). */
export function columnsOf(text: string): number {
  let columns = 0;
  for (const character of text) {
    const point = character.codePointAt(0) ?? 0;
    const wide =
      (point >= 0x1100 && point <= 0x115f) ||
      (point >= 0x2e80 && point <= 0xa4cf) ||
      (point >= 0xac00 && point <= 0xd7a3) ||
      (point >= 0xf900 && point <= 0xfaff) ||
      (point >= 0xfe30 && point <= 0xfe6f) ||
      (point >= 0xff00 && point <= 0xff60) ||
      (point >= 0xffe0 && point <= 0xffe6) ||
      (point >= 0x2460 && point <= 0x24ff) ||
      point >= 0x1f300;
    columns += wide ? 2 : 1;
  }
  return columns;
}

export function padToColumns(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - columnsOf(text)));
}
