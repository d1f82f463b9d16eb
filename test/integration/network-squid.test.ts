/** The agent's way out through a real squid: Basic, Digest, a host that is not allowed, a service that is down, the proxy down. */
import { afterEach, beforeAll, expect, it } from 'vitest';
import { describeWith } from '../support/machine.ts';
import { Squid, type SquidOptions } from '../support/network/squid.ts';
import { TestService } from '../support/network/service.ts';
import { failureOf, memorySecrets, testNetwork, type TestNetwork } from '../support/network/test-network.ts';
import { TlsAuthority } from '../support/network/tls-authority.ts';
import { until } from '../support/running-api.ts';

describeWith(['squid', 'openssl'], 'the way out through squid', () => {
  let authority: TlsAuthority;
  const opened: (() => unknown)[] = [];
  beforeAll(async () => {
    authority = await TlsAuthority.create('TEST Service CA');
  });
  afterEach(async () => {
    for (const close of opened.splice(0).reverse()) await close();
  });

  async function behindSquid(options: SquidOptions = {}): Promise<{ squid: Squid; service: TestService; address: string }> {
    const [squid, service] = await Promise.all([
      Squid.start(options),
      TestService.start({ leaf: authority.issue({ commonName: 'service', names: ['service.test', 'other.test'] }) }),
    ]);
    opened.push(() => squid.stop(), () => service.close());
    return { squid, service, address: `https://service.test:${service.port}` };
  }
  /** With credentials for the proxy as a person has set them. */
  async function network(squid: Squid, credentials: { user: string; password: string } | null = null, basic = true): Promise<TestNetwork> {
    const made = testNetwork({ trusted: [authority], secrets: memorySecrets(), settings: { proxy: { url: squid.url, basic, bypass: [] } } });
    opened.push(() => made.close());
    if (credentials !== null) await made.network.useProxyCredentials(`127.0.0.1:${squid.port}`, credentials);
    return made;
  }
  const right = { user: 'agent', password: 'secret' };

  it('goes through, keeps the tunnel, and says how long CONNECT took', async () => {
    const { squid, service, address } = await behindSquid();
    const { network: out, reports } = await network(squid);
    const fetch = out.fetchFor([address]);
    for (let turn = 0; turn < 5; turn += 1) expect((await fetch(address, { method: 'POST', body: 'x' })).status).toBe(200);
    expect(service.connections).toBe(1);
    expect(reports.map(({ route, connection }) => [route, connection === null])).toEqual([['proxy', false], ['proxy', true], ['proxy', true], ['proxy', true], ['proxy', true]]);
    expect(reports[0]?.connection?.connect).toBeGreaterThanOrEqual(0);
  });

  it('answers Basic, and does not wait to be asked for the next tunnel', async () => {
    const { squid, service, address } = await behindSquid({ authentication: 'basic' });
    const { network: out } = await network(squid, right);
    const fetch = out.fetchFor([address]);
    await Promise.all([fetch(address), fetch(address)]);
    // squid writes a tunnel down when it ends.
    const tunnels = (): readonly string[] => squid.requests.filter((line) => line.startsWith('200'));
    for (const socket of service.sockets) socket.destroy();
    await until(() => tunnels().length === 2, 'two tunnels in the log');
    const asked = squid.requests.filter((line) => line.startsWith('407')).length;
    await fetch(address);
    for (const socket of service.sockets) socket.destroy();
    await until(() => tunnels().length === 3, 'three tunnels in the log');
    expect(new Set(tunnels())).toEqual(new Set([`200 CONNECT ${address.slice('https://'.length)} agent`]));
    expect(squid.requests.filter((line) => line.startsWith('407'))).toHaveLength(asked);
  });

  it('does not send the password by Basic where policy rules that out', async () => {
    const { squid, address } = await behindSquid({ authentication: 'basic' });
    const { network: out } = await network(squid, right, false);
    const failure = await failureOf(out.fetchFor([address])(address));
    expect(failure).toMatchObject({ code: 'PROXY_AUTH_REQUIRED', phase: 'connect', hop: 'proxy', sent: 'never' });
    expect(failure.problem.detail?.en).toContain('basic');
    await until(() => squid.requests.length > 0, 'the refusal in the log');
    expect(squid.requests).toEqual([`407 CONNECT ${address.slice('https://'.length)} -`]);
  });

  it('says that the proxy wants a password where none is set', async () => {
    const { squid, service, address } = await behindSquid({ authentication: 'basic' });
    const { network: out } = await network(squid);
    const failure = await failureOf(out.fetchFor([address])(address));
    expect(failure).toMatchObject({ code: 'PROXY_AUTH_REQUIRED', phase: 'connect', hop: 'proxy', sent: 'never', host: `127.0.0.1:${squid.port}` });
    expect(failure.problem.detail?.ja).toContain('設定されていません');
    expect(service.connections).toBe(0);
  });

  it.each(['basic', 'digest'] as const)('sends a wrong password once, so that no account is locked, and takes a new one at once (%s)', async (authentication) => {
    const { squid, address } = await behindSquid({ authentication });
    const { network: out } = await network(squid, { user: 'agent', password: 'wrong' });
    const fetch = out.fetchFor([address]);
    const failures = await Promise.all(Array.from({ length: 6 }, () => failureOf(fetch(address))));
    for (const failure of [...failures, await failureOf(fetch(address))]) {
      expect(failure).toMatchObject({ code: 'PROXY_AUTH_REQUIRED', sent: 'never' });
      expect(failure.problem.detail?.ja).toContain('「agent」');
      expect(JSON.stringify(failure.problem)).not.toContain('wrong');
    }
    const refused = (): number => squid.requests.filter((line) => line.startsWith('407')).length;
    await until(() => refused() > 1, 'the refusals in the log');
    expect(refused()).toBe(2);
    await out.useProxyCredentials(`127.0.0.1:${squid.port}`, right);
    expect((await fetch(address)).status).toBe(200);
  });

  it('answers Digest, counts the uses of a nonce, and takes a stale one for what it is', async () => {
    const { squid, service, address } = await behindSquid({ authentication: 'digest', nonceUses: 3 });
    const { network: out } = await network(squid, right, false);
    const fetch = out.fetchFor([address]);
    for (let turn = 0; turn < 6; turn += 1) {
      expect((await fetch(address)).status).toBe(200);
      for (const socket of service.sockets) socket.destroy();
    }
    await until(() => squid.requests.filter((line) => line.startsWith('200')).length === 6, 'six tunnels in the log');
    const asked = squid.requests.filter((line) => line.startsWith('407')).length;
    expect(asked).toBeGreaterThanOrEqual(2);
    expect(asked).toBeLessThanOrEqual(4);
  });

  it('names a host that the proxy does not allow', async () => {
    const { squid, service } = await behindSquid({ authentication: 'basic' });
    const { network: out } = await network(squid, right);
    const address = `https://other.test:${service.port}`;
    const failure = await failureOf(out.fetchFor([address])(address));
    expect(failure).toMatchObject({ code: 'PROXY_DENIED', phase: 'connect', hop: 'proxy', sent: 'never' });
    expect(failure.problem.detail?.ja).toContain(`other.test:${service.port}`);
    expect(failure.problem.detail?.ja).toContain('403');
    expect(service.connections).toBe(0);
  });

  it('names a service that the proxy cannot reach, after trying again', async () => {
    const { squid, service, address } = await behindSquid();
    await service.close();
    const { network: out, pauses } = await network(squid);
    const failure = await failureOf(out.fetchFor([address])(address, { method: 'POST', body: 'x' }));
    expect(failure).toMatchObject({ code: 'PROXY_UPSTREAM', phase: 'connect', hop: 'proxy', sent: 'never' });
    expect(pauses).toHaveLength(2);
  });

  it('names a proxy that is down and goes nowhere else, then goes on when it is back', async () => {
    const { squid, service, address } = await behindSquid();
    const { network: out } = await network(squid);
    const fetch = out.fetchFor([address]);
    await squid.down();
    const failure = await failureOf(fetch(address, { method: 'POST', body: 'x' }));
    expect(failure).toMatchObject({ code: 'PROVIDER_UNREACHABLE', phase: 'tcp', hop: 'proxy', host: `127.0.0.1:${squid.port}`, sent: 'never' });
    expect(failure.problem.detail?.ja).toContain('プロキシ');
    expect(service.connections).toBe(0);
    await squid.up();
    expect((await fetch(address, { method: 'POST', body: 'x' })).status).toBe(200);
  });

  it('loses nothing and repeats nothing when the proxy dies under a request', async () => {
    const { squid, service, address } = await behindSquid();
    const { network: out } = await network(squid);
    service.answerWith(() => void squid.down());
    const failure = await failureOf(out.fetchFor([address])(address, { method: 'POST', body: 'sign this' }));
    expect(failure).toMatchObject({ code: 'REMOTE_ANSWER_LOST', phase: 'http', sent: 'maybe' });
    expect(service.seen).toHaveLength(1);
  });

  it('speaks TLS with an https proxy, and TLS with the service inside of it', async () => {
    const leaf = authority.issue({ commonName: 'proxy', names: ['localhost'] });
    const { squid, service, address } = await behindSquid({ authentication: 'basic', tls: leaf });
    const made = testNetwork({ trusted: [authority], settings: { proxy: { url: `https://localhost:${squid.port}`, basic: true, bypass: [] } } });
    opened.push(() => made.close());
    await made.network.useProxyCredentials(`localhost:${squid.port}`, right);
    expect((await made.network.fetchFor([address])(address)).status).toBe(200);
    expect(made.reports[0]?.connection?.proxyTls).toBeGreaterThanOrEqual(0);
    expect(service.seen).toHaveLength(1);
  });
});
