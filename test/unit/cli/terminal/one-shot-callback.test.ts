import { connect, createServer } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { receiveCallback } from '../../../../src/cli/terminal/one-shot-callback.ts';
import { ask } from '../../../support/running-api.ts';

let port: number;
let stop: AbortController;
let received: Promise<URL | Error>;
const host = (): string => `adapter.test:${port}`;

beforeEach(async () => {
  stop = new AbortController();
  // Free a moment ago.
  const probe = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => probe.once('listening', resolve));
  port = (probe.address() as { port: number }).port;
  await new Promise((resolve) => probe.close(resolve));
  received = receive();
});
afterEach(async () => {
  stop.abort(new Error('over'));
  await received;
});

function receive(): Promise<URL | Error> {
  const page = { url: new URL('https://login.example/auth?state=s1'), redirectUrl: new URL(`http://${host()}/callback`), allowedOrigins: [], card: null };
  return receiveCallback(page, '受け取りました', stop.signal).catch((error: unknown) => error as Error);
}
async function get(target: string, { method = 'GET', name = host() } = {}): Promise<number> {
  for (const end = performance.now() + 10_000; ; ) {
    try {
      return (await ask(port, target, { method, headers: { host: name } })).status;
    } catch (error) {
      // It listens in a moment.
      if (performance.now() > end) throw error;
    }
  }
}

describe('the address on which a login ends', () => {
  it('is received once, whole, and then nobody listens', async () => {
    expect(await get('/callback?code=c1&state=s1&iss=x')).toBe(200);
    expect(await received).toEqual(new URL(`http://${host()}/callback?code=c1&state=s1&iss=x`));
    await expect(ask(port, '/callback?code=c2&state=s1', { headers: { host: host() } })).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it.each<[string, string, { method?: string; name?: string }]>([
    ['another state', '/callback?code=c&state=s2', {}],
    ['no state', '/callback?code=c', {}],
    ['another path', '/callback2?code=c&state=s1', {}],
    ['a path above it', '/callback/?code=c&state=s1', {}],
    ['another host', '/callback?code=c&state=s1', { name: 'evil.example' }],
    ['a rebound name', '/callback?code=c&state=s1', { name: 'localhost' }],
    ['an absolute address', 'http://evil.example/callback?code=c&state=s1', {}],
    ['a post', '/callback?code=c&state=s1', { method: 'POST' }],
  ])('is not taken from %s, and the right one still is', async (_what, target, how) => {
    expect(await get(target, how)).toBe(404);
    expect(await get('/callback?code=right&state=s1')).toBe(200);
    expect((await received) instanceof URL && ((await received) as URL).searchParams.get('code')).toBe('right');
  });

  it('is waited for no longer than the login lasts', async () => {
    expect(await get('/')).toBe(404);
    const reason = new Error('the person left');
    stop.abort(reason);
    expect(await received).toBe(reason);
    await expect(ask(port, '/callback?code=c&state=s1', { headers: { host: host() } })).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('is not waited for where the login is over already', async () => {
    stop.abort(new Error('over before'));
    await received;
    expect(await receive()).toMatchObject({ message: 'over before' });
    for (let turn = 0; turn < 20; turn += 1) await setImmediate();
    await expect(ask(port, '/', { headers: { host: host() } })).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('is received over a connection that ends before its answer is sent', async () => {
    expect(await get('/')).toBe(404);
    const of = (target: string): string => `GET ${target} HTTP/1.1\r\nHost: ${host()}\r\n\r\n`;
    // The answer to the first request closes the connection.
    const browser = connect(port, '127.0.0.1', () => browser.write(of('/') + of('/callback?code=unanswered&state=s1')));
    browser.on('error', () => undefined).resume();
    expect(await received).toMatchObject({ search: '?code=unanswered&state=s1' });
    browser.destroy();
  });

  it('is not shared with another program on the port', async () => {
    expect(await get('/')).toBe(404);
    expect(await receive()).toMatchObject({ code: 'EADDRINUSE' });
  });
});
