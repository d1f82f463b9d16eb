import fc from 'fast-check';
import { expect, it } from 'vitest';
import { isCanonicalBase64 } from '../../../src/contract/base64.ts';

it('takes what encoders write', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => isCanonicalBase64(Buffer.from(bytes).toString('base64'))));
});

it('takes nothing that an encoder would write otherwise', () => {
  const nearlyBase64 = fc.string({ unit: fc.constantFrom('A', 'B', 'Q', 'g', 'h', '9', '+', '/', '=', '-', '_', ' ', '\n'), maxLength: 12 });
  fc.assert(
    fc.property(nearlyBase64, (text) => {
      expect(isCanonicalBase64(text)).toBe(Buffer.from(text, 'base64').toString('base64') === text);
    }),
    { numRuns: 5000 },
  );
});
