import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { settingsSchema } from '../../../../../src/agent/config/settings.ts';
import { planRoute, type RoutePlan, type RouteSources } from '../../../../../src/agent/remote/network/proxy-route.ts';

const service = new URL('https://sign.example.jp/csc/v2/info');
type Environment = RouteSources['environment'];

const plan = (sources: Partial<RouteSources>, address = service): ReturnType<typeof planRoute> => planRoute(address, { proxy: 'system', system: null, environment: {}, ...sources });
const bySystem = (answer: string, environment: Environment = {}) => plan({ system: { resolve: () => Promise.resolve(answer) }, environment });
const byEnvironment = (environment: Environment, address = service) => plan({ proxy: 'environment', environment }, address);
/** Names of the ways, in order. */
const ways = (found: RoutePlan | string): string =>
  typeof found === 'string' ? found : `${found.source}: ${found.routes.map((route) => (route.kind === 'direct' ? 'direct' : `${route.secure ? 'https' : 'http'} ${route.host}:${route.port}`)).join(', ')}`;
const policy = (proxy: object): RouteSources['proxy'] => settingsSchema.parse({ network: { proxy } }).network.proxy;

describe('the way to a service', () => {
  it('is what policy says before the system and the environment', async () => {
    const others = { system: { resolve: () => Promise.reject(new Error('nobody should ask')) }, environment: { HTTPS_PROXY: 'http://other.example:1' } };
    expect(ways(await plan({ ...others, proxy: policy({ url: 'http://proxy.hospital.example:3128' }) }))).toBe('policy: http proxy.hospital.example:3128');
    expect(ways(await plan({ ...others, proxy: policy({ url: 'https://proxy.hospital.example' }) }))).toBe('policy: https proxy.hospital.example:443');
    expect(ways(await plan({ ...others, proxy: 'direct' }))).toBe('policy: direct');
  });

  it.each([
    [['sign.example.jp'], 'direct'],
    [['.example.jp'], 'direct'],
    [['example.jp'], 'http p:80'],
    [['sign.example.jp.evil.example', 'ign.example.jp', '.sign.example.jp'], 'http p:80'],
  ])('leaves policy\'s proxy out for %j', async (bypass, expected) => {
    expect(ways(await plan({ proxy: policy({ url: 'http://p', bypass }) }))).toBe(`policy: ${expected}`);
  });

  it.each(['https://localhost:1/', 'https://127.0.0.1:1/', 'https://127.8.8.8/', 'https://[::1]:1/', 'https://a.localhost/'])('to this machine itself needs none (%s)', async (address) => {
    expect(ways(await plan({ proxy: policy({ url: 'http://p' }) }, new URL(address)))).toBe('loopback: direct');
  });

  it('is nobody\'s decision where nobody has said anything: nothing is tried', async () => {
    expect(await plan({})).toBe('nothing-configured');
    expect(await byEnvironment({ HTTP_PROXY: 'http://only-for-http.example' })).toBe('nothing-configured');
  });

  it('is the environment\'s under policy `environment`, whatever the system would say', async () => {
    expect(ways(await plan({ proxy: 'environment', system: { resolve: () => Promise.resolve('DIRECT') }, environment: { HTTPS_PROXY: 'http://p:1' } }))).toBe('environment: http p:1');
  });
});

