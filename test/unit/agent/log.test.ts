import { describe, expect, it } from 'vitest';
import { code, digest, fault, identifier, place } from '../../../src/agent/log.ts';

describe('what may stand in a log', () => {
  it('lets codes, ids and digests through and withholds everything else', () => {
    expect(code('CARD_REMOVED')).toBe('CARD_REMOVED');
    expect(code('山田 太郎')).toBe('[not a code]');
    expect(identifier('rx-1')).toBe('rx-1');
    expect(identifier('rx 1\npatient')).toBe('[id withheld]');
    expect(digest('a'.repeat(64))).toBe('a'.repeat(64));
    expect(digest('1234')).toBe('[not a digest]');
  });

  it('drops control characters from places, so that a line stays a line', () => {
    expect(place('/dev/reader\u001b[2J\n00')).toBe('/dev/reader?[2J?00');
  });

  it('keeps class, code and frames of an error, never its message', () => {
    const error = Object.assign(new TypeError('PIN 48159260 of 山田', { cause: new RangeError('token canary-token') }), { code: 'EPERM' });
    const text: string = fault(error);
    expect(text).toContain('TypeError EPERM');
    expect(text).toContain('caused by RangeError');
    expect(text).toContain('log.test.ts');
    expect(text).not.toMatch(/48159260|山田|canary/);
    expect(fault('1234')).toBe('[thrown string]');
  });
});
