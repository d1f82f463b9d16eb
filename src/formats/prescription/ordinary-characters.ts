/**
 * The characters that nearly every CSV is made of: ASCII, kana of both widths, kanji, full-width forms, ①–⑳. Nothing in
 * them hides or reorders text. All others are looked at one by one (display-safety.ts), which is many times slower.
 */
const ranges: readonly (readonly [first: number, last: number])[] = [
  [0x0a, 0x0a],
  [0x20, 0x7e],
  [0x2460, 0x2473],
  [0x3000, 0x3029],
  [0x3041, 0x3096],
  [0x309b, 0x30ff],
  [0x4e00, 0x9fff],
  [0xff01, 0xff9f],
];

const escaped = (unit: number): string => `\\u${unit.toString(16).padStart(4, '0')}`;
const extraordinary = new RegExp(`[^${ranges.map(([first, last]) => `${escaped(first)}-${escaped(last)}`).join('')}]`);

/** false means that nothing in the text needs a closer look. Line feeds are let pass. */
export function isExtraordinary(text: string): boolean {
  return extraordinary.test(text);
}

/** By number of the character: 0 for an ordinary one. Those beyond the Basic Multilingual Plane all look alike here. */
const extraordinaryCharacters = new Uint8Array(0x20000).fill(1);
for (const [first, last] of ranges) extraordinaryCharacters.fill(0, first, last + 1);

/**
 * Of the character of three bytes that begins at `at` in valid UTF-8: 1 where it is extraordinary. So is a longer one, of
 * which this looks at the first three.
 */
export function isExtraordinaryOfThree(utf8: Uint8Array, at: number): number {
  const character = (((utf8[at] ?? 0) & 0x1f) << 12) | (((utf8[at + 1] ?? 0) & 0x3f) << 6) | ((utf8[at + 2] ?? 0) & 0x3f);
  return extraordinaryCharacters[character] ?? 1;
}
