import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const module = path.join(import.meta.dirname, '..', '..', '..', 'src', 'sandbox', 'temporary-folder.ts');

/** A temporary folder of this test's own, in which the processes below find their leftovers. */
let place: string;
beforeEach(() => {
  place = mkdtempSync(path.join(tmpdir(), 'temporary-'));
});
afterEach(() => rmSync(place, { recursive: true }));

/** A process that opens one, fills it, says where, and goes on as it is told. */
async function open(then: string, signal?: NodeJS.Signals): Promise<{ readonly folder: string; readonly code: number | null; readonly signal: NodeJS.Signals | null }> {
  const script = `
    import { exitOnSignal, openTemporaryFolder } from ${JSON.stringify(module)};
    import { writeFileSync } from 'node:fs';
    exitOnSignal();
    const folder = openTemporaryFolder('kind');
    openTemporaryFolder('other-kind');
    writeFileSync(folder + '/file', '');
    console.log(folder);
    ${then}`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], { env: { ...process.env, TMPDIR: place, TEMP: place }, stdio: ['ignore', 'pipe', 'ignore'] });
  const [folder] = (await once(child.stdout.setEncoding('utf8'), 'data')) as [string];
  if (signal !== undefined) child.kill(signal);
  const [code, ended] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
  return { folder: folder.trim(), code, signal: ended };
}
const waits = 'setInterval(() => undefined, 1e6);';

describe('a temporary folder', () => {
  it('goes with its process: at its end, at an error, and when it is told to end', async () => {
    for (const [then, signal, code] of [['', undefined, 0], ['process.exit(3);', undefined, 3], ["throw new Error('x');", undefined, 1], [waits, 'SIGINT', 130], [waits, 'SIGTERM', 143]] as const) {
      const end = await open(then, signal);
      expect([end.code, end.signal, existsSync(end.folder)]).toEqual([code, null, false]);
    }
  });

  it('that a kill has left behind goes when the next one is opened', async () => {
    const killed = await open(waits, 'SIGKILL');
    expect(existsSync(killed.folder)).toBe(true);
    await open('');
    expect(existsSync(killed.folder)).toBe(false);
  });

  it('is left alone where its process lives, or where it is not one of ours', async () => {
    const elsewhere = path.join(place, 'elsewhere');
    mkdirSync(elsewhere);
    writeFileSync(path.join(elsewhere, 'file'), '');
    // No process has this number: Linux counts to 4,194,304 at most.
    const nobody = 9_999_999;
    const kept = [`kind-${process.pid}-abc`, `kind-${nobody}`, `kind-${nobody}-a-b`, `kind-x-abc`, `another-kind-${nobody}-abc`].map((name) => path.join(place, name));
    for (const folder of kept) mkdirSync(folder);
    const link = path.join(place, `kind-${nobody}-link`);
    symlinkSync(elsewhere, link);
    await open('');
    for (const folder of [...kept, path.join(elsewhere, 'file'), link]) expect(existsSync(folder), folder).toBe(true);
  });
});
