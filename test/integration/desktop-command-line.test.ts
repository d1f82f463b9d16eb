/** The installed program as a command line: the built bundles, over the model of Electron's API. */
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { AuditLog } from '../../src/agent/audit/audit-log.ts';
import { systemClock } from '../../src/agent/system-clock.ts';
import { buildDesktop, type BuiltDesktop } from '../support/built-desktop.ts';
import { runCommand, startCommand, type RunningCommand } from '../support/command-line.ts';
import { describeWith } from '../support/machine.ts';
import { ownEtcNeeds, withOwnEtc } from '../support/own-etc.ts';

vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

/** One build for both suites. */
const built: { desktop?: BuiltDesktop } = {};
const build = (): BuiltDesktop => (built.desktop ??= buildDesktop());
afterAll(() => built.desktop?.remove());

describeWith(['chromium'], 'the installed program on a command line', () => {
  let desktop: BuiltDesktop;
  let out: string;
  const answer = (): string => readFileSync(out, 'utf8');
  const data = (name: string): string => path.join(desktop.user, 'share', 'hpki-agent', name);

  beforeAll(async () => {
    desktop = build();
    await mkdir(desktop.user, { recursive: true });
    out = path.join(desktop.user, 'answer.json');
  });

  it('diagnoses without a window, and writes its JSON to the file', async () => {
    const app = await desktop.start('doctor', '--json', '--out', out);
    const code = await app.exited;
    const checks = JSON.parse(answer()) as { readonly id: string; readonly status: string; readonly details: { readonly en: string } }[];
    expect(code).toBe(checks.some(({ status }) => status === 'problem') ? 1 : 0);
    // The card host's process was found beside the program, and the key store is the desktop's.
    expect(checks.find(({ id }) => id === 'card.service')?.details.en).not.toMatch(/card host|not started/);
    expect(app.windows()).toEqual([]);
  });

  it('shows the configuration with its sources', async () => {
    expect((await desktop.run('config', 'show', '--json', '--out', out)).code).toBe(0);
    const { settings } = JSON.parse(answer()) as { readonly settings: readonly { readonly path: string; readonly source: string }[] };
    expect(settings).toContainEqual(expect.objectContaining({ path: 'desktop.startAtLogin', source: 'default' }));
  });

  it('ends with 64 where it is used wrongly, and 1 with the reason in the file where it cannot answer', async () => {
    expect((await desktop.run('doctor', '--no-such-option', '--out', out)).code).toBe(64);
    expect(answer()).toContain('--no-such-option');
    expect((await desktop.run('status', '--json', '--out', out)).code).toBe(1);
    expect(answer()).toContain('起動していません');
  });

  it('ends with 64 where the file cannot be written, and says why without a stack', async () => {
    const { code, output } = await desktop.run('config', 'show', '--out', path.join(desktop.user, 'no', 'such', 'folder.json'));
    expect(code).toBe(64);
    expect(output).toContain('folder.json');
    expect(output).not.toMatch(/^\s+at /m);
  });

  it('writes no answer over the agent’s own records', async () => {
    const records = path.join(desktop.user, 'records');
    await mkdir(records);
    for (const [file, dataDir] of [[path.join(records, 'audit.jsonl'), ['--data-dir', records]], [data('journal.jsonl'), []], [path.join(records, 'clients.json'), [`--data-dir=${records}`]], [path.join(records, 'journal.jsonl'), ['--data-dir', path.join(desktop.user, 'elsewhere'), `--data-dir=${records}`]]] as const) {
      await mkdir(path.dirname(file), { recursive: true });
      await writeFile(file, 'a record\n');
      const { code, output } = await desktop.run('audit', 'export', ...dataDir, '--out', file);
      expect(code).toBe(64);
      expect(output).toContain('データフォルダーの中には書き出せません');
      expect(readFileSync(file, 'utf8')).toBe('a record\n');
      await rm(file);
    }
  });

  it('loses nothing of a long answer on its way through a pipe', async () => {
    const folder = path.join(desktop.user, 'long');
    await mkdir(folder);
    const audit = new AuditLog({ file: path.join(folder, 'audit.jsonl'), clock: systemClock, terminal: 'clinic-1', secrets: { protection: 'memory', get: () => Promise.resolve(undefined), set: () => Promise.resolve() } });
    for (let entry = 0; entry < 400; entry += 1) await audit.append({ event: 'agent.started', result: 'ok', notes: ['x'.repeat(500)] });
    await audit.close();
    // A reader that has begun and then rests, for longer than the program takes to end.
    const slowly = ['sh', '-c', '"$@" | { dd bs=1 count=1 2>/dev/null; sleep 2; cat; }', 'sh', ...desktop.byHand.program];
    const { out: csv } = await runCommand(['audit', 'export', '--data-dir', folder], { program: slowly, env: { ...desktop.byHand.env, NODE_OPTIONS: undefined } });
    expect(csv.length).toBeGreaterThan(200_000);
    expect(csv.trimEnd().split('\n')).toHaveLength(401);
  });

  it('asks the running one, and trusts the head of the audit log that the desktop has sealed', async () => {
    const running = await desktop.start();
    await vi.waitFor(() => expect(existsSync(data('port.json'))).toBe(true), { timeout: 60_000, interval: 50 });
    expect((await desktop.run('status', '--json', '--out', out)).code).toBe(0);
    const { port } = JSON.parse(readFileSync(data('port.json'), 'utf8')) as { readonly port: number };
    expect(JSON.parse(answer())).toMatchObject({ port, cardService: expect.stringMatching(/running|unavailable/) as unknown });
    expect((await desktop.run('audit', 'verify', '--json', '--out', out)).code).toBe(0);
    expect(JSON.parse(answer())).toMatchObject({ ok: true });
    await running.close();
    expect(existsSync(data('port.json'))).toBe(false);
    // With the log gone, only a head that was really read can tell that entries are missing.
    await rm(data('audit.jsonl'));
    expect((await desktop.run('audit', 'verify', '--json', '--out', out)).code).toBe(1);
    expect(JSON.parse(answer())).toMatchObject({ ok: false });
  });
});

describeWith(['chromium', ...ownEtcNeeds], 'a start at logon', () => {
  let desktop: BuiltDesktop;
  let etc: string;
  beforeAll(async () => {
    desktop = build();
    etc = path.join(desktop.user, 'etc');
    await mkdir(path.join(etc, 'hpki-agent'), { recursive: true, mode: 0o755 });
  });

  /** As the installers start it, with this machine policy in a mount namespace of its own. */
  const start = async (startAtLogin: boolean): Promise<RunningCommand> => {
    await writeFile(path.join(etc, 'hpki-agent/policy.json'), JSON.stringify({ desktop: { startAtLogin } }), { mode: 0o644 });
    const program = [...withOwnEtc(etc), ...desktop.byHand.program];
    return startCommand(['--at-login'], { program, env: { ...desktop.byHand.env, NODE_OPTIONS: undefined } });
  };
  const portFile = (): string => path.join(desktop.user, 'share', 'hpki-agent', 'port.json');

  it('ends at once, and well, where policy does not want it: nothing restarts it then', async () => {
    const { code, signal } = await (await start(false)).ended;
    expect([code, signal]).toEqual([0, null]);
    expect(existsSync(portFile())).toBe(false);
  });

  it('starts the agent where policy wants it', async () => {
    const agent = await start(true);
    await vi.waitFor(() => expect(existsSync(portFile())).toBe(true), { timeout: 60_000, interval: 50 });
    await agent.stop();
  });
});
