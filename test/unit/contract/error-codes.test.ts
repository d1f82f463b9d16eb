import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { errorTable, errorTableFile } from '../../../scripts/error-table.ts';
import { errorCodes, type ErrorCodeEntry } from '../../../src/contract/error-codes.ts';
import { version } from '../../../src/contract/version.ts';

const entries = Object.entries<ErrorCodeEntry>(errorCodes);

describe('the table of error codes', () => {
  it('uses each number once', () => {
    expect(new Set(entries.map(([, entry]) => entry.number)).size).toBe(entries.length);
  });

  it('keeps 401 for a lost pairing and never uses the statuses on which browsers resend', () => {
    expect(entries.filter(([, entry]) => entry.status === 401).map(([code]) => code)).toEqual(['NOT_PAIRED']);
    expect(entries.filter(([, entry]) => [408, 425].includes(entry.status))).toEqual([]);
  });

  it.each(entries)('%s says cause and remedy in Japanese and in English', (_code, entry) => {
    expect(entry.ja).toMatch(/[ぁ-ん一-龠]/);
    expect(entry.remedy.ja).toMatch(/[ぁ-ん一-龠]/);
    expect(entry.en).toMatch(/^[\x20-\x7e]+$/);
    expect(entry.remedy.en.length).toBeGreaterThan(10);
  });

  it('is what docs/ehr/errors.md shows (mend with: node scripts/error-table.ts)', () => {
    expect(readFileSync(errorTableFile, 'utf8')).toBe(errorTable());
  });
});

it('the program says the version of package.json', () => {
  expect(version).toBe((JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as { version: string }).version);
});
