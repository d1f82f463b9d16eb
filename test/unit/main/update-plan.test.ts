import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { settingsSchema } from '../../../src/agent/config/settings.ts';
import { comesFrom, planUpdates } from '../../../src/main/update-plan.ts';

const settings = { server: 'https://updates.hospital.example.jp/hpki', channel: 'latest', publisher: 'CN=Hospital' };
const forOneUser = { isPackaged: true, platform: 'win32' as const, executable: 'C:\\Users\\sensei\\AppData\\Local\\Programs\\HPKIAgent\\HPKIAgent.exe', userPrograms: 'C:\\Users\\sensei\\AppData\\Local' };

describe('whether the program updates itself', () => {
  it('does where policy names a server and one user installed it', () => {
    expect(planUpdates(settings, forOneUser)).toEqual({ state: 'on', ...settings });
  });

  it('does not without a policy, which is the default', () => {
    expect(planUpdates(settingsSchema.parse({}).update, forOneUser)).toEqual({ state: 'off', because: 'policy' });
  });

  it.each([
    ['checkout', { ...forOneUser, isPackaged: false }],
    ['packages', { ...forOneUser, platform: 'linux' as const, executable: '/opt/HPKI Agent/hpki-agent' }],
    ['packages', { ...forOneUser, platform: 'darwin' as const }],
    ['all-users', { ...forOneUser, executable: 'C:\\Program Files\\HPKIAgent\\HPKIAgent.exe' }],
    ['all-users', { ...forOneUser, executable: 'C:\\Users\\sensei\\AppData\\LocalLow\\HPKIAgent.exe' }],
    ['all-users', { ...forOneUser, executable: 'D:\\HPKIAgent.exe' }],
    ['all-users', { ...forOneUser, userPrograms: undefined }],
  ])('does not from %s', (because, program) => {
    expect(planUpdates(settings, program)).toEqual({ state: 'off', because });
  });
});

describe('the policy of updates', () => {
  const accepts = (update: object): boolean => settingsSchema.safeParse({ update }).success;

  it('knows https alone, and no server without the publisher of its files', () => {
    expect(accepts(settings)).toBe(true);
    expect(accepts({ ...settings, server: 'http://updates.hospital.example.jp/' })).toBe(false);
    expect(accepts({ ...settings, server: 'http://127.0.0.1/' })).toBe(false);
    expect(accepts({ ...settings, server: 'file:///srv/updates' })).toBe(false);
    expect(accepts({ server: settings.server })).toBe(false);
    expect(accepts({ ...settings, channel: '../latest' })).toBe(false);
  });
});

describe('the files of an update', () => {
  it('come from below the server’s address', () => {
    expect(comesFrom(settings.server, [{ url: 'HPKIAgent Setup 1.3.0.exe' }])).toBe(true);
    expect(comesFrom(settings.server, [])).toBe(false);
    expect(comesFrom(settings.server, [{ url: 'a.exe' }, { url: 'https://evil.example/b.exe' }])).toBe(false);
    for (const url of ['//evil.example/a.exe', '../a.exe', '/a.exe', 'https://updates.hospital.example.jp.evil.example/hpki/a.exe', 'https://updates.hospital.example.jp@evil.example/hpki/', 'http://updates.hospital.example.jp/hpki/a.exe', 'data:,a']) {
      expect(comesFrom(settings.server, [{ url }]), url).toBe(false);
    }
  });

  it('come from no other host, whatever the list says', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.webUrl()), (url) => {
        if (!comesFrom(settings.server, [{ url }])) return;
        expect(new URL(url, `${settings.server}/`).origin).toBe('https://updates.hospital.example.jp');
      }),
    );
  });
});
