/** The sandbox's commands as an EHR's maker types them: what they write, and what can be done with it. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { runCommand, runProgram, startCommand } from '../support/command-line.ts';
import { describeWith } from '../support/machine.ts';

// Each test starts processes, on machines that are shared.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'hpki-sandbox-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const certificate = async (file: string): Promise<X509Certificate> => new X509Certificate(await readFile(file));

describe('sandbox ca', () => {
  it('names each file that it writes; keys are private, called SANDBOX and fit their certificates, which lead to the root', async () => {
    const out = path.join(folder, 'ca');
    const end = await runCommand(['sandbox', 'ca', '--out', out]);
    expect(end).toMatchObject({ code: 0, err: '' });
    const files = end.out.trim().split('\n');
    for (const file of files) {
      const { mode } = await stat(file);
      const isKey = file.endsWith('.key.pem');
      expect({ file, isNamedSandbox: path.basename(file).startsWith('SANDBOX') }).toEqual({ file, isNamedSandbox: isKey });
      if (isKey) expect({ file, mode: mode & 0o777 }).toEqual({ file, mode: 0o600 });
    }
    const [root, authority] = await Promise.all([certificate(path.join(out, 'trust.pem')), certificate(path.join(out, 'chain.pem'))]);
    expect(authority.checkIssued(root) && authority.verify(root.publicKey)).toBe(true);
    for (const who of ['doctor', 'dentist', 'pharmacist']) {
      const person = await certificate(path.join(out, `${who}.signing.pem`));
      expect(person.verify(authority.publicKey)).toBe(true);
      expect(person.checkPrivateKey(createPrivateKey(await readFile(path.join(out, `SANDBOX-${who}.signing.key.pem`))))).toBe(true);
    }
    expect(files.map((file) => path.relative(out, file))).toEqual(expect.arrayContaining(['expired', 'revoked', 'wrongPolicy', 'sha1Signed', 'untrustedRoot'].map((name) => `negative/${name}.pem`)));
  });
});

describe('sandbox ehr', () => {
  it('pairs by the code that is typed, and has its sample signed by a running agent', async () => {
    const agent = startCommand(['sandbox', 'agent', '--yes', '--port', '0']);
    try {
      const port = (await agent.seen(/http:\/\/127\.0\.0\.1:(\d+)/))[1] ?? '';
      await agent.seen(/ペアリングを受け付けています/);
      const out = path.join(folder, 'ehr.xml');
      const ehr = startCommand(['sandbox', 'ehr', '--port', port, '--out', out]);
      await ehr.seen(/エージェントに表示された番号/);
      ehr.type(`${(await agent.seen(/確認番号: (\d{6})/))[1] ?? ''}\n`);
      const end = await ehr.ended;
      expect(end.code).toBe(0);
      expect(end.out).toMatch(/^テスト\u3000医者\u3000三郎 \(Medical Doctor\) \d{4}-.*ehr\.xml\n$/);
      // Nobody has told this machine of the sandbox's root: everything else holds.
      const verified = await runCommand(['verify', out, '--data-dir', path.join(folder, 'nobody')]);
      expect(verified.code).toBe(2);
      expect(verified.out).not.toContain('✖');
    } finally {
      await agent.stop();
    }
  });
});

describeWith(['softhsm2', 'opensc', 'pkcs11-tool'], 'sandbox softhsm', () => {
  it('prints what another program needs to see the token, and writes the root that it leads to', async () => {
    const out = path.join(folder, 'softhsm');
    const end = await runCommand(['sandbox', 'softhsm', '--out', out]);
    expect(end).toMatchObject({ code: 0, err: '' });
    const told = Object.fromEntries(end.out.trim().split('\n').map((line) => line.split('=') as [string, string]));
    expect(told).toMatchObject({ login: 'context-specific', PIN: '1234' });
    const listed = await runProgram('pkcs11-tool', ['--module', told['module'] ?? '', '--list-objects', '--type', 'cert'], { env: { SOFTHSM2_CONF: told['SOFTHSM2_CONF'] } });
    expect([...listed.out.matchAll(/label:\s+(.+)/g)].map(([, label]) => label).toSorted()).toEqual(['HPKI CA CERTIFICATE', 'HPKI END ENTITY CERTIFICATE', 'HPKI ROOT CA CERTIFICATE']);
    const root = await certificate(path.join(out, 'trust.pem'));
    expect(root.verify(root.publicKey)).toBe(true);
  });
});
