/**
 * Row 9: outbound TLS switched off (AutoFirma #531). A signer whose TLS can be turned off, by a flag, a variable or a quiet
 * fall-back, sends digests and tokens to whoever stands in between. Here nothing turns it off: a proxy that opens the
 * connection gets not one byte of a request, and the person is told that it is there and what it calls itself. Tried on the
 * command line itself, with every variable set that Node knows for the purpose, and on the agent's one way out.
 */
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { projectRoot, runCommand } from '../support/command-line.ts';
import { InterceptionProxy } from '../support/network/interception-proxy.ts';
import { TestService } from '../support/network/service.ts';
import { failureOf, testNetwork, type TestNetwork, type TestNetworkOptions } from '../support/network/test-network.ts';
import { TlsAuthority } from '../support/network/tls-authority.ts';

const secret = 'Bearer token-of-the-doctor';

let authority: TlsAuthority;
let evil: TlsAuthority;
let folder: string;
const opened: (() => unknown)[] = [];
beforeAll(async () => {
  [authority, evil] = await Promise.all([TlsAuthority.create('TEST Service CA'), TlsAuthority.create('TEST Inspection CA', 'Evil Gate')]);
  folder = mkdtempSync(path.join(tmpdir(), 'hpki-row-09-'));
});
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

async function interception(): Promise<InterceptionProxy> {
  const proxy = await InterceptionProxy.start(evil);
  opened.push(() => proxy.close());
  return proxy;
}
function network(options: TestNetworkOptions): TestNetwork {
  const made = testNetwork(options);
  opened.push(() => made.close());
  return made;
}
const by = (url: string): NonNullable<TestNetworkOptions['settings']> => ({ proxy: { url, basic: true, bypass: [] } });

describe('a proxy that opens TLS connections', () => {
  it('gets nothing of a request, and is named with the CA that it uses', async () => {
    const proxy = await interception();
    const { network: out } = network({ trusted: [authority], settings: by(proxy.url) });
    const failure = await failureOf(out.fetchFor(['https://sign.example'])('https://sign.example/sign', { method: 'POST', headers: { authorization: secret }, body: 'digest' }));
    expect(failure).toMatchObject({ code: 'TLS_INTERCEPTED', phase: 'tls', hop: 'service', sent: 'never' });
    expect(failure.problem.detail?.ja).toContain('TEST Inspection CA / Evil Gate');
    expect(failure.problem.detail?.en).toContain('TEST Inspection CA / Evil Gate');
    expect(proxy.asked).toEqual(['sign.example:443']);
    expect(proxy.read).toBe('');
  });

  it('gets nothing from the installed command line either, whatever the environment says', async () => {
    const proxy = await interception();
    const ca = path.join(folder, 'evil.pem');
    writeFileSync(ca, evil.pem);
    const { code, out, err } = await runCommand(['network', 'test', 'https://sign.example', '--json', '--data-dir', path.join(folder, 'data')], {
      env: { HTTPS_PROXY: proxy.url, NODE_TLS_REJECT_UNAUTHORIZED: '0', NODE_EXTRA_CA_CERTS: ca, NO_PROXY: undefined, no_proxy: undefined, https_proxy: undefined },
    });
    expect([code, err]).toEqual([1, expect.stringContaining('NODE_TLS_REJECT_UNAUTHORIZED')]);
    const results = JSON.parse(out) as { id: string; status: string; details: { ja: string } }[];
    expect(results.at(-1)).toMatchObject({ id: 'network.tls', status: 'problem' });
    expect(results.at(-1)?.details.ja).toContain('TEST Inspection CA / Evil Gate');
    expect(proxy.read).toBe('');
  });

  it('is named without a proxy too, where it shows another issuer than a while ago or calls itself what such products do', async () => {
    const leaf = authority.issue({ commonName: 'service', names: ['localhost'] });
    const service = await TestService.start({ leaf });
    const { port, address } = service;
    const { network: out } = network({ trusted: [authority] });
    const fetch = out.fetchFor([address]);
    expect((await fetch(address)).status).toBe(200);
    await service.close();
    const replaced = await TestService.start({ leaf: evil.issue({ commonName: 'localhost', names: ['localhost'] }), port });
    opened.push(() => replaced.close());
    expect(await failureOf(fetch(address))).toMatchObject({ code: 'TLS_INTERCEPTED', sent: 'never' });

    const product = await TlsAuthority.create('FGT60F TEST', 'Fortinet');
    const fortigate = await TestService.start({ leaf: product.issue({ commonName: 'localhost', names: ['localhost'] }) });
    opened.push(() => fortigate.close());
    expect(await failureOf(out.fetchFor([fortigate.address])(fortigate.address))).toMatchObject({ code: 'TLS_INTERCEPTED', sent: 'never' });
    expect([...replaced.seen, ...fortigate.seen]).toEqual([]);
  });

  it('is not believed for a CA that has the name of a known one and another key', async () => {
    const namesake = await TlsAuthority.create('TEST Service CA');
    const proxy = await InterceptionProxy.start(namesake);
    opened.push(() => proxy.close());
    const { network: out } = network({ trusted: [authority], settings: by(proxy.url) });
    expect(await failureOf(out.fetchFor(['https://sign.example'])('https://sign.example', { headers: { authorization: secret } }))).toMatchObject({ code: 'TLS_INTERCEPTED', sent: 'never' });
    expect(proxy.read).toBe('');
  });

  it('does not learn who we are: the client certificate goes into the tunnel alone, and the password to the proxy alone', async () => {
    const clients = await TlsAuthority.create('TEST Client CA');
    const { certificate, key } = clients.issue({ commonName: 'TEST clinic 1', for: 'client' });
    const files = { certificate: path.join(folder, 'client.pem'), key: path.join(folder, 'client.key') };
    writeFileSync(files.certificate, certificate);
    writeFileSync(files.key, key);
    const asking = await TestService.start({ leaf: authority.issue({ commonName: 'proxy', names: ['localhost'] }), clients, requireClient: false });
    opened.push(() => asking.close());
    const shown: unknown[] = [];
    asking.onTls((socket) => shown.push(socket.getPeerCertificate().subject));
    const { network: out } = network({ trusted: [authority], settings: { ...by(asking.address), clientCertificate: files } });
    await failureOf(out.fetchFor(['https://sign.example'])('https://sign.example', { headers: { authorization: secret } }));
    expect(shown.length).toBeGreaterThan(0);
    expect(new Set(shown)).toEqual(new Set([undefined]));
    expect(asking.seen).toEqual([]);
  });
});

/** The login window's session adds CAs of policy to Chromium's verdict and takes none away (test/unit/main). */
const addsOnly = 'src/main/login-session.ts';

it('has no line in the product that would switch verification off', () => {
  const sources = globSync('src/**/*.{ts,tsx}', { cwd: projectRoot }).filter((file) => !file.startsWith('src/sandbox/') && file !== addsOnly);
  expect(sources.length).toBeGreaterThan(100);
  const switches = /rejectUnauthorized:(?! true)|checkServerIdentity|insecureHTTPParser|allowInsecureRequests|ignore-certificate-errors|setCertificateVerifyProc|env\b.*NODE_TLS_REJECT_UNAUTHORIZED/;
  expect(sources.filter((file) => switches.test(readFileSync(path.join(projectRoot, file), 'utf8')))).toEqual([]);
});
