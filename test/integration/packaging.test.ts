/**
 * The packages as electron-builder writes them, with a made-up Electron in place of the binary: what is in them, what is
 * not, that the fuses are set, and what installing and removing the deb does. In place of fpm, which electron-builder
 * downloads, test/support/fpm-stand-in.mjs makes the deb from the same command line. That such a package starts can only
 * be shown where Electron's binary is.
 */
import { execFile, execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { FuseState, FuseV1Options, getCurrentFuseWire } from '@electron/fuses';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { projectRoot } from '../support/command-line.ts';
import { fuseCount, madeUpElectron } from '../support/made-up-electron.ts';
import { describeWith } from '../support/machine.ts';
import { openScratchSystem, scratchSystemNeeds, type ScratchSystem } from '../support/scratch-system.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 300_000 });

const run = promisify(execFile);
const require = createRequire(import.meta.url);
const asar = path.join(projectRoot, 'node_modules/@electron/asar/bin/asar.js');
const env = { ...process.env, NODE_OPTIONS: '', CUSTOM_FPM_PATH: path.join(projectRoot, 'test/support/fpm-stand-in.mjs') };

let folder: string;
let app: string;
let listing: readonly string[];

/** Runs electron-builder; rejects with what it printed. */
const pack = async (...args: readonly string[]): Promise<void> => {
  const command = [require.resolve('electron-builder/cli.js'), ...args, `-c.directories.output=${path.join(folder, 'out')}`, '--publish', 'never'];
  await run(process.execPath, command, { cwd: projectRoot, env, maxBuffer: 16 * 1024 * 1024 }).catch((error: unknown) => {
    const { stdout, stderr } = error as { readonly stdout: string; readonly stderr: string };
    throw new Error(`${stdout}\n${stderr}`);
  });
};

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'packaging-'));
  const dist = path.join(folder, 'electron');
  await madeUpElectron(dist);
  await run(process.execPath, [path.join(projectRoot, 'node_modules/electron-vite/bin/electron-vite.js'), 'build', '--logLevel', 'error'], { cwd: projectRoot, env });
  await pack('--linux', 'deb', `-c.electronDist=${dist}`);
  app = path.join(folder, 'out/linux-unpacked');
  listing = execFileSync(process.execPath, [asar, 'list', path.join(app, 'resources/app.asar')], { encoding: 'utf8' }).split('\n');
  execFileSync(process.execPath, [asar, 'extract', path.join(app, 'resources/app.asar'), path.join(folder, 'taken')]);
});

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
    expect(listing.filter((file) => /^\/(src|test|scripts|out\/e2e|out\/dev)(\/|$)|^\/out\/.*\.map$/.test(file))).toEqual([]);
    for (const file of listing.filter((name) => /^\/out\/main\/.*\.js$/.test(name))) {
      expect(await readFile(path.join(folder, 'taken', file), 'utf8'), file).not.toMatch(/VirtualHpkiCard|createTestCa|sandboxPin/);
    }
  });

  it('holds no package that only development needs', async () => {
    const { packages } = JSON.parse(await readFile(path.join(projectRoot, 'package-lock.json'), 'utf8')) as { packages: Record<string, { readonly version: string; readonly dev?: true }> };
    // electron-builder lays them out anew, so that a package is known by name and version.
    const needed = new Set(Object.entries(packages).flatMap(([place, { version, dev }]) => (dev === true ? [] : [`${place.split('node_modules/').at(-1)} ${version}`])));
    const isPackage = /^\/node_modules\/(?:.*\/node_modules\/)?(?:@[^/]+\/)?[^/@]+\/package\.json$/;
    const packed = await Promise.all(listing.filter((file) => isPackage.test(file)).map(async (file) => {
      const { name, version } = JSON.parse(await readFile(path.join(folder, 'taken', file), 'utf8')) as { name: string; version: string };
      return `${name} ${version}`;
    }));
    expect(packed.filter((name) => !needed.has(name))).toEqual([]);
    expect(packed).toContain(`electron-updater ${packages['node_modules/electron-updater']?.version}`);
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
    const wire = await getCurrentFuseWire(path.join(app, 'hpki-agent'));
    const off = [FuseV1Options.RunAsNode, FuseV1Options.EnableNodeOptionsEnvironmentVariable, FuseV1Options.EnableNodeCliInspectArguments, FuseV1Options.LoadBrowserProcessSpecificV8Snapshot, FuseV1Options.GrantFileProtocolExtraPrivileges];
    const on = [FuseV1Options.EnableCookieEncryption, FuseV1Options.EnableEmbeddedAsarIntegrityValidation, FuseV1Options.OnlyLoadAppFromAsar, FuseV1Options.WasmTrapHandlers];
    expect(off.length + on.length).toBe(fuseCount);
    for (const fuse of off) expect(wire[fuse], FuseV1Options[fuse]).toBe(FuseState.DISABLE);
    for (const fuse of on) expect(wire[fuse], FuseV1Options[fuse]).toBe(FuseState.ENABLE);
  });
});

