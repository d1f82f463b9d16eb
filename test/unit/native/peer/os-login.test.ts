import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { isSameLogin, osLogin } from '../../../../src/native/peer/os-login.ts';

const source = new URL('../../../../src/native/peer/os-login.ts', import.meta.url).href;

describe('a logon', () => {
  it.runIf(process.platform === 'linux')('is the same for the next process, and names the run of the machine', () => {
    const script = `import { osLogin } from ${JSON.stringify(source)}; process.stdout.write(JSON.stringify(osLogin()))`;
    const next: unknown = JSON.parse(execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8', env: { ...process.env, NODE_OPTIONS: '' } }));
    expect(next).toEqual(osLogin());
    expect(osLogin()?.session).toMatch(/^[0-9a-f-]{36} \d*$/);
  });

  it('is told by the start of the machine where the system has no name for it', () => {
    for (const ask of [() => osLogin('darwin'), () => osLogin('linux', '/nowhere')]) {
      const here = ask();
      if (here === null) throw new Error('not told');
      expect(here.bootedAt).toBeLessThan(Date.now());
      expect(ask()).toMatchObject({ session: here.session });
      expect(isSameLogin(here, ask() ?? { session: '', bootedAt: 0 })).toBe(true);
      expect(isSameLogin(here, { ...here, bootedAt: (here.bootedAt ?? 0) - 5 * 60_000 })).toBe(false);
    }
  });

  it.skipIf(process.platform === 'win32')('is not guessed where the libraries of Windows cannot be called', () => {
    expect(osLogin('win32')).toBeNull();
  });

  it('is another one by its name alone', () => {
    expect(isSameLogin({ bootedAt: 0, session: '3e7a' }, { bootedAt: 0, session: '4b10' })).toBe(false);
  });
});
