/** What is installed: plain JavaScript that runs every command, finds its card host, and has no sandbox. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, readdir, rm, symlink } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { buildProduct } from '../../scripts/build.ts';
import { oldestNode, tooOld } from '../../src/cli/node-version.ts';
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

/** Packages that a file of the output loads at once, itself or by its own files. */
async function loadedAtOnce(file: string, seen = new Set<string>()): Promise<readonly string[]> {
  if (seen.has(file)) return [];
  seen.add(file);
  const code = await readFile(path.join(dist, file), 'utf8');
  const wanted = [...code.matchAll(/^(?:import|export) (?:[^'"]* from )?"([^"]+)";/gm)].map(([, name = '']) => name);
  const own = await Promise.all(wanted.filter((name) => name.startsWith('.')).map((name) => loadedAtOnce(path.normalize(name), seen)));
  return [...new Set([...wanted.filter((name) => !name.startsWith('.') && !isBuiltin(name)), ...own.flat()])].sort();
}

describe('memory on a terminal that signs with cards alone', () => {
  it('loads no package into the card host before it is told which cards it has', async () => {
    expect(await loadedAtOnce('card-host-process.js')).toEqual([]);
  });

  it('loads into the agent nothing that speaks to signing services', async () => {
    const start = (await readdir(dist)).find((name) => /^start-product-.*\.js$/.test(name)) ?? '';
    expect(await loadedAtOnce(start)).toEqual(['fastify', 'pino', 'zod']);
  });
});

describe('on an older Node', () => {
  /** A Node of the machine's own, where there is one that is old enough. */
  const systemNode = ['/usr/bin/node', '/usr/local/bin/node'].find((file) => existsSync(file) && tooOld(spawnSync(file, ['--version'], { encoding: 'utf8' }).stdout.replace(/^v/, '')) !== null);
  /** This one, saying that it is old. */
  const playedNode = [process.execPath, '--import', `data:text/javascript,Object.defineProperty(process.versions,'node',{value:'22.12.0'})`];

  it.each(['ja', 'en'] as const)('the built program says what it needs, in %s, and does nothing', async (language) => {
    const programs = [playedNode, ...(systemNode === undefined ? [] : [[systemNode]])];
    for (const program of programs) {
      const data = path.join(folder, 'data-old');
      const end = await runCommand(['serve', '--data-dir', data], { program: [...program, path.join(dist, 'hpki-agent.js')], cwd: folder, language });
      expect(end).toMatchObject({ code: 1, out: '' });
      expect(end.err).toMatch(language === 'ja' ? /^hpki-agent: Node\.js 2\d\.[\d.]+ では動きません。Node\.js 24 以降で起動してください.*\n$/ : /^hpki-agent: Node\.js 2\d\.[\d.]+ is too old\. Start it with Node\.js 24 or later.*\n$/);
      expect(existsSync(data)).toBe(false);
    }
  });

  it('what is read first is little, so that an old Node can read it: the rest is imported after the look', async () => {
    const pending = ['hpki-agent.js'];
    let first = '';
    for (let file = pending.pop(); file !== undefined; file = pending.pop()) {
      const text = await readFile(path.join(dist, file), 'utf8');
      pending.push(...[...text.matchAll(/^import .* from "\.\/(.*)";$/gm)].flatMap(([, name]) => name ?? []));
      first += text;
    }
    expect(first.length).toBeLessThan(4_000);
    expect(first).not.toMatch(/\busing\b|DisposableStack|^import .* from "[^.]/m);
  });

  it('needs the Node that a checkout brings along, and the documents say so', async () => {
    const { devDependencies } = JSON.parse(await readFile(path.join(projectRoot, 'package.json'), 'utf8')) as { devDependencies: Record<string, string> };
    expect(devDependencies['node']?.split('.')[0]).toBe(String(oldestNode));
    expect(tooOld(process.versions.node)).toBeNull();
    for (const file of ['README.md', 'docs/admin/README.md']) expect(await readFile(path.join(projectRoot, file), 'utf8')).toContain(`Node.js ${oldestNode}`);
  });
});

describe('the build', () => {
  it('refuses an entry that reaches the sandbox, even by a lazy import', async () => {
    await expect(buildProduct(path.join(folder, 'wrong'), 'src/cli/development.ts')).rejects.toThrow(/must not reach .*src\/sandbox\//);
  }, 60_000);

  it('leaves no trace of sandbox modules in its source maps', async () => {
    const maps = (await readdir(dist)).filter((name) => name.endsWith('.map'));
    const sources = await Promise.all(maps.map(async (name) => (JSON.parse(await readFile(path.join(dist, name), 'utf8')) as { sources: readonly string[] }).sources));
    expect(sources.flat().length).toBeGreaterThan(100);
    expect(sources.flat().filter((source) => source.includes('sandbox'))).toEqual([]);
  });
});
