/** `sandbox remote` and `sandbox agent --policy` side by side, as docs/ehr tells an EHR maker to start them; the phone is played by Chromium. */
import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { VirtualPhones } from '../../../src/sandbox/remote/virtual-phone.ts';
import { pair } from '../../../src/sandbox/ehr/ehr-client.ts';
import { samplePrescriptionCsv } from '../../../src/sandbox/samples/prescription.ts';
import { sampleDates } from '../../../src/sandbox/samples/sample-dates.ts';
import { projectRoot, runCommand, startCommand, type RunningCommand } from '../../support/command-line.ts';
import { describeWith, programPath } from '../../support/machine.ts';
import { ask, until, type HttpAnswer } from '../../support/running-api.ts';

vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

const page = readFileSync(path.join(projectRoot, 'docs', 'ehr', 'README.md'), 'utf8');

/** The page's sample of reading events, as it stands there but for the port. */
async function sampleOfEvents(port: number, token: string, showReady: (isReady: boolean) => void): Promise<void> {
  const [, code = ''] = /```js\n([^]*?)```/.exec(page) ?? [];
  expect(code).toContain(':17090/');
  const file = path.join(folder, 'sample.mjs');
  await writeFile(file, `export default async (token, showReady) => {\n${code.replace(':17090/', `:${port}/`)}\n};\n`);
  const { default: run } = (await import(file)) as { default: (token: string, showReady: (isReady: boolean) => void) => Promise<void> };
  await run(token, showReady);
}

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sandbox-agent-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describeWith(['chromium'], "an EHR maker's two terminals", () => {
  let remote: RunningCommand;
  let agent: RunningCommand;
  beforeAll(async () => {
    remote = startCommand(['sandbox', 'remote', '--port', '0', '--out', folder]);
    await remote.seen(/Ctrl\+C/);
    agent = startCommand(['sandbox', 'agent', '--yes', '--port', '0', '--card', 'pharmacist', '--policy', path.join(folder, 'policy.json')]);
  });
  afterAll(() => Promise.all([agent.stop(), remote.stop()]));

  it('authenticate by a phone ahead of time, then sign at once', async () => {
    const port = Number((await agent.seen(/http:\/\/127\.0\.0\.1:(\d+)/))[1]);
    const paired = await pair(port, 'EHR', async () => (await agent.seen(/確認番号: (\d{6})/))[1] ?? '');
    const call = (method: string, target: string, body?: unknown): Promise<HttpAnswer> =>
      ask(port, target, {
        method,
        headers: { authorization: `Bearer ${paired.token}`, 'content-type': 'application/json', 'idempotency-key': 'rx-1', prefer: 'wait=60' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
    const staff = { id: 'D0012', name: '医者 三郎' };
    const heard: boolean[] = [];
    void sampleOfEvents(port, paired.token, (isReady) => heard.push(isReady)).catch(() => undefined);
    await until(() => heard.length > 0, 'the first event of the sample', 60_000);
    expect(heard).toEqual([false]);
    expect((await call('POST', '/v1/sessions', { staffId: staff.id, staffName: staff.name, method: 'smartphone' })).status).toBe(201);

    const phones = await VirtualPhones.open(programPath('chromium'));
    const phone = await phones.phone();
    const [, ticket = ''] = await remote.seen(/(http:\/\/localhost:\d+\/register\/[\w-]+)/);
    expect(await phone.register(ticket, 'sandbox-doctor')).toMatchObject({ outcome: 'done' });
    const [, uri = '', number = ''] = await agent.seen(/スマートフォンで開くアドレス: (\S+) {2}番号: (\d+)/);
    expect(await phone.signIn(uri, number)).toMatchObject({ outcome: 'done' });
    await phones.close();

    await until(() => heard.at(-1) === true, 'the sample hears that the doctor is ready', 60_000);
    const csv = Buffer.from(samplePrescriptionCsv(sampleDates())).toString('base64');
    const signed = await call('POST', '/v1/signatures', { staff, method: 'auto', documents: [{ id: 'rx-1', type: 'prescription', csv }] });
    expect(signed.json).toMatchObject({ state: 'signed', method: 'remote' });
    const file = path.join(folder, 'signed.xml');
    await writeFile(file, Buffer.from((signed.json as { documents: { xml: string }[] }).documents[0]?.xml ?? '', 'base64'));
    const files = (name: string): string => path.join(folder, name);
    const verified = await runCommand(['verify', file, '--trust', files('trust.pem'), '--chain', files('chain.pem'), '--crl', files('crl.pem')]);
    expect(verified).toMatchObject({ code: 0 });

    // What the page says to the control port, and what the EHR hears then.
    const { control } = JSON.parse(await readFile(files('addresses.json'), 'utf8')) as { control: string };
    const again = async (key: string): Promise<HttpAnswer> => ask(port, '/v1/signatures', {
      method: 'POST',
      headers: { authorization: `Bearer ${paired.token}`, 'content-type': 'application/json', 'idempotency-key': key, prefer: 'wait=60' },
      body: JSON.stringify({ staff, method: 'remote', documents: [{ id: 'rx-1', type: 'prescription', csv }] }),
    });
    const curls = [...page.matchAll(/^curl -d '(.*?)' -H 'content-type: application\/json' http:\/\/localhost:17204(\S+) +# ([A-Z_]+)?/gm)];
    expect(curls.map(([, , , code]) => code)).toEqual(['SERVICE_SUSPENDED', 'REMOTE_ANSWER_LOST', undefined]);
    for (const [, body = '', target = '', code] of curls) {
      const told = await fetch(`${control}${target}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
      expect(told.ok).toBe(true);
      if (code !== undefined) expect((await again(`key-${code}`)).json).toMatchObject({ code });
    }
    const from = agent.out.length;
    const waiting = again('after-the-revocation');
    await agent.seen(/スマートフォンで開くアドレス/, from);
    await call('DELETE', '/v1/sessions/D0012');
    await agent.stop();
    await waiting.catch(() => undefined);
  });
});

it.each([
  ['absent.json', null, 'ファイルがありません'],
  ['wrong.json', '{"remote": 1}', 'ポリシーとして使えません'],
  ['text.json', 'hello', 'ポリシーとして使えません'],
])('says what is wrong with the policy %s', async (name, content, text) => {
  const file = path.join(folder, name);
  if (content !== null) await writeFile(file, content);
  const end = await runCommand(['sandbox', 'agent', '--yes', '--port', '0', '--policy', file]);
  expect([end.code, end.err.includes(text)]).toEqual([64, true]);
});
