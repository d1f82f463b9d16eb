/** What the agent does when the service or the way to it fails half-way: what is told, what is sent again, what never is. */
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Clock } from '../../src/agent/ports.ts';
import { until } from '../support/running-api.ts';
import { TestService } from '../support/network/service.ts';
import { failureOf, testNetwork, type TestNetwork, type TestNetworkOptions } from '../support/network/test-network.ts';
import { TlsAuthority } from '../support/network/tls-authority.ts';

let authority: TlsAuthority;
const opened: (() => unknown)[] = [];
beforeAll(async () => {
  authority = await TlsAuthority.create('TEST Service CA');
});
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

async function start(options: TestNetworkOptions = {}): Promise<TestNetwork & { service: TestService; fetch: ReturnType<TestNetwork['network']['fetchFor']>; address: string }> {
  const service = await TestService.start({ leaf: authority.issue({ commonName: 'service', names: ['localhost'] }) });
  const made = testNetwork({ trusted: [authority], ...options });
  opened.push(() => service.close(), () => made.close());
  return { ...made, service, fetch: made.network.fetchFor([service.address]), address: service.address };
}
const signature = { method: 'POST', body: 'sign this' };
const ok = (_seen: unknown, response: { end: (text: string) => unknown }): unknown => response.end('ok');

/** A clock that a test moves. */
class MovedClock implements Clock {
  ms = Date.parse('2026-04-01T00:00:00Z');
  now = (): number => this.ms;
  monotonic = (): number => this.ms;
}

describe('a connection that is cut', () => {
  it('before the request was sent is made anew, for a signature as well', async () => {
    const { service, fetch, address } = await start();
    await fetch(address);
    for (const socket of service.sockets) socket.destroy();
    await until(() => service.sockets.length === 0, 'the connection is closed');
    expect((await fetch(address, signature)).status).toBe(200);
    expect(service.seen.map(({ method }) => method)).toEqual(['GET', 'POST']);
  });

  it('after a signature was sent is a lost answer, and the signature is not sent again', async () => {
    const { service, fetch, address, pauses } = await start();
    service.answerWith((_seen, _response, socket) => socket.destroy(), ok);
    const failure = await failureOf(fetch(address, signature));
    expect(failure).toMatchObject({ code: 'REMOTE_ANSWER_LOST', phase: 'http', hop: 'service', sent: 'maybe' });
    expect(failure.problem.detail?.ja).toContain('応答を受け取れませんでした');
    expect(service.seen).toHaveLength(1);
    expect(pauses).toEqual([]);
  });

  it('in the middle of the answer to a signature is a lost answer', async () => {
    const { service, fetch, address } = await start();
    service.answerWith((_seen, response, socket) => {
      response.writeHead(200, { 'content-length': '1000' });
      response.write('half of it', () => socket.destroy());
    });
    expect(await failureOf(fetch(address, signature))).toMatchObject({ code: 'REMOTE_ANSWER_LOST', sent: 'maybe' });
    expect(service.seen).toHaveLength(1);
  });

  it('after a question was sent is asked again', async () => {
    const { service, fetch, address, pauses } = await start();
    service.answerWith((_seen, _response, socket) => socket.destroy(), ok);
    expect(await (await fetch(address)).text()).toBe('ok');
    expect(service.seen).toHaveLength(2);
    expect(pauses).toEqual([250]);
  });

  it('after a call was sent that its caller calls repeatable is sent again, three times in all', async () => {
    const { service, fetch, address } = await start();
    service.answerWith((_seen, _response, socket) => socket.destroy());
    expect(await failureOf(fetch(address, { ...signature, repeatable: true }))).toMatchObject({ code: 'PROVIDER_UNREACHABLE', phase: 'http', sent: 'maybe' });
    expect(service.seen).toHaveLength(3);
  });
});

