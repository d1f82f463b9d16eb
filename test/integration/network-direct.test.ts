/** The agent's way out without a proxy, over real TLS. */
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { TlsAuthority } from '../support/network/tls-authority.ts';
import { failureOf, testNetwork, type TestNetwork, type TestNetworkOptions } from '../support/network/test-network.ts';
import { TestService, type ServiceOptions } from '../support/network/service.ts';

let authority: TlsAuthority;
const opened: (() => unknown)[] = [];
beforeAll(async () => {
  authority = await TlsAuthority.create('TEST Service CA');
});
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

async function service(options: Partial<ServiceOptions> = {}): Promise<TestService> {
  const started = await TestService.start({ leaf: authority.issue({ commonName: 'service', names: ['localhost'] }), ...options });
  opened.push(() => started.close());
  return started;
}
function network(options: TestNetworkOptions = {}): TestNetwork {
  const made = testNetwork({ trusted: [authority], ...options });
  opened.push(() => made.close());
  return made;
}

describe('fetch for a service', () => {
  it('sends what it is given and hands the whole answer over', async () => {
    const { address, seen, answerWith } = await withAnswers();
    answerWith((_seen, response) => response.writeHead(201, 'Made', { 'content-type': 'application/json', 'x-two': ['a', 'b'] }).end('{"signed":"署名"}'));
    const fetch = network().network.fetchFor([address]);
    const response = await fetch(`${address}/csc/v2/info?lang=ja`, { method: 'POST', headers: { authorization: 'Bearer t' }, body: new URLSearchParams({ a: '医 師' }) });
    expect([response.status, response.statusText, response.url]).toEqual([201, 'Made', `${address}/csc/v2/info?lang=ja`]);
    expect(response.headers.get('x-two')).toBe('a, b');
    expect(await response.json()).toEqual({ signed: '署名' });
    expect(seen).toMatchObject([{ method: 'POST', path: '/csc/v2/info?lang=ja', body: 'a=%E5%8C%BB+%E5%B8%AB', protocol: 'TLSv1.3' }]);
    expect(seen[0]?.headers).toMatchObject({ authorization: 'Bearer t', 'content-type': 'application/x-www-form-urlencoded;charset=UTF-8', host: new URL(address).host });
    expect(seen[0]?.headers['user-agent']).toMatch(/^hpki-agent\//);
  });

  it.each([204, 304])('gives an answer without a body for %s', async (status) => {
    const { address, answerWith } = await withAnswers();
    answerWith((_seen, response) => response.writeHead(status).end());
    const response = await network().network.fetchFor([address])(address);
    expect([response.status, await response.text()]).toEqual([status, '']);
  });

  it('uses an open connection again and says how long each phase took', async () => {
    const { address, seen } = await withAnswers();
    const { network: out, reports } = network();
    const fetch = out.fetchFor([address]);
    for (let turn = 0; turn < 3; turn += 1) await fetch(address, { method: 'POST', body: 'x' });
    expect(seen.map(({ connection }) => connection)).toEqual([1, 1, 1]);
    expect(reports.map(({ connection }) => connection === null)).toEqual([false, true, true]);
    const [first] = reports;
    expect(first).toMatchObject({ host: new URL(address).host, method: 'POST', route: 'direct', status: 200, failure: null, connection: { connect: null, proxyTls: null } });
    const { dns = -1, tcp = -1, tls = -1 } = first?.connection ?? {};
    expect(Math.min(dns, tcp, tls, first?.firstByteMs ?? -1)).toBeGreaterThanOrEqual(0);
    expect(first?.totalMs).toBeGreaterThanOrEqual(dns + tcp + tls);
  });

  it('carries several calls at once over several connections, and no more than six', async () => {
    const { address, answerWith, service: started } = await withAnswers();
    answerWith((_seen, response) => setTimeout(() => response.end('ok'), 20));
    const fetch = network().network.fetchFor([address]);
    const answers = await Promise.all(Array.from({ length: 20 }, () => fetch(address)));
    expect(answers.every(({ status }) => status === 200)).toBe(true);
    expect(started.connections).toBeGreaterThan(1);
    expect(started.connections).toBeLessThanOrEqual(6);
  });

  it('ends with the reason of the signal when the caller gives up, while connecting and while waiting', async () => {
    const { address, answerWith, service: started } = await withAnswers();
    const { network: out } = network();
    const fetch = out.fetchFor([address]);
    const reason = new Error('the person pressed cancel');
    await expect(fetch(address, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const connecting = new AbortController();
    const early = fetch(address, { signal: connecting.signal });
    connecting.abort(reason);
    await expect(early).rejects.toBe(reason);
    const waiting = new AbortController();
    answerWith(() => waiting.abort(reason));
    await expect(fetch(address, { signal: waiting.signal })).rejects.toBe(reason);
    answerWith((_seen, response) => response.end('still there'));
    expect(await (await fetch(address)).text()).toBe('still there');
    expect(started.seen.length).toBe(2);
  });

  it('gives up on an answer that is larger than any can be', async () => {
    const { address, answerWith } = await withAnswers();
    answerWith((_seen, response) => response.end(Buffer.alloc(17 * 1024 * 1024)));
    const failure = await failureOf(network().network.fetchFor([address])(address, { repeatable: false }));
    expect(failure).toMatchObject({ code: 'REMOTE_ANSWER_LOST', phase: 'http', sent: 'maybe' });
  });
});

describe('TLS with a service', () => {
  it('names a CA that nobody has told it of', async () => {
    const { address, service: started } = await withAnswers();
    const failure = await failureOf(network({ trusted: [] }).network.fetchFor([address])(address));
    expect(failure).toMatchObject({ code: 'CA_UNKNOWN', phase: 'tls', hop: 'service', sent: 'never' });
    expect(failure.problem.detail?.ja).toContain('TEST Service CA');
    expect(failure.problem.detail?.en).toContain('TEST Service CA');
    expect(started.seen).toEqual([]);
  });

  it('names the owner of a certificate that is for another host', async () => {
    const { address } = await withAnswers({ leaf: authority.issue({ commonName: 'someone-else.example', names: ['someone-else.example'] }) });
    const failure = await failureOf(network().network.fetchFor([address])(address));
    expect(failure).toMatchObject({ code: 'TLS_HOSTNAME', phase: 'tls', sent: 'never' });
    expect(failure.problem.detail?.ja).toContain('someone-else.example');
  });

  it.each([
    ['has expired', -10, -2, /期限切れ/],
    ['is not valid yet', 2, 10, /まだ有効では/],
  ])('says that the server certificate %s, and to look at the clock', async (_what, from, until, text) => {
    const { address } = await withAnswers({ leaf: authority.issue({ commonName: 'service', names: ['localhost'], from, until }) });
    const failure = await failureOf(network().network.fetchFor([address])(address));
    expect(failure).toMatchObject({ code: 'PROVIDER_UNREACHABLE', phase: 'tls', sent: 'never' });
    expect(failure.problem.detail?.ja).toMatch(text);
    expect(failure.problem.detail?.ja).toContain('時計');
  });

  it.each([
    ['TLS 1.1 at most', { minVersion: 'TLSv1' as const, maxVersion: 'TLSv1.1' as const, ciphers: 'DEFAULT@SECLEVEL=0' }],
    ['no forward secrecy', { maxVersion: 'TLSv1.2' as const, ciphers: 'AES256-GCM-SHA384' }],
    ['no authenticated encryption', { maxVersion: 'TLSv1.2' as const, ciphers: 'ECDHE-RSA-AES256-SHA384' }],
  ])('refuses a service that offers %s', async (_what, tls) => {
    const { address, service: started } = await withAnswers({ tls });
    const failure = await failureOf(network().network.fetchFor([address])(address));
    expect(failure).toMatchObject({ code: 'PROVIDER_UNREACHABLE', phase: 'tls', sent: 'never' });
    expect(failure.problem.detail?.en).toContain('TLS 1.2');
    expect(started.seen).toEqual([]);
  });

  it('speaks TLS 1.2 with the strong suites', async () => {
    const { address, seen } = await withAnswers({ tls: { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-RSA-AES128-GCM-SHA256' } });
    expect((await network().network.fetchFor([address])(address)).status).toBe(200);
    expect(seen).toMatchObject([{ protocol: 'TLSv1.2' }]);
  });

  it('says which file of the policy cannot be used as a CA, and connects to nothing', async () => {
    const { address, service: started } = await withAnswers();
    const failure = await failureOf(network({ settings: { extraCa: ['/nowhere/ca.pem'] } }).network.fetchFor([address])(address));
    expect(failure).toMatchObject({ code: 'NETWORK_NOT_CONFIGURED', sent: 'never' });
    expect(failure.problem.detail?.ja).toContain('/nowhere/ca.pem');
    expect(started.connections).toBe(0);
  });
});

async function withAnswers(options: Partial<ServiceOptions> = {}): Promise<{ service: TestService; address: string; seen: TestService['seen']; answerWith: TestService['answerWith'] }> {
  const started = await service(options);
  return { service: started, address: started.address, seen: started.seen, answerWith: (...answers) => started.answerWith(...answers) };
}