describe('packing', () => {
  it('refuses a configuration that electron-builder’s schema does not know', async () => {
    await expect(pack('--linux', 'dir', '-c.nsis.noSuchOption=1')).rejects.toThrow(/Invalid configuration object[^]*configuration\.nsis/);
  });

  it('fails where a library is not built for the target', async () => {
    const dist = path.join(folder, 'electron-win32');
    await madeUpElectron(dist, 'electron.exe');
    await expect(pack('--win', 'dir', '--x64', `-c.electronDist=${dist}`, '-c.disableAsarIntegrity=true')).rejects.toThrow(/binding (is built for \S+, not for win32-x64|for win32-x64 is missing)/);
  });
});

describeWith([...scratchSystemNeeds, 'dpkg-deb', 'useradd', 'runuser', 'systemd-analyze', 'desktop-file-validate'], 'the deb', () => {
  let system: ScratchSystem;
  const left = (): readonly string[] => system.changed().filter((file) => !/^\/(var\/(lib\/dpkg|cache\/(apt|debconf|man))|run|tmp)\/|^\/var\/log\/|^\/etc\/(passwd|group|shadow|gshadow|subuid|subgid)-?$|^\/etc\/\.pwd\.lock$|(mimeinfo|icon-theme)\.cache$/.test(file));
  const shell = async (script: string, ...args: readonly string[]): Promise<string> => {
    const { code, out } = await system.run(script, ...args);
    expect(code, out).toBe(0);
    return out;
  };

  beforeAll(async () => {
    system = openScratchSystem();
    await shell('for name in sensei:4301 other:4302; do useradd --create-home --skel /nonexistent --uid "${name#*:}" "${name%:*}"; done');
    await writeFile(path.join(folder, 'out/package.deb'), await readFile(path.join(folder, 'out/hpki-agent_0.1.0_amd64.deb')));
    await shell('dpkg --force-depends -i "$1"', path.join(folder, 'out/package.deb'));
  });
  afterAll(() => system.remove());

  it('names those of package.json as who answers for it', async () => {
    const { author, homepage } = JSON.parse(await readFile(path.join(projectRoot, 'package.json'), 'utf8')) as { readonly author: { readonly name: string; readonly email: string }; readonly homepage: string };
    const fields = await shell('dpkg-deb -f "$1" Maintainer Homepage', path.join(folder, 'out/package.deb'));
    expect(fields).toBe(`Maintainer: ${author.name} <${author.email}>\nHomepage: ${homepage}\n`);
  });

  it('puts the command on the path and the service before every user’s session', async () => {
    expect(await shell('readlink -f /usr/bin/hpki-agent && test -x /usr/bin/hpki-agent')).toBe('/opt/HPKI Agent/hpki-agent\n');
    expect(await shell('mkdir /tmp/run && XDG_RUNTIME_DIR=/tmp/run systemd-analyze --user verify /usr/lib/systemd/user/hpki-agent.service')).toBe('');
    for (const file of ['/etc/xdg/autostart/hpki-agent.desktop', '/usr/share/applications/hpki-agent.desktop', '/usr/share/applications/hpki-agent-link.desktop']) {
      expect(await shell('desktop-file-validate "$1"', file)).toBe('');
    }
  });

  it('hands no link over: the command of the URL scheme is the same whatever a page writes', async () => {
    const handlers = (await shell('grep -l x-scheme-handler/hpki-agent /usr/share/applications/*.desktop')).trim().split('\n');
    expect(handlers).toEqual(['/usr/share/applications/hpki-agent-link.desktop']);
    expect(await shell('grep ^Exec= "$1"', ...handlers)).toBe('Exec="/opt/HPKI Agent/hpki-agent" hpki-agent:\n');
  });

  it('is updated in place', async () => {
    await shell('dpkg --force-depends -i "$1"', path.join(folder, 'out/package.deb'));
    await shell('test -x /usr/bin/hpki-agent');
  });

  it('leaves nothing behind but the records, and takes the port files of agents that were killed', async () => {
    await shell(`for user in sensei other; do runuser -u $user -- mkdir -p /home/$user/.local/share /home/$user/.config/hpki-agent; done
      runuser -u sensei -- mkdir /home/sensei/.local/share/hpki-agent
      runuser -u sensei -- sh -c 'for name in port.json audit.jsonl; do echo x > ~/.local/share/hpki-agent/$name; done'
      mkdir /etc/elsewhere && echo mine > /etc/elsewhere/port.json
      runuser -u other -- ln -s /etc/elsewhere /home/other/.local/share/hpki-agent`);
    await shell('dpkg -r hpki-agent');
    // SECURITY: root follows no link out of a user's folder.
    expect(left()).toEqual(['/etc/elsewhere/port.json', '/home/other/.local/share/hpki-agent', '/home/sensei/.local/share/hpki-agent/audit.jsonl']);
  });

  it('keeps the records in a purge, and says where they are', async () => {
    expect(await shell('dpkg --force-depends -i "$1" >/dev/null && dpkg -P hpki-agent', path.join(folder, 'out/package.deb'))).toContain('/home/sensei/.local/share/hpki-agent');
    await shell('test -f /home/sensei/.local/share/hpki-agent/audit.jsonl');
  });

  it('deletes them where a purge is asked to, and what a link leads to is not theirs', async () => {
    await shell('dpkg --force-depends -i "$1" && HPKI_AGENT_DELETE_DATA=yes dpkg -P hpki-agent', path.join(folder, 'out/package.deb'));
    expect(left()).toEqual(['/etc/elsewhere/port.json']);
  });
});
