import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { redact, SelfDiagnosis } from '../../../src/main/self-diagnosis.ts';
import { writeZip } from '../../../src/main/zip-file.ts';

const here = { home: '/home/sato', user: 'sato', host: 'CLINIC-PC-7' };

describe('what is handed on', () => {
  it('names neither the user nor the machine', () => {
    const text = redact('/home/sato/.local/x CLINIC-PC-7/sato C:\\\\Users', here);
    expect(text).toBe('~/.local/x <host>/<user> C:\\\\Users');
  });

  it('is a ZIP that another program reads, without them', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'zip-'));
    try {
      await writeFile(path.join(folder, 'agent.log'), '{"place":"/home/sato/x"}\n');
      const diagnosis = new SelfDiagnosis(() => Promise.reject(new Error('not run')));
      const file = path.join(folder, 'out.zip');
      await writeFile(file, await diagnosis.zip(folder, here, new Date(2026, 0, 2)));
      const read = (program: string): string => execFileSync('python3', ['-c', program, file], { encoding: 'utf8' });
      expect(read('import sys,zipfile; z=zipfile.ZipFile(sys.argv[1]); assert z.testzip() is None; print(",".join(z.namelist()))').trim()).toBe('checks.json,versions.json,agent.log');
      expect(read('import sys,zipfile; print(zipfile.ZipFile(sys.argv[1]).read("agent.log").decode())').trim()).toBe('{"place":"~/x"}');
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('has a directory also for no file at all', () => {
    expect(writeZip([], new Date(2026, 0, 2)).readUInt32LE(0)).toBe(0x06054b50);
  });
});