describe('a service that falls silent', () => {
  it('after a signature was sent is a lost answer when time is up', async () => {
    const { service, fetch, address } = await start({ deadlines: { firstByte: 300 } });
    service.answerWith(() => undefined);
    const failure = await failureOf(fetch(address, signature));
    expect(failure).toMatchObject({ code: 'REMOTE_ANSWER_LOST', phase: 'http', sent: 'maybe' });
    expect(failure.problem.detail?.ja).toContain('時間内に応答がありません');
    expect(service.seen).toHaveLength(1);
  });

  it('in the middle of its answer is a lost answer when time is up', async () => {
    const { service, fetch, address } = await start({ deadlines: { silence: 300 } });
    service.answerWith((_seen, response) => void response.writeHead(200, { 'content-length': '1000' }).write('half'));
    const failure = await failureOf(fetch(address, signature));
    expect(failure).toMatchObject({ code: 'REMOTE_ANSWER_LOST', sent: 'maybe' });
    expect(failure.problem.detail?.ja).toContain('途中で止まりました');
  });

  it('is not trusted with a signature over a connection that was idle for a while', async () => {
    const clock = new MovedClock();
    const { service, fetch, address } = await start({ clock });
    await fetch(address, signature);
    clock.ms += 9_000;
    await fetch(address, signature);
    clock.ms += 11_000;
    await fetch(address, signature);
    clock.ms += 11_000;
    await fetch(address);
    expect(service.seen.map(({ connection }) => connection)).toEqual([1, 1, 2, 2]);
  });
});

describe('a half-open socket', () => {
  /** Takes connections and never says a word: a machine behind a firewall that forgot them. */
  async function silentServer(): Promise<{ port: number; sockets: Socket[] }> {
    const sockets: Socket[] = [];
    const server: Server = createServer((socket) => void sockets.push(socket.on('error', () => undefined)));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    opened.push(() => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(resolve));
    });
    return { port: (server.address() as AddressInfo).port, sockets };
  }

  it('of the service ends the TLS handshake when time is up', async () => {
    const { port } = await silentServer();
    const { network } = await start({ deadlines: { tls: 200 } });
    const failure = await failureOf(network.fetchFor([`https://localhost:${port}`])(`https://localhost:${port}`, signature));
    expect(failure).toMatchObject({ code: 'PROVIDER_UNREACHABLE', phase: 'tls', hop: 'service', sent: 'never' });
    expect(failure.problem.detail?.en).toContain('does not answer in time');
  });

  it('of the proxy ends CONNECT when time is up', async () => {
    const { port } = await silentServer();
    const { network } = await start({ deadlines: { connect: 200 }, settings: { proxy: { url: `http://127.0.0.1:${port}`, basic: true, bypass: [] } } });
    const failure = await failureOf(network.fetchFor(['https://service.test'])('https://service.test', signature));
    expect(failure).toMatchObject({ code: 'PROVIDER_UNREACHABLE', phase: 'connect', hop: 'proxy', host: `127.0.0.1:${port}`, sent: 'never' });
  });

  it('is left at once when the caller gives up', async () => {
    const { port, sockets } = await silentServer();
    const { network } = await start();
    const reason = new Error('cancelled');
    const hangUp = new AbortController();
    const call = network.fetchFor([`https://localhost:${port}`])(`https://localhost:${port}`, { signal: hangUp.signal });
    while (sockets.length === 0) await new Promise((resolve) => setImmediate(resolve));
    hangUp.abort(reason);
    await expect(call).rejects.toBe(reason);
  });
});

