/** The codec carries what structured clone carries, and refuses what it refuses. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeCodec } from '../codec.ts';

const codec = makeCodec();
const cloneable = fc.anything({ withBigInt: true, withDate: true, withMap: true, withSet: true, withTypedArray: true, withSparseArray: false, withBoxedValues: false, withObjectString: false, withNullPrototype: false });

describe('values between main process and page', () => {
  it('arrive as structured clone would have them', () => {
    fc.assert(fc.property(cloneable, (value) => {
      expect(codec.decode(codec.encode(value))).toEqual(structuredClone(value));
    }), { numRuns: 300 });
  });

  it('keep bytes, and only the bytes of a view', () => {
    const view = new Uint8Array([1, 2, 3, 4]).subarray(1, 3);
    expect(codec.decode(codec.encode({ view }))).toEqual({ view: new Uint8Array([2, 3]) });
  });

  it('are refused where structured clone refuses them', () => {
    for (const value of [() => 1, Symbol('s'), Promise.resolve(), new WeakMap()]) {
      expect(() => codec.encode({ value })).toThrow('An object could not be cloned.');
    }
  });
});
