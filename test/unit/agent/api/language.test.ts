import { expect, it } from 'vitest';
import { inLanguage, preferredLanguage } from '../../../../src/agent/api/language.ts';

it.each([
  [undefined, 'ja'],
  ['', 'ja'],
  ['*', 'ja'],
  ['fr', 'ja'],
  ['en', 'en'],
  ['EN-us', 'en'],
  ['ja,en', 'ja'],
  ['en,ja', 'ja'],
  ['en-US,en;q=0.9,ja;q=0.8', 'en'],
  ['ja;q=0.5, en;q=0.6', 'en'],
  ['en;q=0', 'ja'],
  ['fr, en;q=0.1', 'en'],
  ['x'.repeat(100_000), 'ja'],
  ['en;q=9', 'en'],
])('%j is answered in %s', (header, language) => {
  expect(preferredLanguage(header)).toBe(language);
});

it('gives one text for a pair, RFC 3339 for a date, and leaves bytes out', () => {
  const value = { at: new Date(0), list: [{ ja: 'あ', en: 'a' }], nested: { ja: 'い', en: 'b', more: 1 }, bytes: new Uint8Array(2), none: null };
  expect(inLanguage(value, 'en')).toEqual({ at: '1970-01-01T00:00:00.000Z', list: ['a'], nested: { ja: 'い', en: 'b', more: 1 }, bytes: undefined, none: null });
});
