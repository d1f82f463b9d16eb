/** What an administrator or a doctor does about remote signing at the command line, beside the running agent and without it. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import path from 'node:path';
import type { Duplex } from 'node:stream';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { fileSecretStore } from '../../src/agent/storage/file-secret-store.ts';
import { openTemporaryFolder } from '../../src/sandbox/temporary-folder.ts';
import { startCommand, type CommandEnd } from '../support/command-line.ts';
import { describeWith, programPath } from '../support/machine.ts';
import { beginSession, RemoteClinic, sessionBecomes, sessionOf, signRemotely } from '../support/remote-clinic.ts';
import { codeOf, firstReader, otherEhrToken, type RunningAgent } from '../support/running-agent.ts';

vi.setConfig({ testTimeout: 120_000 });

let at: RemoteClinic;
beforeAll(async () => {
  at = await RemoteClinic.open();
});
afterEach(() => at.endAgents());
afterAll(() => at.close());

/** `secret` is the first line of the standard input. */
async function run(running: Pick<RunningAgent, 'data'> | string, args: readonly string[], secret: string | null = null): Promise<CommandEnd> {
  const command = startCommand([...args, '--data-dir', typeof running === 'string' ? running : running.data.root]);
  if (secret !== null) command.type(`${secret}\n`);
  command.hangUp();
  return command.ended;
}

describe('hpki-agent session', () => {
  it('lists who is authenticated, by which method, until when and for which program', async () => {
    const running = await at.ready('csc');
    expect((await run(running, ['session', 'list'])).out).toBe('認証されている職員はいません。\n');
    await beginSession(running, 'hpki-card');
    const { until } = await sessionBecomes(running, 'ready');
    const { out } = await run(running, ['session', 'list']);
    expect(out).toMatch(/^医者 三郎 \(D0012\) {2}HPKIカード {2}.*\(JST\) {2}EHR\n$/);
    expect(JSON.parse((await run(running, ['session', 'list', '--json'])).out)).toEqual([{ staffId: 'D0012', staffName: '医者 三郎', method: 'hpki-card', until, client: 'EHR' }]);
  });

  it('ends one, or all (本日終了), and revokes them at the service', async () => {
    const running = await at.ready('csc');
    for (const token of [undefined, otherEhrToken]) {
      await beginSession(running, 'hpki-card', token);
      await sessionBecomes(running, 'ready', token);
    }
    expect(await run(running, ['session', 'end', 'D0099'])).toMatchObject({ code: 1, out: '' });
    expect(await sessionOf(running)).toMatchObject({ ready: true });
    expect(await run(running, ['session', 'end', 'D0012'])).toMatchObject({ code: 0, out: '2件の認証を終えました。\n' });
    expect(at.service.calls.received('oauth.revocation')).toBe(2);
    expect(await sessionOf(running)).toMatchObject({ ready: false });
    expect((await run(running, ['session', 'end'])).out).toBe('0件の認証を終えました。\n');
    expect(running.audit().filter(({ event }) => event === 'authentication.ended')).toHaveLength(2);
  });
});

it('hpki-agent staff list names the account that a doctor is known by, once a signature has proven it', async () => {
  const running = await at.ready('csc');
  expect((await signRemotely(running)).status).toBe(201);
  const lines = (await run(running, ['staff', 'list'])).out.split('\n');
  expect(lines).toEqual([
    expect.stringMatching(/^D0012 {2}C=JP, CN=TEST ISHA SABURO.*本人が確認$/) as string,
    expect.stringMatching(/^D0012 {2}リモート署名 sandbox-csc: hpki-2nd-0001 {2}.*\(JST\)$/) as string,
    '',
  ]);
});

it.each(['csc', 'kagura'] as const)('hpki-agent network test goes as far as what a %s service says of itself', async (kind) => {
  const running = await at.ready(kind);
  const whole = await run(running, ['network', 'test']);
  expect(whole).toMatchObject({ code: 0, err: '' });
  expect(whole.out).toMatch(/署名サービスの応答[^]*署名サービスの案内[^]*時計のずれ/);
  at.arm({ kind: 'status', status: 404, on: kind === 'csc' ? 'csc.info' : 'kagura.jwks', times: null });
  const broken = await run(running, ['network', 'test']);
  expect(broken.code).toBe(1);
  expect(broken.out).toMatch(/(?:csc\/v2\/info|jwks|keys|certs).*: 応答は404です。[^]*remote\.providers/);
});

