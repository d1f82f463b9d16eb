import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isOtherName } from '../../../../src/formats/prescription/same-name.ts';

describe('two written names', () => {
  it.each([
    ['医者 三郎', '医者　三郎', 'a full-width space'],
    ['医者三郎', '医者　三郎', 'no space'],
    ['ｲｼｬ ｻﾌﾞﾛｳ', 'イシャ　サブロウ', 'half-width kana'],
    ['TEST ISHA', 'ｔｅｓｔ　ｉｓｈａ', 'full-width Latin letters, and case'],
    ['髙橋 一郎', '高橋 一郎', 'はしごだか'],
    ['山﨑 惠', '山崎 恵', 'たつさき, an old form'],
    ['渡邊 眞', '渡邉 真', 'two old forms'],
    ['辻\u{E0100} 花子', '辻 花子', 'a registered glyph'],
    ['塚\u{FA10}'.slice(1), '塚', 'a compatibility ideograph'],
    ['か\u3099', 'が', 'a dakuten of its own'],
  ])('%s and %s are the same: %s', (one, other) => {
    expect(isOtherName(one, other)).toBe(false);
    expect(isOtherName(other, one)).toBe(false);
  });

  it.each([
    ['医者 三郎', '医者 三朗'],
    ['斎藤 一', '斉藤 一'],
    ['齋藤 一', '齊藤 一'],
    ['大崎 一', '大埼 一'],
    ['医者 三郎', 'テスト　医者　三郎'],
    ['医者 三郎', '医者 サブロウ'],
    ['ISHA SABURO', 'ISHA JIRO'],
    ['太田 一', '大田 一'],
  ])('%s and %s are not', (one, other) => {
    expect(isOtherName(one, other)).toBe(true);
    expect(isOtherName(other, one)).toBe(true);
  });

  it('that are written in other letters are left to the reader', () => {
    expect(isOtherName('ISHA SABURO', '医者 三郎')).toBe(false);
    expect(isOtherName('', '医者 三郎')).toBe(false);
  });

  it('are the same as themselves, and compare alike from both sides', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), (one, other) => {
        expect(isOtherName(one, one)).toBe(false);
        expect(isOtherName(one, other)).toBe(isOtherName(other, one));
      }),
    );
  });
});
