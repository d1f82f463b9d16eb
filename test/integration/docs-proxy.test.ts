/** docs/admin/proxy.md: its squid configuration, run as it stands on the page, and its policies. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { settingsSchema } from '../../src/agent/config/settings.ts';
import { errorCodes } from '../../src/contract/error-codes.ts';
import { projectRoot } from '../support/command-line.ts';
import { describeWith, programPath } from '../support/machine.ts';
import { Squid } from '../support/network/squid.ts';
import { TestService } from '../support/network/service.ts';
import { failureOf, memorySecrets, testNetwork, type TestNetwork } from '../support/network/test-network.ts';
import { TlsAuthority } from '../support/network/tls-authority.ts';

const page = readFileSync(path.join(projectRoot, 'docs', 'admin', 'proxy.md'), 'utf8');
const blocks = (language: string): readonly string[] => [...page.matchAll(new RegExp(`\`\`\`${language}\n([^]*?)\`\`\``, 'g'))].map(([, text = '']) => text);
const usersFile = '/etc/squid/hpki-users';
const hosts = ['sign.example.jp', 'auth.example.jp'];
/** Port 443 is for root alone, as in a test machine's container; elsewhere the page's port stands for another one. */
const isRoot = process.getuid?.() === 0;

describeWith(['squid', 'openssl'], "the page's squid configuration", () => {
  let authority: TlsAuthority;
  let squid: Squid;
  let service: TestService;
  let elsewhere: TestService;
  const opened: TestNetwork[] = [];
  beforeAll(async () => {
    authority = await TlsAuthority.create('TEST Service CA');
    const leaf = authority.issue({ commonName: 'service', names: [...hosts, 'other.example.jp'] });
    // An address of loopback that no other test takes.
    const host = `127.77.${process.pid % 250}.${1 + (Math.floor(process.pid / 250) % 250)}`;
    [service, elsewhere] = await Promise.all([TestService.start({ leaf, host, ...(isRoot ? { port: 443 } : {}) }), TestService.start({ leaf, host })]);
    const [printed = ''] = blocks('squid');
    const rules = isRoot ? printed : printed.replace('acl https port 443', `acl https port ${service.port}`);
    const known = Object.fromEntries([...hosts, 'other.example.jp'].map((name) => [name, host]));
    squid = await Squid.start({ authentication: 'basic', user: 'clinic', password: 'secret', site: { rules, usersFile, hosts: known } });
  });
  afterAll(async () => {
    for (const made of opened) made.close();
    await squid.stop();
    await Promise.all([service.close(), elsewhere.close()]);
  });

  async function network(credentials: { user: string; password: string } | null): Promise<TestNetwork['network']> {
    const made = testNetwork({ trusted: [authority], secrets: memorySecrets(), settings: { proxy: { url: squid.url, basic: true, bypass: [] } } });
    opened.push(made);
    if (credentials !== null) await made.network.useProxyCredentials(`127.0.0.1:${squid.port}`, credentials);
    return made.network;
  }
  const right = { user: 'clinic', password: 'secret' };
  const at = (host: string, port = service.port): string => `https://${host}${port === 443 ? '' : `:${port}`}`;

  it('has one block, for conf.d, that names the file which the page makes', () => {
    expect(blocks('squid')).toHaveLength(1);
    expect(blocks('squid')[0]).toContain(usersFile);
    expect(page).toContain(`> ${usersFile}`);
  });

  it('is taken by squid without a warning', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'hpki-squid-page-'));
    const file = path.join(folder, 'squid.conf');
    writeFileSync(file, `http_port 3128\n${blocks('squid')[0] ?? ''}`);
    const heard = execFileSync('/bin/sh', ['-c', `${programPath('squid')} -k parse -f ${file} 2>&1`], { encoding: 'utf8' });
    rmSync(folder, { recursive: true });
    expect(heard).toContain('Processing: http_access deny all');
    // The file of users is made by the administrator.
    expect(heard.split('\n').filter((line) => /WARNING|ERROR|FATAL|UPGRADE/i.test(line) && !line.includes(usersFile))).toEqual([]);
  });

  it.each(hosts)('lets the agent through to %s with its password', async (host) => {
    const out = await network(right);
    expect((await out.fetchFor([at(host)])(at(host), { method: 'POST', body: '{}' })).status).toBe(200);
  });

  it.each([
    ['another host', at('other.example.jp', 443)],
    ['another port of the service', at('sign.example.jp', 8443)],
  ])('denies %s', async (_what, address) => {
    const out = await network(right);
    expect(await failureOf(out.fetchFor([address])(address))).toMatchObject({ code: 'PROXY_DENIED', sent: 'never' });
  });

  it.each([null, { user: 'clinic', password: 'wrong' }])('asks for the password (%j)', async (credentials) => {
    const out = await network(credentials);
    const address = at('sign.example.jp');
    expect(await failureOf(out.fetchFor([address])(address))).toMatchObject({ code: 'PROXY_AUTH_REQUIRED', sent: 'never' });
  });

  it('reached the service only where it let the agent through', () => {
    expect(service.seen).toHaveLength(hosts.length);
    expect(elsewhere.seen).toEqual([]);
  });
});

it('the policies on the page are what the agent takes', () => {
  expect(blocks('json').length).toBeGreaterThan(0);
  for (const text of blocks('json')) expect(settingsSchema.safeParse(JSON.parse(text)).success).toBe(true);
});

it('the codes on the page are codes of the table', () => {
  const named = [...page.matchAll(/`([A-Z]+(?:_[A-Z]+)+)`/g)].map(([, code = '']) => code).filter((code) => !/^(HTTPS|NO)_PROXY$/.test(code));
  expect(named.length).toBeGreaterThan(10);
  for (const code of named) expect(Object.keys(errorCodes)).toContain(code.startsWith('_') ? `TLS_CLIENT_CERT${code}` : code);
});