describe('what a PAC file answers', () => {
  it.each([
    ['DIRECT', 'system: direct'],
    ['PROXY proxy.example:3128', 'system: http proxy.example:3128'],
    ['HTTPS proxy.example:3129', 'system: https proxy.example:3129'],
    ['HTTP proxy.example', 'system: http proxy.example:80'],
    ['PROXY a.example:1; PROXY b.example:2; HTTPS c.example:3', 'system: http a.example:1, http b.example:2, https c.example:3'],
    ['proxy a.example:1 ;  proxy b.example:2;', 'system: http a.example:1, http b.example:2'],
    ['PROXY [2001:db8::1]:3128', 'system: http 2001:db8::1:3128'],
    // DIRECT behind a proxy is a fall-back to the open firewall, and there is none.
    ['PROXY a.example:1; DIRECT', 'system: http a.example:1'],
    ['DIRECT; PROXY a.example:1', 'system: direct'],
    ['SOCKS5 s.example:1080; PROXY a.example:1', 'system: http a.example:1'],
    ['SOCKS s.example:1080', 'only-socks'],
    ['SOCKS5 s.example:1080; DIRECT', 'only-socks'],
    ['', 'nothing-configured'],
    ['PROXY', 'nothing-configured'],
    ['QUIC a.example:1', 'nothing-configured'],
    ['PROXY a.example:notaport', 'nothing-configured'],
  ])('%j is %s', async (answer, expected) => {
    expect(ways(await bySystem(answer))).toBe(expected);
  });

  it('is asked for the very address, and the environment is not asked beside it', async () => {
    const asked: string[] = [];
    const system = { resolve: (url: string) => Promise.resolve(void asked.push(url)).then(() => 'PROXY a.example:1') };
    expect(ways(await plan({ system, environment: { HTTPS_PROXY: 'http://p:1' } }))).toBe('system: http a.example:1');
    expect(asked).toEqual([service.href]);
  });

  it('never throws, and never leads out directly unless it says so first', async () => {
    const word = fc.constantFrom('PROXY a:1', 'DIRECT', 'SOCKS b:2', 'HTTPS c:3', 'garbage', '', ' ', 'PROXY ://', 'PROXY a b c', '\u0000');
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.string(), fc.array(word).map((words) => words.join(';'))), async (answer) => {
        const found = await bySystem(answer);
        if (typeof found === 'string') return;
        const isDirect = found.routes.some(({ kind }) => kind === 'direct');
        expect(isDirect).toBe(/^\s*DIRECT\s*(;|$)/i.test(answer.split(';').find((entry) => /^\s*[A-Za-z0-9]+(\s+\S+)?\s*$/.test(entry)) ?? ''));
      }),
    );
  });
});

describe('the environment', () => {
  it.each<[Environment, string]>([
    [{ HTTPS_PROXY: 'http://p.example:3128' }, 'environment: http p.example:3128'],
    [{ https_proxy: 'http://small.example:1', HTTPS_PROXY: 'http://large.example:2' }, 'environment: http small.example:1'],
    [{ ALL_PROXY: 'http://all.example:1' }, 'environment: http all.example:1'],
    [{ HTTPS_PROXY: 'p.example:3128' }, 'environment: http p.example:3128'],
    [{ HTTPS_PROXY: 'https://p.example' }, 'environment: https p.example:443'],
    [{ HTTPS_PROXY: 'http://p:1', NO_PROXY: '*' }, 'environment: direct'],
    [{ HTTPS_PROXY: 'http://p:1', NO_PROXY: 'example.jp' }, 'environment: direct'],
    [{ HTTPS_PROXY: 'http://p:1', NO_PROXY: 'a.example, .example.jp' }, 'environment: direct'],
    [{ HTTPS_PROXY: 'http://p:1', NO_PROXY: '*.example.jp' }, 'environment: direct'],
    [{ HTTPS_PROXY: 'http://p:1', NO_PROXY: 'sign.example.jp:443' }, 'environment: direct'],
    [{ HTTPS_PROXY: 'http://p:1', NO_PROXY: 'sign.example.jp:8443' }, 'environment: http p:1'],
    [{ HTTPS_PROXY: 'http://p:1', NO_PROXY: 'ample.jp evil.sign.example.jp' }, 'environment: http p:1'],
    [{ HTTPS_PROXY: 'socks5://s:1080' }, 'only-socks'],
    [{ HTTPS_PROXY: 'ftp://p:1' }, 'environment-invalid'],
    [{ HTTPS_PROXY: 'http://' }, 'environment-invalid'],
    [{ HTTPS_PROXY: 'http://user:%E0@p:1' }, 'environment-invalid'],
  ])('%j is %s', async (environment, expected) => {
    expect(ways(await byEnvironment(environment))).toBe(expected);
  });

  it('may carry credentials, which belong to that proxy alone', async () => {
    expect(await byEnvironment({ HTTPS_PROXY: 'http://clinic:p%40ss@p.example:3128' })).toMatchObject({ routes: [{ host: 'p.example', credentials: { user: 'clinic', password: 'p@ss' } }] });
    expect(await bySystem('PROXY p.example:1')).toMatchObject({ routes: [{ credentials: null }] });
  });
});
