import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hasUnseenCharacters, showSafely } from '../../../../src/formats/prescription/display-safety.ts';

describe('text that is shown before a signature', () => {
  it.each([
    '髙橋　①子', 'ﾀｶﾊｼ ｲﾁｺ', 'が', 'か\u3099', 'ﾊﾟ', '㎎ ℃ μg ±５％', '１日３回　朝昼夕食後', 'é', 'e\u0301', 'Nguyễn',
    'ệ'.normalize('NFD'), '葛\u{E0100}城', '辻\u{E0101}', '𠮷野家', '〆切 々 〻', '【般】アムロジピン', '①②⑳', '々ー〜', 'α-β', '',
    'ａ　　　　ｂ', '∞≧≦', '👩',
  ])('stays as it is where it is ordinary: %s', (text) => {
    expect(showSafely(text)).toBe(text);
    expect(hasUnseenCharacters(text)).toBe(false);
  });

  it.each([
    ['an override that reorders', '10\u202e錠', '10⟨U+202E⟩錠'],
    ['an isolate', 'a\u2066b\u2069', 'a⟨U+2066⟩b⟨U+2069⟩'],
    ['a right-to-left mark', '1\u200f2', '1⟨U+200F⟩2'],
    ['an Arabic letter mark', '1\u061c2', '1⟨U+061C⟩2'],
    ['a Hebrew letter beside digits', '\u05d0 5', '⟨U+05D0⟩ 5'],
    ['an Arabic word', '\u0645\u0631', '⟨U+0645⟩⟨U+0631⟩'],
    ['Adlam', '\u{1E900}', '⟨U+1E900⟩'],
    ['a zero-width space', '3\u200b0', '3⟨U+200B⟩0'],
    ['a zero-width joiner', 'a\u200db', 'a⟨U+200D⟩b'],
    ['a word joiner', 'a\u2060b', 'a⟨U+2060⟩b'],
    ['a BOM inside', 'a\ufeffb', 'a⟨U+FEFF⟩b'],
    ['a soft hyphen', 'a\u00adb', 'a⟨U+00AD⟩b'],
    ['a line feed', 'a\nb', 'a⟨U+000A⟩b'],
    ['a carriage return', 'a\rb', 'a⟨U+000D⟩b'],
    ['an escape sequence of a terminal', '\u001b[2J', '⟨U+001B⟩[2J'],
    ['a C1 control', '\u009b2J', '⟨U+009B⟩2J'],
    ['a NUL', 'a\u0000b', 'a⟨U+0000⟩b'],
    ['a backspace', 'ab\u0008', 'ab⟨U+0008⟩'],
    ['a tab', 'a\tb', 'a⟨U+0009⟩b'],
    ['a line separator', 'a\u2028b', 'a⟨U+2028⟩b'],
    ['a paragraph separator', 'a\u2029b', 'a⟨U+2029⟩b'],
    ['a no-break space', 'a\u00a0b', 'a⟨U+00A0⟩b'],
    ['an em space', 'a\u2003b', 'a⟨U+2003⟩b'],
    ['a Hangul filler', 'a\u3164b', 'a⟨U+3164⟩b'],
    ['a half-width Hangul filler', 'a\uffa0b', 'a⟨U+FFA0⟩b'],
    ['a braille blank', 'a\u2800b', 'a⟨U+2800⟩b'],
    ['a tag character', 'a\u{E0041}b', 'a⟨U+E0041⟩b'],
    ['a gaiji of the private use area', '\ue000田', '⟨U+E000⟩田'],
    ['a supplementary private use character', '\u{F0000}', '⟨U+F0000⟩'],
    ['an unassigned code point', '\u0378', '⟨U+0378⟩'],
    ['a lone surrogate', 'a\ud800b', 'a⟨U+D800⟩b'],
    ['an interlinear annotation', '\ufff9a\ufffb', '⟨U+FFF9⟩a⟨U+FFFB⟩'],
    ['a variation selector after a digit', '1\u{E0100}', '1⟨U+E0100⟩'],
    ['a second variation selector', '葛\u{E0100}\u{E0101}', '葛\u{E0100}⟨U+E0101⟩'],
    ['an emoji variation selector', '1\ufe0f', '1⟨U+FE0F⟩'],
    ['a struck-through amount', '1\u03360', '1⟨U+0336⟩0'],
    ['a mark on a letter that strikes through', 'a\u0338', 'a⟨U+0338⟩'],
    ['an enclosing mark', '1\u20dd', '1⟨U+20DD⟩'],
    ['a mark on nothing', '\u0301a', '⟨U+0301⟩a'],
    ['a mark after a space', ' \u0301', ' ⟨U+0301⟩'],
    ['a third mark on one letter', 'a\u0301\u0302\u0303', 'a\u0301\u0302⟨U+0303⟩'],
    ['five spaces', '錠     100', '錠⟨␣×5⟩100'],
    ['37 full-width spaces', `a${'　'.repeat(37)}b`, 'a⟨␣×37⟩b'],
    ['spaces of both widths by turns', 'a 　 　 b', 'a⟨␣×5⟩b'],
  ])('shows %s', (_, text, shown) => {
    expect(showSafely(text)).toBe(shown);
  });

  const hostile = fc.string({
    unit: fc.oneof(
      fc.nat({ max: 0x10ffff }).map((codePoint) => String.fromCodePoint(codePoint)),
      fc.constantFrom('\u202e', '\u200b', ' ', '　', '\u0301', '\u3099', '漢', 'か', '1', '\u{E0100}', '\u05d0', '\n', '\u001b', '⟨'),
    ),
    maxLength: 60,
  });
  const hidesOrReorders =
    /[\p{Cc}\p{Cf}\p{Cn}\p{Co}\p{Cs}\p{Zl}\p{Zp}\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefe\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]|(?<!\p{Script=Han})\p{Default_Ignorable_Code_Point}|[ \u3000]{5}|\p{M}{3}|(?<!\p{L}|\p{M})\p{M}/u;

  it('holds nothing that can hide or reorder, whatever came in', () => {
    fc.assert(fc.property(hostile, (text) => {
      const shown = showSafely(text);
      // IVD selectors are both ignorable and marks; after a kanji they choose its glyph.
      expect(shown.replaceAll(/(?<=\p{Script=Han})[\u{E0100}-\u{E01EF}]/gu, '')).not.toMatch(hidesOrReorders);
    }), { numRuns: 2000 });
  });

  it('loses nothing: undoing the escapes gives the text back', () => {
    fc.assert(fc.property(hostile.filter((text) => !/[⟨␣]|[ \u3000]{5}/.test(text)), (text) => {
      const undone = showSafely(text)
        .replaceAll(/⟨U\+([0-9A-F]{4,6})⟩/g, (_, hex: string) => String.fromCodePoint(Number.parseInt(hex, 16)));
      expect(undone).toBe(text);
    }), { numRuns: 1000 });
  });

  it('does not change when it is made safe twice', () => {
    fc.assert(fc.property(hostile, (text) => {
      expect(showSafely(showSafely(text))).toBe(showSafely(text));
    }));
  });

  it('is never cut, however long', () => {
    const long = '長い備考'.repeat(20_000);
    expect(showSafely(long)).toBe(long);
  });
});
