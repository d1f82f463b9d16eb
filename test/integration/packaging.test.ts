/**
 * The package as electron-builder writes it, with a made-up Electron in place of the binary: what is in it, what is not,
 * and that the fuses are set. That such a package starts can only be shown where Electron's binary is.
 */
import { execFile, execFileSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { FuseState, FuseV1Options, getCurrentFuseWire } from '@electron/fuses';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = path.join(import.meta.dirname, '../..');
const run = promisify(execFile);
const require = createRequire(import.meta.url);

/** Where @electron/fuses looks for the wire: sentinel, version 1, length, one character each (all on, to see that they change). */
const sentinel = 'dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX';
const fuses = 9;

let folder: string;
let app: string;
let listing: readonly string[];

async function madeUpElectron(at: string): Promise<void> {
  await mkdir(path.join(at, 'locales'), { recursive: true });
  await mkdir(path.join(at, 'resources'));
  const wire = Buffer.concat([Buffer.from(sentinel), Buffer.from([1, fuses]), Buffer.from('1'.repeat(fuses))]);
  await writeFile(path.join(at, 'electron'), Buffer.concat([Buffer.from('#!/bin/sh\nexit 0\n'), wire]));
  await chmod(path.join(at, 'electron'), 0o755);
  const { version } = JSON.parse(await readFile(path.join(root, 'node_modules/electron/package.json'), 'utf8')) as { version: string };
  await writeFile(path.join(at, 'version'), version);
  for (const name of ['LICENSE', 'LICENSES.chromium.html', 'locales/ja.pak']) await writeFile(path.join(at, name), '');
}

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'packaging-'));
  const dist = path.join(folder, 'electron');
  await madeUpElectron(dist);
  await run(process.execPath, [path.join(root, 'node_modules/electron-vite/bin/electron-vite.js'), 'build', '--logLevel', 'error'], { cwd: root });
  const output = path.join(folder, 'out');
  await run(
    process.execPath,
    [require.resolve('electron-builder/cli.js'), '--linux', 'dir', `-c.electronDist=${dist}`, `-c.directories.output=${output}`, '--publish', 'never'],
    { cwd: root, maxBuffer: 16 * 1024 * 1024 },
  );
  app = path.join(output, 'linux-unpacked');
  listing = execFileSync(process.execPath, [path.join(root, 'node_modules/@electron/asar/bin/asar.js'), 'list', path.join(app, 'resources/app.asar')], { encoding: 'utf8' }).split('\n');
}, 240_000);

afterAll(() => rm(folder, { recursive: true, force: true }));

describe('the package', () => {
  it('holds main, card host, preload, pages and pictures', () => {
    for (const file of [
      '/out/main/index.js',
      '/out/main/card-host-process.js',
      '/out/preload/preload.cjs',
      '/out/renderer/signature/index.html',
      '/out/renderer/pairing/index.html',
      '/out/renderer/home/index.html',
      '/assets/tray/ready.png',
      '/assets/tray/needs-you@2x.png',
    ]) {
      expect(listing).toContain(file);
    }
  });

  it('holds no sandbox, no specs, no sources and no maps', async () => {
    expect(listing.filter((file) => /^\/(src|test|scripts|out\/e2e)(\/|$)|^\/out\/.*\.map$/.test(file))).toEqual([]);
    const taken = path.join(folder, 'taken');
    execFileSync(process.execPath, [path.join(root, 'node_modules/@electron/asar/bin/asar.js'), 'extract', path.join(app, 'resources/app.asar'), taken]);
    for (const file of listing.filter((name) => /^\/out\/main\/.*\.js$/.test(name))) {
      expect(await readFile(path.join(taken, file), 'utf8'), file).not.toMatch(/VirtualHpkiCard|createTestCa|sandboxPin/);
    }
  });

  it('starts with the bundled main', async () => {
    const packed = JSON.parse(await readFile(path.join(folder, 'taken/package.json'), 'utf8')) as { main: string; devDependencies?: unknown };
    expect(packed.main).toBe('out/main/index.js');
    expect(packed.devDependencies).toBeUndefined();
  });

  it('has compiled libraries outside of the archive, and they load', () => {
    const unpacked = path.join(app, 'resources/app.asar.unpacked/node_modules');
    const load = (name: string) => execFileSync(process.execPath, ['-e', `require(${JSON.stringify(path.join(unpacked, name))}); process.stdout.write('loaded')`], { encoding: 'utf8' });
    expect(load('koffi')).toBe('loaded');
    expect(load('pkcs11js')).toBe('loaded');
  });

  it('has every fuse set as decided', async () => {
    const wire = await getCurrentFuseWire(path.join(app, 'HPKIAgent'));
    const off = [FuseV1Options.RunAsNode, FuseV1Options.EnableNodeOptionsEnvironmentVariable, FuseV1Options.EnableNodeCliInspectArguments, FuseV1Options.LoadBrowserProcessSpecificV8Snapshot, FuseV1Options.GrantFileProtocolExtraPrivileges];
    const on = [FuseV1Options.EnableCookieEncryption, FuseV1Options.EnableEmbeddedAsarIntegrityValidation, FuseV1Options.OnlyLoadAppFromAsar, FuseV1Options.WasmTrapHandlers];
    expect(off.length + on.length).toBe(fuses);
    for (const fuse of off) expect(wire[fuse], FuseV1Options[fuse]).toBe(FuseState.DISABLE);
    for (const fuse of on) expect(wire[fuse], FuseV1Options[fuse]).toBe(FuseState.ENABLE);
  });
});
