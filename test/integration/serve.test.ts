/** `hpki-agent serve` and the commands that talk to it, each in its own process over one data folder. */
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { writePem } from '../../src/formats/pki/pem.ts';
import { createTestCa } from '../../src/sandbox/ca/test-ca.ts';
import { pair } from '../../src/sandbox/ehr/ehr-client.ts';
import { sandboxPeople } from '../../src/sandbox/sandbox-clinic.ts';
import { projectRoot, runCommand, startCommand, type CommandEnd, type RunningCommand } from '../support/command-line.ts';

const csv = path.join(projectRoot, 'test', 'fixtures', 'csv', 'prescription.csv');

// Each test starts processes, on machines that are shared.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

let folder: string;
let data: string;
let serve: RunningCommand;
let port: number;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'hpki-serve-'));
  data = path.join(folder, 'data');
  serve = startCommand(['serve', '--data-dir', data]);
  port = Number((await serve.seen(/http:\/\/127\.0\.0\.1:(\d+)/))[1]);
});
afterAll(async () => {
  await serve.stop();
  await rm(folder, { recursive: true, force: true });
});

const run = (...args: readonly string[]): Promise<CommandEnd> => runCommand([...args, '--data-dir', data]);
const json = async (...args: readonly string[]): Promise<unknown> => JSON.parse((await run(...args, '--json')).out) as unknown;

describe('serve', () => {
  it('warns where nobody can type a PIN', () => {
    expect(serve.err).toContain('警告: 端末がないため');
  });

  it('writes where it listens into a file that its user alone can read, and status prints it', async () => {
    const file = JSON.parse(await readFile(path.join(data, 'port.json'), 'utf8')) as { port: number; publicKey: string };
    expect(file.port).toBe(port);
    expect(await json('status')).toMatchObject({ port, publicKey: file.publicKey });
    const { code, out } = await run('status');
    expect(code).toBe(0);
    expect(out).toContain(`http://127.0.0.1:${port}`);
    expect(out).toContain('待っている要求: 0');
  });

  it('refuses to run twice on one data folder, at once and with the reason, and leaves the first alone', async () => {
    const { code, err } = await run('serve');
    expect(code).toBe(1);
    expect(err).toContain('この利用者のエージェントはすでに起動しています。');
    expect(await json('status')).toMatchObject({ port });
  });
});

describe('pair', () => {
  it('lets an EHR pair with the code that it shows; lists and revokes it', async () => {
    expect((await run('pair', 'list')).out).toBe('ペアリング済みのEHRはありません。\n');
    const person = startCommand(['pair', '--data-dir', data]);
    await person.seen(/EHRからペアリングを始めてください。.*\(JST\) まで受け付けます。/);
    await pair(port, '院内EHR', async () => (await person.seen(/EHRに入力する番号: {2}(\d{6})/))[1] ?? '');
    const end = await person.ended;
    expect(end.code).toBe(0);
    expect(end.out).toContain('ペアリングしました。');
    expect(end.out).toContain(`依頼元: 院内EHR <${process.execPath}>`);

    const [client] = (await json('pair', 'list')) as { id: string; name: string; revoked: boolean }[];
    expect(client).toMatchObject({ name: '院内EHR', revoked: false });
    expect((await run('pair', 'list')).out).toContain('有効  院内EHR');
    expect(await run('pair', 'revoke', client?.id ?? '')).toMatchObject({ code: 0, out: '取り消しました。\n' });
    expect((await run('pair', 'list')).out).toContain('取消済み  院内EHR');
    expect((await run('pair', 'revoke', 'nobody')).code).toBe(1);
  });
});

describe('staff', () => {
  it('binds a staff id to a certificate, lists it and undoes it', async () => {
    const ca = await createTestCa();
    const pem = path.join(folder, 'doctor.pem');
    await writeFile(pem, writePem((await ca.issue(sandboxPeople.doctor)).certificate.der));
    expect((await run('staff', 'list')).out).toBe('結び付けはまだありません。\n');
    const bound = await run('staff', 'bind', 'D0012', pem);
    expect(bound.code).toBe(0);
    expect(bound.out).toContain('D0012 ← ');
    expect(await json('staff', 'list')).toMatchObject([{ staffId: 'D0012', subjects: [{ by: 'administrator' }] }]);
    expect((await run('staff', 'list')).out).toMatch(/^D0012 {2}.*\(JST\) {2}管理者$/m);
    expect((await run('staff', 'unbind', 'D0012')).out).toBe('結び付けを解きました。\n');
    expect(await json('staff', 'list')).toEqual([]);
    expect((await run('staff', 'unbind', 'D0012')).code).toBe(1);
    expect((await run('staff', 'bind', 'D0012', csv)).code).toBe(64);
  });

  it('binds no certificate that could never sign', async () => {
    const ca = await createTestCa();
    const pem = path.join(folder, 'other.pem');
    for (const { certificate } of [ca.root, ca.signing, await ca.issue({ ...sandboxPeople.doctor, kind: 'authentication' })]) {
      await writeFile(pem, writePem(certificate.der));
      const { code, err } = await run('staff', 'bind', 'D0012', pem);
      expect(code).toBe(1);
      expect(err).toContain('HPKIの署名用証明書ではありません');
    }
    expect(await json('staff', 'list')).toEqual([]);
  });

  it('names the value that the agent cannot use', async () => {
    const { code, err } = await run('staff', 'unbind', 'x'.repeat(65));
    expect(code).toBe(1);
    expect(err).toContain('使えない値: staffId');
  });
});

