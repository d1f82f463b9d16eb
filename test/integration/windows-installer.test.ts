/**
 * What is ours of the Windows installers. The NSIS include is compiled by makensis as electron-builder compiles it
 * (warnings are errors) and truly run under Wine, with Wine's registry and task scheduler; electron-builder's own part
 * is not in it, because its plugins are a download. The MSI needs WiX, so of it only the project is looked at.
 */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DOMParser } from '@xmldom/xmldom';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { addToProject } from '../../scripts/msi-project.mjs';
import { policyPlaces } from '../../src/agent/config/machine-policy.ts';
import { valuesInExport } from '../../src/agent/config/registry-export.ts';
import { policyOfValues } from '../../src/agent/config/registry-policy.ts';
import { resolveConfig } from '../../src/agent/config/resolve.ts';
import { projectRoot } from '../support/command-line.ts';
import { describeWith, programPath } from '../support/machine.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 180_000 });

const windows = path.join(projectRoot, 'build/windows');
const taskXml = readFileSync(path.join(windows, 'start-at-logon.xml'), 'utf8');
const link = 'Software\\Classes\\hpki-agent';
const runKey = 'Software\\Microsoft\\Windows\\CurrentVersion\\Run';

describeWith(['makensis', 'wine64'], 'the Windows installer', () => {
  let folder: string;
  let prefix: string;
  const finish = (program: string, args: readonly string[]): Promise<{ readonly code: number; readonly out: string }> =>
    new Promise((resolve) => {
      // A program that waits for a person would wait for ever: nobody is there.
      execFile(program, args, { env: { PATH: process.env['PATH'], HOME: folder, WINEPREFIX: prefix, LC_ALL: 'C.UTF-8', WINEDEBUG: '-all', WINEDLLOVERRIDES: 'mscoree,mshtml=' }, timeout: 110_000 }, (error, out, err) => {
        resolve({ code: error === null ? 0 : Number(error.code ?? -1), out: out + err });
      });
    });
  const wine = (...args: readonly string[]) => finish(programPath('wine64'), args);
  const registry = async (key: string, ...value: readonly string[]): Promise<string | null> => {
    const { code, out } = await wine('reg', 'query', key, ...value);
    return code === 0 ? out : null;
  };
  const task = (): string | null => {
    const file = path.join(prefix, 'drive_c/windows/system32/tasks/HPKI Agent');
    return existsSync(file) ? readFileSync(file, 'utf8') : null;
  };
  const userFolder = (): string => path.join(prefix, 'drive_c/users/root/AppData/Local/HpkiAgent');
  /** The data of an agent that was killed. */
  const leaveData = (): void => {
    mkdirSync(userFolder(), { recursive: true });
    for (const name of ['port.json', 'audit.jsonl']) writeFileSync(path.join(userFolder(), name), 'x');
  };
  const install = (...args: readonly string[]) => wine(path.join(folder, 'install.exe'), '/S', ...args);
  const uninstall = (...args: readonly string[]) => wine(path.join(folder, 'uninstall.exe'), '/S', ...args);

  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'windows-installer-'));
    prefix = path.join(folder, 'wine');
    writeFileSync(path.join(folder, 'start-at-logon.xml'), `\uFEFF${taskXml.replace('<?xml version="1.0"?>', '<?xml version="1.0" encoding="UTF-16"?>')}`, 'utf16le');
    const compile = async (name: string, ...defines: readonly string[]): Promise<void> => {
      const args = ['-WX', '-V2', '-INPUTCHARSET', 'UTF8', `-DOUT=${path.join(folder, name)}`, `-DINCLUDE=${path.join(windows, 'installer.nsh')}`, `-DTASK=${path.join(folder, 'start-at-logon.xml')}`, ...defines];
      const { code, out } = await finish(programPath('makensis'), [...args, path.join(projectRoot, 'test/support/installer-harness.nsi')]);
      expect(code, out).toBe(0);
    };
    await compile('install.exe');
    await compile('uninstall.exe', '-DBUILD_UNINSTALLER');
    await wine('wineboot', '--init');
  });
  afterAll(async () => {
    await finish(programPath('wine64').replace('wine64', 'wineserver64'), ['-k']);
    rmSync(folder, { recursive: true, force: true });
  });

  it('for all users: a task at logon that restarts, and a link that hands nothing over', async () => {
    expect((await install('/allusers')).code).toBe(0);
    // Wine has read it, Japanese included; it keeps only a part of a task (not how it starts): that is looked at below.
    expect(task()).toContain('HPKI署名エージェントを、ログオン時に起動し');
    expect(task()).toContain('<URI>\\HPKI Agent</URI>');
    expect(await registry(`HKLM\\${runKey}`, '/v', 'HPKI Agent')).toBeNull();
    const command = await registry(`HKLM\\${link}\\shell\\open\\command`);
    expect(command).toContain('"C:\\Program Files\\HPKIAgent\\HPKIAgent.exe" hpki-agent:');
    expect(command).not.toContain('%1');
    expect(await registry(`HKLM\\${link}`, '/v', 'URL Protocol')).not.toBeNull();
  });

  it('an update keeps both, and asks nothing', async () => {
    leaveData();
    expect((await uninstall('/allusers', '--updated', '--delete-app-data')).code).toBe(0);
    expect((await install('/allusers')).code).toBe(0);
    expect(task()).not.toBeNull();
    expect(existsSync(path.join(userFolder(), 'audit.jsonl'))).toBe(true);
  });

  it('is gone without a trace but the records, and with the port file of an agent that was killed', async () => {
    leaveData();
    expect((await uninstall('/allusers')).code).toBe(0);
    expect(task()).toBeNull();
    expect(await registry(`HKLM\\${link}`)).toBeNull();
    expect(existsSync(path.join(userFolder(), 'port.json'))).toBe(false);
    expect(existsSync(path.join(userFolder(), 'audit.jsonl'))).toBe(true);
  });

  it('for one user: the Run key, and no task', async () => {
    expect((await install('/currentuser')).code).toBe(0);
    expect(task()).toBeNull();
    expect(await registry(`HKCU\\${runKey}`, '/v', 'HPKI Agent')).toContain('HPKIAgent.exe" --at-login');
    expect(await registry(`HKCU\\${link}\\shell\\open\\command`)).toContain('hpki-agent:');
    expect(await registry(`HKLM\\${link}`)).toBeNull();
  });

  it('deletes the records of this user where it is told to', async () => {
    expect((await uninstall('/currentuser', '--delete-app-data')).code).toBe(0);
    expect(await registry(`HKCU\\${runKey}`, '/v', 'HPKI Agent')).toBeNull();
    expect(await registry(`HKCU\\${link}`)).toBeNull();
    expect(existsSync(userFolder())).toBe(false);
  });

  it('a policy in the registry is read as it was written, Japanese too', async () => {
    const place = policyPlaces.win32;
    const json = JSON.stringify({ clients: [{ name: '院内EHR', native: true, tokenSha256: '0'.repeat(64) }], cards: { modules: [{ path: 'C:\\Windows\\System32\\HpkiSigP11_MPKCS11H.dll' }] } });
    const values = [['Policy', 'REG_SZ', json], ['desktop.startAtLogin', 'REG_DWORD', '0'], ['api.otherUsers', 'REG_MULTI_SZ', 'SYSTEM\\0診察室']] as const;
    for (const [name, kind, value] of values) expect((await wine('reg', 'add', place, '/v', name, '/t', kind, '/d', value, '/f')).code).toBe(0);
    const file = path.join(folder, 'policy.reg');
    expect((await wine('reg', 'export', place, `Z:${file.replaceAll('/', '\\')}`, '/y')).code).toBe(0);
    const read = valuesInExport(readFileSync(file, 'utf16le').replace(/^\uFEFF/, ''), place.replace('HKLM', 'HKEY_LOCAL_MACHINE'));
    const { settings, problems } = resolveConfig(policyOfValues(read), undefined);
    expect(problems).toEqual([]);
    expect(settings).toMatchObject({ ...JSON.parse(json), desktop: { startAtLogin: false }, api: { otherUsers: ['SYSTEM', '診察室'] } });
  });
});

