import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeFileDurably } from '../../../../src/agent/storage/write-file-durably.ts';

describe('replacing a file durably', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(path.join(tmpdir(), 'hpki-durable-'))));
  afterEach(() => rmSync(folder, { recursive: true }));

  it('writes a file that only its user can read', async () => {
    const file = path.join(folder, 'a.json');
    await writeFileDurably(file, 'first');
    await writeFileDurably(file, 'second');
    expect(readFileSync(file, 'utf8')).toBe('second');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(['a.json']);
  });

  it('leaves nothing behind where it cannot write', async () => {
    const file = path.join(folder, 'missing', 'a.json');
    await expect(writeFileDurably(file, 'x')).rejects.toMatchObject({ code: 'ENOENT' });
    expect(existsSync(file)).toBe(false);
  });
});
