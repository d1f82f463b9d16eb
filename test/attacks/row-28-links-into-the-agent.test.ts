/**
 * Row 28: links into the program. A web page can open `hpki-agent:…` with anything behind it; agents of others took
 * addresses, files and commands from there. Here such a link starts the agent where it is not running, and does nothing
 * else: no command, no file, no setting, no window. The built program is started as the system starts it for a link.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { buildDesktop, type BuiltDesktop } from '../support/built-desktop.ts';
import { describeWith } from '../support/machine.ts';
import type { HostedApplication } from '../electron-host/launch.ts';

vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

const visibleWindows = (app: HostedApplication): Promise<number> =>
  app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().filter((window) => window.isVisible()).length, undefined);

describeWith(['chromium'], 'a link into the agent', () => {
  let desktop: BuiltDesktop;
  let app: HostedApplication;
  let data: string;
  const settings = (): readonly string[] => ['settings.json', 'look.json', 'clients.json', 'staff.json'].map((name) => (existsSync(path.join(data, name)) ? readFileSync(path.join(data, name), 'utf8') : '–'));

  /** Starts it once more, and waits until the running one has heard of it. */
  const startAgain = async (...args: readonly string[]): Promise<{ readonly code: number | null; readonly output: string }> => {
    const heard = await app.evaluate(() => globalThis.startsHeard ?? 0, undefined);
    const end = await desktop.run(...args);
    await expect.poll(() => app.evaluate(() => globalThis.startsHeard, undefined), { timeout: 60_000 }).toBe(heard + 1);
    return end;
  };

  beforeAll(async () => {
    desktop = buildDesktop();
    data = path.join(desktop.user, 'share', 'hpki-agent');
    app = await desktop.start('hpki-agent:?config=https://evil.example/policy.json');
    await vi.waitFor(() => expect(existsSync(path.join(data, 'port.json'))).toBe(true), { timeout: 60_000, interval: 50 });
    await app.evaluate(({ app: electron }) => void electron.on('second-instance', () => { globalThis.startsHeard = (globalThis.startsHeard ?? 0) + 1; }), undefined);
  });
  afterAll(() => desktop.remove());

  it('starts it as it always starts: out of sight, with its own settings', async () => {
    expect(await visibleWindows(app)).toBe(0);
    expect(settings()).toEqual(['–', '–', '–', '–']);
  });

  it.each([
    ['a command behind the scheme', ['hpki-agent:doctor --json --out stolen.json']],
    ['a command beside the link', ['doctor', '--json', '--out', 'stolen.json', 'hpki-agent:']],
    ['switches that a browser let through', ['hpki-agent:"', '--out', 'stolen.json', 'doctor']],
    ['an address, a module and a language', ['hpki-agent://settings/?language=en&cards.modules=/tmp/evil.so&update.server=https://evil.example']],
    ['a way out of the folder', ['HPKI-AGENT:../../../../etc/passwd']],
    ['a pairing', ['hpki-agent://pair?origin=https://evil.example']],
    ['a very long one', [`hpki-agent:${'A'.repeat(60_000)}`]],
  ])('does nothing to a running one: %s', async (_name, args) => {
    const before = [...readdirSync(data)].sort();
    const { code, output } = await startAgain(...args);
    expect([code, output.replace(/^electron-host: .*\n/gm, '')]).toEqual([0, '']);
    expect(readdirSync(data).sort()).toEqual(before);
    expect(existsSync('stolen.json')).toBe(false);
    expect(settings()).toEqual(['–', '–', '–', '–']);
    expect(await visibleWindows(app)).toBe(0);
  });

  it('leaves it to a person to see the window', async () => {
    await startAgain('--at-login');
    expect(await visibleWindows(app)).toBe(0);
    await startAgain();
    await expect.poll(() => visibleWindows(app), { timeout: 30_000 }).toBe(1);
  });
});

declare global {
  var startsHeard: number | undefined;
}