describeWith(['openssl'], 'hpki-agent network import-certificate', () => {
  const passphrase = 'パス word';
  function operatorsFile(): string {
    const file = (name: string): string => path.join(at.folder, name);
    const { certificate, privateKey } = at.service.trust.facility;
    writeFileSync(file('clinic.pem'), certificate + privateKey);
    execFileSync(programPath('openssl'), ['pkcs12', '-export', '-in', file('clinic.pem'), '-out', file('clinic.pfx'), '-passout', `pass:${passphrase}`], { stdio: 'pipe' });
    return file('clinic.pfx');
  }
  const imported = { network: { clientCertificate: 'imported' } } as const;

  it('tells subject, issuer and days left, and the running agent shows it at the next connection', async () => {
    const running = await at.ready('csc', imported);
    expect(codeOf(await signRemotely(running))).toBe('TLS_CLIENT_CERT_MISSING');
    const end = await run(running, ['network', 'import-certificate', operatorsFile()], passphrase);
    expect(end).toMatchObject({ code: 0, err: '' });
    expect(end.out).toMatch(/クライアント証明書を登録しました。\n {2}名義: .*TEST facility terminal.*\n {2}発行元: .*TEST Facility Client Root CA.*\n {2}期限: \d{4}-\d{2}-\d{2}（あと\d+日）\n/);
    expect((await signRemotely(running)).status).toBe(201);
    expect(running.audit().some(({ event }) => event === 'network.certificate_imported')).toBe(true);
  });

  it('refuses a wrong passphrase, and leaves what was there', async () => {
    const running = await at.ready('csc', imported);
    await run(running, ['network', 'import-certificate', operatorsFile()], passphrase);
    expect(await run(running, ['network', 'import-certificate', operatorsFile()], 'wrong')).toMatchObject({ code: 1, out: '' });
    expect((await signRemotely(running)).status).toBe(201);
  });

  it('without a running agent keeps it for the next start', async () => {
    const running = await at.ready('csc', imported);
    await running.agent.close();
    expect((await run(running, ['network', 'import-certificate', operatorsFile()], passphrase)).code).toBe(0);
    await running.restart();
    running.readers.insert(at.loginCard(), firstReader);
    expect((await signRemotely(running)).status).toBe(201);
  });
});

describe('hpki-agent network set-proxy-password', () => {
  /** Wants Basic credentials, and connects to the service whatever the name. */
  async function proxy(): Promise<{ place: string; asked: (string | undefined)[]; close: () => void }> {
    const { port } = new URL(at.service.addresses.api);
    const asked: (string | undefined)[] = [];
    const server = createServer().on('connect', ({ headers }, socket: Duplex) => {
      const given = headers['proxy-authorization'];
      asked.push(given && Buffer.from(given.slice('Basic '.length), 'base64').toString());
      if (asked.at(-1) !== 'clinic:ひみつ') {
        socket.end('HTTP/1.1 407 Proxy Authentication Required\r\nproxy-authenticate: Basic realm="hospital", charset="UTF-8"\r\ncontent-length: 0\r\n\r\n');
        return;
      }
      const there = connect(Number(port), '127.0.0.1', () => socket.write('HTTP/1.1 200 Connection established\r\n\r\n'));
      there.on('error', () => socket.destroy());
      socket.on('error', () => there.destroy()).pipe(there).pipe(socket);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return { place: `127.0.0.1:${(server.address() as AddressInfo).port}`, asked, close: () => server.close() };
  }

  it('is used by the running agent at once, and sent to that proxy alone', async () => {
    const { place, asked, close } = await proxy();
    const running = await at.ready('csc', at.throughProxy(`http://${place}`));
    expect(codeOf(await signRemotely(running))).toBe('PROXY_AUTH_REQUIRED');
    const set = (where: string, password: string) => run(running, ['network', 'set-proxy-password', '--proxy', where, '--user', 'clinic'], password);
    expect((await set('other.example:3128', 'ひみつ')).code).toBe(0);
    expect(codeOf(await signRemotely(running))).toBe('PROXY_AUTH_REQUIRED');
    expect(asked.filter((given) => given !== undefined)).toEqual([]);
    expect(await set(place, 'ひみつ')).toMatchObject({ code: 0, out: '登録しました。hpki-agent network test で確かめてください。\n' });
    // Through the proxy, up to the certificate, which is for the service's own name.
    expect(codeOf(await signRemotely(running))).toBe('TLS_HOSTNAME');
    expect(asked.at(-1)).toBe('clinic:ひみつ');
    expect(running.audit().filter(({ event }) => event === 'network.proxy_credentials_set')).toHaveLength(2);
    close();
  });

  it('without a running agent is kept for the next start; without a word it is cancelled; without a proxy it is asked for one', async () => {
    const data = openTemporaryFolder('hpki-proxy-password');
    const args = ['network', 'set-proxy-password', '--proxy', 'proxy.example:3128', '--user', 'clinic'];
    expect((await run(data, args)).code).not.toBe(0);
    expect((await run(data, args, 'ひみつ')).code).toBe(0);
    const { dataDirectory } = await import('../../src/agent/storage/data-directory.ts');
    const kept = await fileSecretStore(dataDirectory(data).secrets).get('proxy-credentials');
    expect(Buffer.from(kept ?? []).toString()).toContain('clinic');
    expect(await run(data, ['network', 'set-proxy-password'], 'ひみつ')).toMatchObject({ code: 64 });
  });
});
