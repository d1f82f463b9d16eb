import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeBase64 } from '../../../../src/formats/xades/base64.ts';

describe('Base64 in a signed file', () => {
  it('may be wrapped at 76 columns and end in a newline', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.constantFrom('\n', '\r\n', '\n  '), (bytes, lineEnd) => {
        const wrapped = Buffer.from(bytes).toString('base64').replace(/.{76}/g, (line) => line + lineEnd) + lineEnd;
        expect(decodeBase64(wrapped)).toEqual(Buffer.from(bytes));
      }),
    );
  });

  it.each([
    ['bits that no decoder looks at', 'QR=='],
    ['padding that is missing', 'QQ'],
    ['padding that is too long', 'QQ==='],
    ['padding in the middle', 'QQ==QQ=='],
    ['the alphabet of URLs', '_-__'],
    ['other characters', 'QUJD*'],
    ['full-width letters', 'ＱＵＪＤ'],
  ])('is refused with %s', (_what, text) => {
    expect(decodeBase64(text)).toBeNull();
  });
});
