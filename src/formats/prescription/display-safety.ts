/**
 * Text of others (CSV, caller and staff names) made safe to read before a person signs: nothing in it can hide,
 * reorder or overprint what stands beside it. What could is written as a visible escape: `⟨U+202E⟩`.
 * SECURITY: display spoofing, "Trojan Source" (CVE-2021-42574). Guarded by test/unit/formats/prescription/display-safety.test.ts.
 */
import { isExtraordinary } from './ordinary-characters.ts';

/** Longest run of spaces that is shown as spaces; a longer one could push text out of sight and becomes `⟨␣×n⟩`. */
const MAX_SPACES = 4;

/** Marks on one letter: two are ordinary (Vietnamese), more smear over the lines above and below. */
const MAX_COMBINING_MARKS = 2;

/**
 * Blocks whose letters run from right to left (Hebrew, Arabic, Syriac … Adlam), assigned or not. Even without a
 * control character they reorder the digits and units beside them, so they are escaped as well.
 */
const RIGHT_TO_LEFT = '\\u0590-\\u08FF\\uFB1D-\\uFDFF\\uFE70-\\uFEFE\\u{10800}-\\u{10FFF}\\u{1E800}-\\u{1EFFF}';

/** Print as nothing or as a gap although Unicode calls them letters or symbols (braille blank, fillers …). */
const BLANK_GLYPHS = '\\u2800\\u{1D159}\\u{13441}\\u{13442}';

const UNSEEN =
  `\\p{Cc}\\p{Cf}\\p{Cn}\\p{Co}\\p{Cs}\\p{Zl}\\p{Zp}\\p{Default_Ignorable_Code_Point}${RIGHT_TO_LEFT}${BLANK_GLYPHS}`;

/** Every space but the ASCII and the full-width one. */
const ODD_SPACE = '[\\p{Zs}--[\\u0020\\u3000]]';

const unseen = new RegExp(`[[${UNSEEN}]${ODD_SPACE}]`, 'v');
/** What must be looked at character by character; nearly every text has nothing of it. */
const suspect = new RegExp(`[[${UNSEEN}\\p{M}]${ODD_SPACE}]`, 'v');
const combining = /^\p{M}$/u;
/** Enclosing marks, overlays (a struck-through 1) and marks for symbols: never part of a name. */
const overprinting = /^[\p{Me}\u0334-\u0338\u20D0-\u20FF]$/u;
const letter = /^\p{L}$/u;
const han = /^\p{Script=Han}$/u;
/** VS17–VS256 select the registered glyph of a kanji (IVD); names need them. */
const ideographicVariation = /^[\u{E0100}-\u{E01EF}]$/u;
const longSpaces = new RegExp(`[\\u0020\\u3000]{${MAX_SPACES + 1}}`);
const spaceRun = new RegExp(`[\\u0020\\u3000]{${MAX_SPACES + 1},}`, 'gu');

/** `⟨U+202E⟩` */
function visibleEscape(character: string): string {
  const codePoint = character.codePointAt(0) ?? 0;
  return `⟨U+${codePoint.toString(16).toUpperCase().padStart(4, '0')}⟩`;
}

function needsEscape(text: string): boolean {
  return (isExtraordinary(text) && suspect.test(text)) || text.includes('\n');
}

/** true where the text holds characters that a person cannot see, or that reorder others (spaces apart). */
export function hasUnseenCharacters(text: string): boolean {
  return needsEscape(text) && escapeUnseen(text) !== text;
}

function escapeUnseen(text: string): string {
  let shown = '';
  /** The last character that took a place of its own, '' after an escape or a space. */
  let base = '';
  let marks = 0;
  let varied = false;
  for (const character of text) {
    if (ideographicVariation.test(character) && han.test(base) && marks === 0 && !varied) {
      shown += character;
      varied = true;
    } else if (unseen.test(character)) {
      shown += visibleEscape(character);
      base = '';
    } else if (combining.test(character)) {
      marks += 1;
      const shows = letter.test(base) && marks <= MAX_COMBINING_MARKS && !overprinting.test(character);
      shown += shows ? character : visibleEscape(character);
      if (!shows) base = '';
    } else {
      shown += character;
      base = character;
      marks = 0;
      varied = false;
    }
  }
  return shown;
}

/**
 * The text as it may be shown. Ordinary Japanese stays as it is: full and half width, 髙, ①, dakuten as combining
 * marks, and one ideographic variation selector after a kanji. Never shortens; applying it twice changes nothing more.
 */
export function showSafely(text: string): string {
  const seen = needsEscape(text) ? escapeUnseen(text) : text;
  return longSpaces.test(seen) ? seen.replace(spaceRun, (run) => `⟨␣×${run.length}⟩`) : seen;
}
