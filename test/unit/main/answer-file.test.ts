import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openAnswerFile } from '../../../src/main/answer-file.ts';

describe('the answer of a program without a console', () => {
  let folder: string;
  let file: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'answer-'));
    file = path.join(folder, '答え.json');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** Runs `work` with the file open. What it says on the standard error is not for the test's own output. */
  const answered = (work: () => void): string => {
    const quiet = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    try {
      const answer = openAnswerFile(file);
      work();
      answer.close();
    } finally {
      quiet.mockRestore();
    }
    return readFileSync(file, 'utf8');
  };

  it('is in the file, alone', () => {
    const text = answered(() => {
      process.stderr.write('カードを読んでいます\n');
      process.stdout.write('{"a":');
      process.stdout.write(Buffer.from('"一"}\n'));
    });
    expect(text).toBe('{"a":"一"}\n');
  });

  it('tells the writer when it is written', () => {
    let done = 0;
    answered(() => {
      process.stdout.write('a', () => done++);
      process.stdout.write('YQ==', 'base64', () => done++);
    });
    expect([done, readFileSync(file, 'utf8')]).toEqual([2, 'aa']);
  });

  it('is the reason where there is no answer, which nobody could read elsewhere', () => {
    expect(answered(() => void process.stderr.write('hpki-agent: エージェントが起動していません。\n'))).toBe('hpki-agent: エージェントが起動していません。\n');
  });

  it.runIf(process.platform !== 'win32')('is for its user alone, because it names cards and people', () => {
    answered(() => void process.stdout.write('x'));
    expect(statSync(file).mode & 0o077).toBe(0);
  });
});