describe('the task at logon', () => {
  // Task Scheduler's schema wants the settings in no order, but each once and of its own type.
  const settings = Object.fromEntries([...taskXml.matchAll(/<(\w+)>([^<]*)<\/\1>/g)].map(([, name = '', value]) => [name, value]));

  it('runs for every user with the user’s own rights, for as long as the session lasts', () => {
    expect(settings).toMatchObject({ GroupId: 'S-1-5-32-545', RunLevel: 'LeastPrivilege', MultipleInstancesPolicy: 'Parallel', ExecutionTimeLimit: 'PT0S', Command: '%ProgramFiles%\\HPKIAgent\\HPKIAgent.exe', Arguments: '--at-login' });
    expect(taskXml).toContain('<LogonTrigger>');
    expect(settings).toMatchObject({ DisallowStartIfOnBatteries: 'false', StopIfGoingOnBatteries: 'false', RunOnlyIfIdle: 'false', Enabled: 'true' });
  });

  it('restarts it within what the schema allows (at least a minute, at most 255 times)', () => {
    expect(settings).toMatchObject({ Interval: 'PT1M', Count: '255' });
  });
});

describe('the MSI’s project', () => {
  const require = createRequire(import.meta.url);
  const builder = path.dirname(createRequire(require.resolve('electron-builder/package.json')).resolve('app-builder-lib/package.json'));
  const template = readFileSync(path.join(builder, 'templates/msi/template.xml'), 'utf8');
  /** electron-builder's template with every branch in it, and without its code. */
  const project = template.replace(/\{\{[^]*?\}\}/g, '').replace(/\$\{\w+\}/g, 'X');

  it('gets link and task, in what electron-builder really writes', () => {
    const document = new DOMParser().parseFromString(addToProject(project), 'text/xml');
    const values = [...document.getElementsByTagName('RegistryValue')].map((value) => value.getAttribute('Value'));
    expect(values).toContain('"[APPLICATIONFOLDER]HPKIAgent.exe" hpki-agent:');
    expect(values.join()).not.toContain('%1');
    const actions = [...document.getElementsByTagName('CustomAction')].map((action) => [action.getAttribute('Id'), action.getAttribute('ExeCommand'), action.getAttribute('Impersonate')]);
    expect(actions).toContainEqual(['CreateTask', '"[System64Folder]schtasks.exe" /Create /TN "HPKI Agent" /XML "[APPLICATIONFOLDER]resources\\start-at-logon.xml" /F', 'no']);
    expect(actions).toContainEqual(['DeleteTask', '"[System64Folder]schtasks.exe" /Delete /TN "HPKI Agent" /F', 'no']);
    const conditions = [...document.getElementsByTagName('Custom')].map((custom) => [custom.getAttribute('Action'), custom.textContent]);
    expect(conditions).toContainEqual(['DeleteTask', 'REMOVE="ALL" AND NOT UPGRADINGPRODUCTCODE']);
  });

  it('stops the build where the template has changed', () => {
    expect(() => addToProject('<Product></Product>')).toThrow('</ComponentGroup>');
  });
});
