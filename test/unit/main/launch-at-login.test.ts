import { readFileSync } from 'node:fs';
import path from 'node:path';
import { DOMParser, type Element } from '@xmldom/xmldom';
import { describe, expect, it } from 'vitest';
import { atLogin } from '../../../src/main/launch-order.ts';
import { registerWithSystem } from '../../../src/main/launch-at-login.ts';

function asked(isPackaged: boolean, startAtLogin: boolean, platform: NodeJS.Platform): unknown[] {
  const settings: unknown[] = [];
  registerWithSystem({ isPackaged, setLoginItemSettings: (item) => settings.push(item) }, startAtLogin, platform);
  return settings;
}

describe('what the program leaves with the system', () => {
  it('is nothing on Windows and Linux: the installer brings it, and takes it away', () => {
    expect(asked(true, true, 'win32')).toEqual([]);
    expect(asked(true, true, 'linux')).toEqual([]);
  });

  it('is the LaunchAgent of its bundle on macOS, as policy wants it', () => {
    expect(asked(true, true, 'darwin')).toEqual([{ openAtLogin: true, type: 'agentService', serviceName: 'jp.hpki-agent.plist' }]);
    expect(asked(true, false, 'darwin')).toEqual([{ openAtLogin: false, type: 'agentService', serviceName: 'jp.hpki-agent.plist' }]);
  });

  it('is nothing from a checkout', () => {
    expect(asked(false, true, 'darwin')).toEqual([]);
  });
});

describe('what the installers hand to the system', () => {
  const build = path.join(import.meta.dirname, '../../../build');
  const read = (name: string): string => readFileSync(path.join(build, name), 'utf8');

  it('starts the program at logon everywhere in the same way', () => {
    expect(read('windows/start-at-logon.xml')).toContain(`<Arguments>${atLogin}</Arguments>`);
    expect(read('windows/installer.nsh')).toContain(`HPKIAgent.exe" ${atLogin}'`);
    expect(read('linux/hpki-agent.service')).toMatch(new RegExp(`^ExecStart="/opt/HPKI Agent/hpki-agent" ${atLogin}$`, 'm'));
    expect(read('mac/jp.hpki-agent.plist')).toContain(`<string>${atLogin}</string>`);
  });

  it('is on macOS a LaunchAgent of the bundle, which restarts it unless it ended well', () => {
    const [dict] = new DOMParser().parseFromString(read('mac/jp.hpki-agent.plist'), 'text/xml').getElementsByTagName('dict');
    const agent = valuesOf(dict);
    expect(agent).toMatchObject({ Label: 'jp.hpki-agent', BundleProgram: 'Contents/MacOS/HPKIAgent', RunAtLoad: 'true', LimitLoadToSessionType: 'Aqua' });
    expect(agent['KeepAlive']).toEqual({ SuccessfulExit: 'false' });
  });
});

/** A property list's dictionary: keys and values in turn; a value without text is told by its name. */
function valuesOf(dict: Element | undefined): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  const children = [...(dict?.childNodes ?? [])].filter((node): node is Element => node.nodeType === 1);
  for (let at = 0; at + 1 < children.length; at += 2) {
    const [key, value] = children.slice(at, at + 2);
    if (key?.nodeName !== 'key' || value === undefined) throw new Error('not a dictionary of a property list');
    values[key.textContent ?? ''] = value.nodeName === 'dict' ? valuesOf(value) : value.textContent === '' ? value.nodeName : value.textContent;
  }
  return values;
}
