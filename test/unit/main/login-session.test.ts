/** The session of a login window: the proxies and CAs of the agent's own connections, and whom its password is told. */
import { EventEmitter } from 'node:events';
import type { App, Session } from 'electron';
import { expect, it } from 'vitest';
import { settingsSchema } from '../../../src/agent/config/settings.ts';
import type { SecretStore } from '../../../src/agent/ports.ts';
import { keepCredentials } from '../../../src/agent/remote/network/proxy-credentials.ts';
import { prepareLoginSessions } from '../../../src/main/login-session.ts';

const page = new URL('https://login.example.jp/authorize');

function memorySecrets(): SecretStore {
  const kept = new Map<string, Uint8Array>();
  return { protection: 'memory', get: (name) => Promise.resolve(kept.get(name)), set: (name, secret) => Promise.resolve(void kept.set(name, secret)) };
}

interface Policy {
  readonly proxy?: unknown;
  readonly system?: string;
  readonly extraCa?: readonly string[];
}

async function setUp({ proxy = { url: 'http://proxy.example.jp:8080', user: 'clinic' }, system = 'DIRECT', extraCa = [] }: Policy = {}) {
  const app = new EventEmitter();
  const secrets = memorySecrets();
  await keepCredentials('proxy.example.jp:8080', { user: 'clinic', password: 'geheim' }, secrets);
  const settings = settingsSchema.parse({ network: { proxy, extraCa } }).network;
  const prepare = prepareLoginSessions({ app: app as unknown as App, system: { resolve: () => Promise.resolve(system) }, settings, secrets });
  const set: unknown[] = [];
  const own = { setProxy: (config: unknown) => Promise.resolve(void set.push(config)), setCertificateVerifyProc: () => undefined };
  await prepare(own as unknown as Session, page);
  /** What the proxy, or whoever asks, is told. `not heard`: the agent leaves it to Electron, which tells nothing. */
  const ask = (asked: { readonly session?: unknown; readonly isProxy?: boolean; readonly scheme?: string; readonly first?: boolean; readonly host?: string } = {}): Promise<unknown> =>
    new Promise((resolve) => {
      const event = { heard: false, preventDefault: () => (event.heard = true) };
      const details = { url: page.href, pid: 0, isRequestForNavigation: true, firstAuthAttempt: asked.first ?? true };
      const info = { isProxy: asked.isProxy ?? true, scheme: asked.scheme ?? 'digest', host: asked.host ?? 'proxy.example.jp', port: 8080, realm: '' };
      app.emit('login', event, { session: asked.session ?? own }, details, info, (...credentials: unknown[]) => resolve(credentials));
      if (!event.heard) resolve('not heard');
    });
  return { set, ask };
}

it('has the proxy of policy, and its password', async () => {
  const { set, ask } = await setUp();
  expect(set).toEqual([{ mode: 'fixed_servers', proxyRules: 'http://proxy.example.jp:8080', proxyBypassRules: '' }]);
  expect(await ask()).toEqual(['clinic', 'geheim']);
  expect(await ask({ scheme: 'basic' })).toEqual(['clinic', 'geheim']);
});

it('has every proxy of the system in order, and tells the password to the one for which it was set', async () => {
  const { set, ask } = await setUp({ proxy: 'system', system: 'PROXY first.example.jp:8080; HTTPS [2001:db8::1]:443; PROXY proxy.example.jp:8080; DIRECT' });
  expect(set).toEqual([
    { mode: 'fixed_servers', proxyRules: 'http://first.example.jp:8080,https://[2001:db8::1]:443,http://proxy.example.jp:8080', proxyBypassRules: '' },
  ]);
  expect(await ask({ host: 'first.example.jp' })).toEqual([]);
  expect(await ask({ host: 'proxy.example.jp' })).toEqual(['clinic', 'geheim']);
  expect(await ask({ host: 'another.example.jp' })).toBe('not heard');
});

it('names a CA of policy that cannot be read', async () => {
  const reason = (file: string): object => ({ problem: { code: 'NETWORK_NOT_CONFIGURED', detail: { en: expect.stringContaining(file) as string } } });
  await expect(setUp({ extraCa: ['/no/such/ca.pem'] })).rejects.toMatchObject(reason('/no/such/ca.pem'));
  await expect(setUp({ extraCa: [import.meta.filename] })).rejects.toMatchObject(reason(import.meta.filename));
});

it('does not send a password again that the proxy has refused', async () => {
  expect(await (await setUp()).ask({ first: false })).toEqual([]);
});

it('sends none in the clear where policy forbids it', async () => {
  const { ask } = await setUp({ proxy: { url: 'http://proxy.example.jp:8080', user: 'clinic', basic: false } });
  expect(await ask({ scheme: 'basic' })).toEqual([]);
  expect(await ask({ scheme: 'digest' })).toEqual(['clinic', 'geheim']);
});

it('tells it to no server, and to no window of another session', async () => {
  const { ask } = await setUp();
  expect(await ask({ isProxy: false })).toBe('not heard');
  expect(await ask({ session: {} })).toBe('not heard');
});

it('goes without a proxy only where somebody has decided so', async () => {
  expect((await setUp({ proxy: 'direct' })).set).toEqual([{ mode: 'direct' }]);
  expect((await setUp({ proxy: 'system', system: 'PROXY other.example.jp:3128' })).set).toMatchObject([{ proxyRules: 'http://other.example.jp:3128' }]);
  // A scheme that the agent does not speak: nothing is reached, rather than everything.
  expect((await setUp({ proxy: 'system', system: 'SOCKS5 other.example.jp:1080' })).set).toMatchObject([{ proxyRules: 'http://127.0.0.1:9' }]);
});