describe('a service that says "later"', () => {
  it.each([429, 503])('with %s and Retry-After is asked again then, where the call is repeatable', async (status) => {
    const { service, fetch, address, pauses } = await start({ breakerBounds: { failures: 5, firstMs: 0, longestMs: 0 } });
    service.answerWith((_seen, response) => response.writeHead(status, { 'retry-after': '0' }).end(), (_seen, response) => response.writeHead(429, { 'retry-after': '2' }).end(), ok);
    expect((await fetch(address)).status).toBe(200);
    expect(pauses).toEqual([0, 2000]);
  });

  it('is asked again at its time even where a timer was early', async () => {
    const clock = new MovedClock();
    const waited: number[] = [];
    const early = (milliseconds: number): Promise<void> => {
      waited.push(milliseconds);
      clock.ms += milliseconds > 5 ? milliseconds - 3 : milliseconds;
      return Promise.resolve();
    };
    const { service, fetch, address } = await start({ clock, pause: early });
    service.answerWith((_seen, response) => response.writeHead(503, { 'retry-after': '1' }).end(), ok);
    expect((await fetch(address)).status).toBe(200);
    expect(waited).toEqual([1_000, 3]);
  });

  it('takes a date in Retry-After as well', async () => {
    const clock = new MovedClock();
    const { service, fetch, address, pauses } = await start({ clock });
    service.answerWith((_seen, response) => response.writeHead(429, { 'retry-after': new Date(clock.ms + 5_000).toUTCString() }).end(), ok);
    expect((await fetch(address)).status).toBe(200);
    expect(pauses).toEqual([5_000]);
  });

  it.each([
    ['a signature', signature],
    ['a wait that is too long', {}],
  ])('has its answer handed on for %s', async (_what, init) => {
    const { service, fetch, address, pauses } = await start();
    service.answerWith((_seen, response) => response.writeHead(429, { 'retry-after': '60' }).end());
    const response = await fetch(address, init);
    expect([response.status, response.headers.get('retry-after')]).toEqual([429, '60']);
    expect([service.seen.length, pauses.length]).toEqual([1, 0]);
  });

  it('with 503 is left alone by everybody until then', async () => {
    const clock = new MovedClock();
    const { service, fetch, address } = await start({ clock });
    service.answerWith((_seen, response) => response.writeHead(503, { 'retry-after': '60' }).end(), ok);
    expect((await fetch(address, signature)).status).toBe(503);
    const failure = await failureOf(fetch(address, signature));
    expect(failure).toMatchObject({ code: 'SERVICE_SUSPENDED', phase: null, sent: 'never', problem: { retryAfterSeconds: 60 } });
    expect(service.seen).toHaveLength(1);
    clock.ms += 60_000;
    expect((await fetch(address, signature)).status).toBe(200);
  });

  it('with 429 may mean one person, and others go on', async () => {
    const { service, fetch, address } = await start();
    service.answerWith((_seen, response) => response.writeHead(429, { 'retry-after': '60' }).end(), ok);
    await fetch(address, signature);
    expect((await fetch(address, signature)).status).toBe(200);
  });
});

describe('a host that fails again and again', () => {
  it('is left alone, tried once after a while, and used again when it is back', async () => {
    const clock = new MovedClock();
    const { service, fetch, address } = await start({ clock });
    const cut = (_seen: unknown, _response: unknown, socket: Socket): unknown => socket.destroy();
    service.answerWith(cut);
    for (let turn = 0; turn < 5; turn += 1) expect((await failureOf(fetch(address, signature))).code).toBe('REMOTE_ANSWER_LOST');
    expect(await failureOf(fetch(address, signature))).toMatchObject({ code: 'SERVICE_SUSPENDED', problem: { retryAfterSeconds: 10 } });
    expect(service.seen).toHaveLength(5);

    clock.ms += 10_000;
    const [tried, told] = await Promise.all([failureOf(fetch(address, signature)), failureOf(fetch(address, signature))]);
    expect([tried.code, told.code]).toEqual(['REMOTE_ANSWER_LOST', 'SERVICE_SUSPENDED']);
    expect(service.seen).toHaveLength(6);

    clock.ms += 20_000;
    service.answerWith(ok);
    expect((await fetch(address, signature)).status).toBe(200);
    expect((await Promise.all([fetch(address, signature), fetch(address, signature)])).map(({ status }) => status)).toEqual([200, 200]);
  });

  it('leaves other hosts as they are', async () => {
    const { service, fetch, address, network } = await start({ breakerBounds: { failures: 1, firstMs: 60_000, longestMs: 60_000 } });
    const other = await TestService.start({ leaf: authority.issue({ commonName: 'service', names: ['localhost'] }) });
    opened.push(() => other.close());
    service.answerWith((_seen, _response, socket) => socket.destroy());
    await failureOf(fetch(address, signature));
    expect((await failureOf(fetch(address, signature))).code).toBe('SERVICE_SUSPENDED');
    expect((await network.fetchFor([other.address])(other.address, signature)).status).toBe(200);
  });
});
