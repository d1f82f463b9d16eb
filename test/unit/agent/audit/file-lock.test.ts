import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { lockFile } from '../../../../src/agent/audit/file-lock.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'hpki-lock-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it('another process holds the lock until it is killed, and leaves nothing stale behind', async () => {
  const file = path.join(folder, 'audit.jsonl');
  const module = path.resolve('src/agent/audit/file-lock.ts');
  const script = `import { lockFile } from ${JSON.stringify(module)}; lockFile(${JSON.stringify(file)}); console.log('locked'); setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    await once(child.stdout, 'data');
    expect(() => lockFile(file)).toThrow(expect.objectContaining({ code: 'ELOCKED' }) as Error);
  } finally {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  lockFile(file).release();
});
