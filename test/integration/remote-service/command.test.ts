/** `hpki-agent sandbox remote` as somebody starts it who has an EHR to try. */
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Agent, fetch as undiciFetch } from 'undici';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { settingsSchema } from '../../../src/agent/config/settings.ts';
import type { RemoteServiceAddresses } from '../../../src/sandbox/remote/remote-service.ts';
import { runCommand, startCommand } from '../../support/command-line.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'remote-command-'));
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

it('serves until it is ended, and leaves the files that a terminal needs', async () => {
  const command = startCommand(['sandbox', 'remote', '--port', '0', '--out', folder]);
  await command.seen(/Ctrl\+C/);
  expect(command.out).toContain('医者　三郎（D0012）のスマートフォンを登録: パスワード sandbox-doctor');
  expect(command.out).toMatch(/http:\/\/localhost:\d+\/register\/[\w-]{22}/);

  const read = (name: string): Promise<string> => readFile(path.join(folder, name), 'utf8');
  const addresses = JSON.parse(await read('addresses.json')) as RemoteServiceAddresses;
  // The agent takes the policy as it is.
  const policy = settingsSchema.parse(JSON.parse(await read('policy.json')));
  expect(policy.remote.providers.map(({ kind }) => kind)).toEqual(['csc', 'kagura']);
  const { clientCertificate, extraCa } = policy.network;
  if (typeof clientCertificate === 'string') throw new Error('the policy names no files');
  expect((await stat(clientCertificate.key)).mode & 0o077).toBe(0);
  const [ca, cert, key] = await Promise.all([...extraCa, clientCertificate.certificate, clientCertificate.key].map((file) => readFile(file)));
  const dispatcher = new Agent({ connect: { ca: ca ?? '', cert: cert ?? '', key: key ?? '' } });
  const info = await undiciFetch(`${addresses.csc.base}/info`, { method: 'POST', body: '{}', dispatcher });
  expect(await info.json()).toMatchObject({ specs: '2.0.0.2' });
  await dispatcher.close();
  const state = await fetch(`${addresses.control}/state`);
  expect(await state.json()).toMatchObject({ calls: { 'csc.info': { received: 1 } } });

  expect((await command.stop('SIGTERM')).code).toBe(0);
});

it.each([
  [['--host', 'clinic-pc.local'], '--lan と一緒に'],
  [['--lan', '--host', '192.0.2.7'], 'IPアドレスではなく名前'],
  [['--lan', '--host', 'clinic-pc.local', '--cert', 'a.pem'], '両方指定'],
])('says what is missing in %j', async (args, text) => {
  const end = await runCommand(['sandbox', 'remote', ...args]);
  expect(end.code).toBe(64);
  expect(end.err).toContain(text);
});

it('says which ports it wanted where one is taken', async () => {
  const squatter = createServer();
  const port = await new Promise<number>((resolve) => {
    squatter.listen(0, '127.0.0.1', () => {
      const address = squatter.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    });
  });
  const end = await runCommand(['sandbox', 'remote', '--port', String(port), '--out', folder], { language: 'en' });
  expect(end.code).toBe(1);
  expect(end.err).toContain(`One of the ports ${port} to ${port + 4} is taken.`);
  squatter.close();
});
