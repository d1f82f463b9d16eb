/** What is installed: plain JavaScript that runs every command, finds its card host, and has no sandbox. */
import { mkdir, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { buildProduct } from '../../scripts/build.ts';
import { projectRoot, runCommand, startCommand, type CommandEnd, type CommandOptions } from '../support/command-line.ts';

// Each test starts processes, on machines that are shared.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

let folder: string;
let dist: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'hpki-build-'));
  // As an installation lies: dist/ beside node_modules.
  await symlink(path.join(projectRoot, 'node_modules'), path.join(folder, 'node_modules'));
  dist = path.join(folder, 'dist');
  await buildProduct(dist);
}, 120_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

const built = (): CommandOptions => ({ program: [process.execPath, path.join(dist, 'hpki-agent.js')], cwd: folder });
const run = (...args: readonly string[]): Promise<CommandEnd> => runCommand(args, built());

describe('the built program', () => {
  it('has the product\'s commands and neither sandbox nor demo', async () => {
    const { code, out } = await run('--help');
    expect(code).toBe(0);
    for (const command of ['serve', 'pair', 'sign', 'verify', 'status', 'readers', 'doctor', 'staff', 'anchors', 'audit', 'config']) {
      expect(out).toMatch(new RegExp(`^  ${command} `, 'm'));
    }
    expect(out).not.toMatch(/sandbox|demo/i);
    expect((await run('sandbox', 'ca')).code).toBe(64);
    expect((await run('demo')).code).toBe(64);
  });

  it('verifies, diagnoses and shows its configuration', async () => {
    const data = path.join(folder, 'data-read');
    await mkdir(data);
    expect((await run('verify', path.join(projectRoot, 'package.json'), '--data-dir', data)).out).toContain('INVALID');
    const checks = JSON.parse((await run('doctor', '--json', '--data-dir', data)).out) as { id: string; details: { en: string } }[];
    // The answer comes out of the card host's process: it was found beside the program.
    expect(checks.find(({ id }) => id === 'card.service')?.details.en).not.toMatch(/card host|not started/);
    expect((await run('config', 'show', '--data-dir', data)).out).toContain('api.ports');
    expect((await run('audit', 'verify', '--data-dir', data)).code).toBe(0);
  });

  it('serves, and ends when it is told to', async () => {
    const data = path.join(folder, 'data-serve');
    const serve = startCommand(['serve', '--data-dir', data], built());
    const [, port] = await serve.seen(/http:\/\/127\.0\.0\.1:(\d+)/);
    const health = (await (await fetch(`http://127.0.0.1:${port}/health`)).json()) as { name: string };
    expect(health.name).toBe('hpki-agent');
    expect(JSON.parse((await run('status', '--json', '--data-dir', data)).out)).toMatchObject({ port: Number(port) });
    expect((await serve.stop()).code).toBe(0);
  });
});

describe('the build', () => {
  it('refuses an entry that reaches the sandbox, even by a lazy import', async () => {
    await expect(buildProduct(path.join(folder, 'wrong'), 'src/cli/development.ts')).rejects.toThrow(/must not reach .*src\/sandbox\//);
  }, 60_000);

  it('leaves no trace of sandbox modules in its source maps', async () => {
    const map = JSON.parse(await readFile(path.join(dist, 'hpki-agent.js.map'), 'utf8')) as { sources: readonly string[] };
    expect(map.sources.length).toBeGreaterThan(0);
    expect(map.sources.filter((source) => source.includes('sandbox'))).toEqual([]);
  });
});
