/** `npm run demo -- --remote`: a day of remote signing, with a real browser as the phone. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { runProgram, type CommandEnd } from '../support/command-line.ts';
import { describeWith } from '../support/machine.ts';

vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

describeWith(['chromium'], 'npm run demo -- --remote --yes --json', () => {
  let folder: string;
  let run: CommandEnd;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'hpki-demo-remote-test-'));
    run = await runProgram('npm', ['run', '-s', 'demo', '--', '--remote', '--yes', '--json', '--out', folder]);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('ends well, with nothing on standard error', () => {
    expect({ code: run.code, err: run.err }).toEqual({ code: 0, err: '' });
  });

  it('asks the phone twice for six signatures, a day apart, and every one is VALID', () => {
    const day = JSON.parse(run.out) as { phone: string; authentications: string[]; reports: Record<string, { verdict: string; signer: { role: string } }> };
    expect(day.phone).toBe('chromium');
    expect(Object.values(day.reports).map(({ verdict, signer }) => [verdict, signer.role])).toEqual(Array.from({ length: 6 }, () => ['VALID', 'Medical Doctor']));
    const [first = '', second = ''] = day.authentications;
    expect(day.authentications).toHaveLength(2);
    expect((Date.parse(second) - Date.parse(first)) / 3_600_000).toBeGreaterThan(18);
  });

  it('writes each document and a picture of each QR code', async () => {
    expect(await readFile(path.join(folder, 'prescription-next-day.xml'), 'utf8')).toContain('<xs:SignatureValue');
    expect(await readFile(path.join(folder, 'qr-1.svg'), 'utf8')).toContain('<svg');
  });
});
