/**
 * Updates from a hospital's own server: electron-updater's real updater for Windows, asking a server on loopback. What
 * Windows says of a signature is played; that its answer decides is what is shown here.
 */
import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import https from 'node:https';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { NsisUpdater } from 'electron-updater';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Updates, type Updater } from '../../src/main/updates.ts';
import { TestService } from '../support/network/service.ts';
import { TlsAuthority } from '../support/network/tls-authority.ts';

const require = createRequire(import.meta.url);
/** electron-updater's own way to download, with Node's requests in place of Electron's. */
const { ElectronHttpExecutor } = require('electron-updater/out/electronHttpExecutor.js') as { readonly ElectronHttpExecutor: new () => object };
const nodeHttpExecutor = (): object => Object.assign(new ElectronHttpExecutor(), { createRequest: https.request });

const publisher = 'CN=Test Hospital, O=Test Hospital, C=JP';
const installer = randomBytes(4096);
const sha512 = (bytes: Uint8Array): string => createHash('sha512').update(bytes).digest('base64');

interface Release {
  readonly version: string;
  readonly url?: string;
  readonly sha512?: string;
}

describe('updates', () => {
  let authority: TlsAuthority;
  let service: TestService;
  let folder: string;
  let asked: [file: string, publisher: string][];
  let told: string[];
  let windowsTrusts: boolean;
  let sessionEnds: boolean;

  beforeAll(async () => {
    authority = await TlsAuthority.create('Update CA');
    https.globalAgent.options.ca = [authority.pem];
    service = await TestService.start({ leaf: authority.issue({ commonName: 'localhost', names: ['localhost'] }) });
  });
  afterAll(async () => {
    delete https.globalAgent.options.ca;
    await service.close();
  });
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'updates-'));
    [asked, told, windowsTrusts, sessionEnds] = [[], [], true, false];
    service.seen.length = 0;
  });
  afterEach(() => rm(folder, { recursive: true }));

  const serve = ({ version, url = `HPKIAgent-${version}.exe`, sha512: hash = sha512(installer) }: Release): void => {
    const list = `version: ${version}\nfiles:\n  - url: ${url}\n    sha512: ${hash}\n    size: ${installer.length}\npath: ${url}\nsha512: ${hash}\nreleaseDate: '2026-11-01T00:00:00.000Z'\n`;
    service.answerWith(({ path: asks }, response) => {
      if (/\/updates\/[a-z]+\.yml/.test(asks)) response.end(list);
      else if (asks.startsWith('/updates/HPKIAgent-')) response.end(installer);
      else response.writeHead(404).end();
    });
  };

  const open = async (server = `${service.address}/updates`, channel = 'latest'): Promise<{ readonly updates: Updates; readonly updater: NsisUpdater }> => {
    const appUpdateConfigPath = path.join(folder, 'app-update.yml');
    await writeFile(appUpdateConfigPath, 'provider: generic\nurl: https://updates.invalid/\nupdaterCacheDirName: hpki-agent-updater\n');
    const updater = new NsisUpdater(null, {
      version: '1.2.0', name: 'hpki-agent', isPackaged: true, appUpdateConfigPath, userDataPath: folder, baseCachePath: folder,
      whenReady: () => Promise.resolve(), relaunch: () => undefined, quit: () => undefined, onQuit: () => undefined,
    });
    Object.assign(updater, { httpExecutor: nodeHttpExecutor(), logger: null, _testOnlyOptions: { platform: 'win32' } });
    updater.disableDifferentialDownload = true;
    const updates = new Updates({
      plan: { state: 'on', server, channel, publisher },
      updater,
      isSignedBy: (file, name) => {
        asked.push([file, name]);
        return Promise.resolve(windowsTrusts);
      },
      notify: ({ text }) => told.push(text.en),
      isSessionEnding: () => sessionEnds,
    });
    return { updates, updater };
  };
  const downloads = (): number => service.seen.filter(({ path: asks }) => asks.includes('.exe')).length;

  it('are ready when the file is the server’s, whole, and signed by the publisher of the policy', async () => {
    serve({ version: '1.3.0' });
    const { updates } = await open();
    expect(await updates.look()).toBe('ready');
    expect(updates.ready).toBe('1.3.0');
    expect(asked).toEqual([[expect.stringContaining('HPKIAgent-1.3.0.exe'), publisher]]);
    expect(told).toEqual([]);
  });

  it('are thrown away where Windows does not trust the signature, and somebody is told', async () => {
    serve({ version: '1.3.0' });
    windowsTrusts = false;
    const { updates } = await open();
    expect(await updates.look()).toBe('refused');
    expect(updates.ready).toBeNull();
    expect(updates.install(true)).toBe(false);
    expect(asked.map(([file]) => existsSync(file))).toEqual([false]);
    expect(told).toEqual([expect.stringContaining('1.3.0')]);
  });

  it('are not taken where the file is another than the server’s list says', async () => {
    serve({ version: '1.3.0', sha512: sha512(randomBytes(8)) });
    const { updates } = await open();
    expect(await updates.look()).toBe('unreachable');
    expect([updates.ready, asked, downloads()]).toEqual([null, [], 1]);
  });

  it.each(['http://localhost:1/HPKIAgent-1.3.0.exe', 'https://evil.example/HPKIAgent-1.3.0.exe', '/elsewhere/HPKIAgent-1.3.0.exe', '../elsewhere/HPKIAgent-1.3.0.exe'])('are not fetched from where policy did not send them: %s', async (url) => {
    serve({ version: '1.3.0', url });
    const { updates } = await open();
    expect(await updates.look()).toBe('refused');
    expect(downloads()).toBe(0);
  });

  it.each(['1.2.0', '1.1.9', '0.9.0'])('never go back: %s', async (version) => {
    serve({ version });
    const { updates, updater } = await open();
    expect(updater.allowDowngrade).toBe(false);
    expect(await updates.look()).toBe('none');
    expect(downloads()).toBe(0);
  });

  it('come from the channel that policy names', async () => {
    serve({ version: '1.3.0' });
    const { updates } = await open(undefined, 'pilot');
    await updates.look();
    expect(service.seen[0]?.path).toMatch(/^\/updates\/pilot\.yml/);
  });

  it('are left for another time where the server is not there, or is not who it says', async () => {
    const { updates } = await open('https://localhost:9/updates');
    expect(await updates.look()).toBe('unreachable');
    https.globalAgent.options.ca = [(await TlsAuthority.create('Another CA')).pem];
    https.globalAgent.destroy();
    serve({ version: '1.3.0' });
    expect(await (await open()).updates.look()).toBe('unreachable');
    https.globalAgent.options.ca = [authority.pem];
    expect(told).toEqual([]);
  });

  it('are installed out of sight, and come up where they are told to', async () => {
    serve({ version: '1.3.0' });
    for (const runAfter of [true, false]) {
      const { updates, updater } = await open();
      const installed: unknown[] = [];
      updater.install = (...order) => installed.push(order) > 0;
      expect(updates.install(runAfter), 'before one is ready').toBe(false);
      await updates.look();
      expect(updates.install(runAfter)).toBe(true);
      expect(installed).toEqual([[true, runAfter]]);
    }
  });

  it('start no installer that a log-off or a shutdown would cut off in the middle', async () => {
    serve({ version: '1.3.0' });
    const { updates, updater } = await open();
    updater.install = () => {
      throw new Error('started');
    };
    await updates.look();
    sessionEnds = true;
    expect(updates.install(false)).toBe(false);
    expect(updates.ready).toBe('1.3.0');
  });

  it('start no installer by themselves', async () => {
    const { updater } = await open();
    expect({ autoDownload: updater.autoDownload, autoInstallOnAppQuit: updater.autoInstallOnAppQuit, disableWebInstaller: updater.disableWebInstaller } satisfies Partial<Updater>).toEqual({
      autoDownload: false, autoInstallOnAppQuit: false, disableWebInstaller: true,
    });
  });
});