describe('anchors', () => {
  it('refuse a root that is not known by its fingerprint, and say so', async () => {
    const ca = await createTestCa();
    const pem = path.join(folder, 'root.pem');
    await writeFile(pem, writePem(ca.root.certificate.der));
    const { code, err } = await run('anchors', 'import', pem);
    expect(code).toBe(1);
    expect(err).toContain('公表されたHPKIルートの指紋と一致する証明書がありません');
    expect((await run('anchors', 'list')).out).toBe('登録されていません。\n');
    expect(await json('anchors', 'list')).toEqual([]);
    expect((await run('anchors', 'import', path.join(folder, 'none.pem'))).err).toContain('ファイルがありません');
    expect((await run('anchors', 'import', csv)).code).toBe(64);
  });
});

describe('sign FILE', () => {
  it('asks the running agent, which has nobody at its terminal: cancelled, with the reason', async () => {
    const { code, err, out } = await run('sign', csv, '--staff-id', 'D0012', '--staff-name', '医者 三郎');
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toContain('CANCELLED_BY_USER');
    expect(err).not.toContain('。。');
  });

  it('refuses a file that is no prescription before anybody is asked, naming the line', async () => {
    const wrong = path.join(folder, 'wrong.csv');
    await writeFile(wrong, 'SJ9\r\n1,1\r\n');
    const { code, err } = await run('sign', wrong, '--staff-id', 'D0012', '--staff-name', '医者 三郎');
    expect(code).toBe(1);
    expect(err).toContain('DOCUMENT_INVALID');
    expect(err).toContain('1行目');
  });

  it('wants the signed prescription beside a dispensing result', async () => {
    const dispensing = path.join(projectRoot, 'test', 'fixtures', 'csv', 'dispensing.csv');
    const { code, err } = await run('sign', dispensing, '--staff-id', 'P0003', '--staff-name', '調剤 花子');
    expect(code).toBe(64);
    expect(err).toContain('--prescription');
  });

  it('runs an agent for itself where none runs', async () => {
    const alone = path.join(folder, 'alone');
    const { code, err } = await runCommand(['sign', csv, '--staff-id', 'D0012', '--staff-name', '医者 三郎', '--data-dir', alone]);
    expect(code).toBe(1);
    expect(err).toContain('警告: 端末がないため');
    expect(err).toContain('CANCELLED_BY_USER');
    expect(existsSync(path.join(alone, 'port.json'))).toBe(false);
  });
});

describe('what an administrator reads', () => {
  it('audit verify finds the log whole, and export prints it', async () => {
    expect(await json('audit', 'verify')).toMatchObject({ ok: true });
    const { code, out } = await run('audit', 'export', '--csv');
    expect(code).toBe(0);
    // Who was let in, and by which program.
    expect(out.split('\r\n').find((line) => line.includes('client.paired'))).toContain(process.execPath);
    expect(out).toContain('staff.bound');
    const file = path.join(folder, 'audit.csv');
    await run('audit', 'export', '--out', file);
    expect(await readFile(file, 'utf8')).toContain('client.revoked');
  });

  it('config show tells where each value came from', async () => {
    const shown = (await json('config', 'show')) as { policy: { place: string }; settings: { path: string; source: string }[] };
    expect(shown.policy.place).toBe('/etc/hpki-agent/policy.json');
    expect(shown.settings.find((row) => row.path === 'api.ports')).toMatchObject({ source: 'default' });
    await writeFile(path.join(data, 'settings.json'), JSON.stringify({ language: 'en', cards: { direct: false } }));
    const { out, err } = await run('config', 'show');
    expect(out).toMatch(/^language +"en" {2}\[利用者\]$/m);
    expect(err).toContain('この設定は管理者のポリシーでのみ変更できます');
    await rm(path.join(data, 'settings.json'));
  });

  it('doctor sees the agent answer, and ends with 1 where something is wrong', async () => {
    const { code, out } = await run('doctor', '--json');
    const checks = JSON.parse(out) as { id: string; status: string; remedy: { ja: string } | null }[];
    const status = (id: string): string | undefined => checks.find((check) => check.id === id)?.status;
    expect([status('policy'), status('storage.folder'), status('audit'), status('port')]).toEqual(['ok', 'ok', 'ok', 'ok']);
    expect(checks.filter((check) => check.status === 'problem' && check.remedy === null)).toEqual([]);
    expect(code).toBe(checks.some((check) => check.status === 'problem') ? 1 : 0);
  });
});

describe('an agent that is told to end', () => {
  it('ends with 0, takes its port file and socket with it, and can be started again at once', async () => {
    const end = await serve.stop('SIGTERM');
    expect({ code: end.code, signal: end.signal }).toEqual({ code: 0, signal: null });
    expect([existsSync(path.join(data, 'port.json')), existsSync(path.join(data, 'control.sock'))]).toEqual([false, false]);
    expect(await run('status')).toMatchObject({ code: 1, err: 'hpki-agent: エージェントが起動していません。hpki-agent serve で起動してください。\n' });
    expect(await json('audit', 'verify')).toMatchObject({ ok: true, anchored: true });
    serve = startCommand(['serve', '--data-dir', data]);
    await serve.seen(/署名の要求を待っています/);
  });
});

describe('an audit log that was deleted', () => {
  it('is noticed by its head, which is kept outside of it', async () => {
    await serve.stop();
    await rm(path.join(data, 'audit.jsonl'));
    const { code, out } = await run('audit', 'verify');
    expect(code).toBe(1);
    expect(out).not.toContain('記録はまだありません');
    expect(await runCommand(['audit', 'verify', '--data-dir', path.join(folder, 'new')])).toMatchObject({ code: 0, out: '記録はまだありません。\n' });
  });
});
