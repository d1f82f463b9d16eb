import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const signMany = path.join(import.meta.dirname, '..', 'support', 'memory', 'sign-many.ts');

/** The journal keeps the place of each key for a day. Measured here: about 0.8 KB a request. */
const bytesARequestMayKeep = 2_000;

describe('memory', () => {
  it('does not grow with signatures, but for the place of each key in the journal', { timeout: 120_000 }, async () => {
    const [first, second] = [600, 1_800];
    const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', signMany, String(first), String(second)]);
    const { hasGc, live } = JSON.parse(stdout) as { readonly hasGc: boolean; readonly live: readonly number[] };
    expect(hasGc).toBe(true);
    const [before = Number.NaN, after = Number.NaN] = live;
    expect((after - before) / (second - first)).toBeLessThan(bytesARequestMayKeep);
  });
});
