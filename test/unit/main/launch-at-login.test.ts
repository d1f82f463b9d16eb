import { describe, expect, it } from 'vitest';
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
