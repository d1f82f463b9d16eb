import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { errorTable, errorTableFile } from '../../../scripts/error-table.ts';
import { errorCodes, type ErrorCodeEntry } from '../../../src/contract/error-codes.ts';
import { version } from '../../../src/contract/version.ts';

const root = path.join(import.meta.dirname, '..', '..', '..');
const entries = Object.entries<ErrorCodeEntry>(errorCodes);

describe('the table of error codes', () => {
  it('has each code in one file, and every file of src/contract/error-codes in it', async () => {
    const files = globSync('src/contract/error-codes/*.ts', { cwd: root });
    const parts = await Promise.all(files.map((file) => import(path.join(root, file)) as Promise<Record<string, object>>));
    const codes = parts.flatMap((part) => Object.values(part)).flatMap((part) => Object.keys(part));
    expect(codes.sort()).toEqual(Object.keys(errorCodes).sort());
  });

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
