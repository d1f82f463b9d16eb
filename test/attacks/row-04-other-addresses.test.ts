/**
 * Row 4: "0.0.0.0-day" and exposure to the LAN (AutoFirma #530). A listener on all interfaces is open to the whole
 * ward; a page that calls http://0.0.0.0:port reaches a loopback listener on Linux and is no "private network" for some
 * browsers. The agent binds 127.0.0.1 and ::1 and nothing else, never shares the port, and answers 421 to 0.0.0.0.
 */
import { createServer as createHttpServer, type Server } from 'node:http';
import { connect, createServer, type AddressInfo } from 'node:net';
import { networkInterfaces } from 'node:os';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { listenOnLoopback } from '../../src/agent/api/listen.ts';
import { NoFreePort } from '../../src/agent/api/no-free-port.ts';
import { sayRaw, startRunningApi, statusOf, type RunningApi } from '../support/running-api.ts';

const plainServer = (): Server => createHttpServer((_request, response) => response.end());

function reach(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 3000 });
    const done = (reached: boolean) => () => {
      socket.destroy();
      resolve(reached);
    };
    socket.once('connect', done(true)).once('error', done(false)).once('timeout', done(false));
  });
}

describe('the running agent', () => {
  let running: RunningApi;
  beforeEach(async () => (running = await startRunningApi()));
  afterEach(() => running.close());

  it('answers 421 to the Host 0.0.0.0', async () => {
    for (const host of [`0.0.0.0:${running.port}`, `[::]:${running.port}`, `0:${running.port}`]) {
      expect(statusOf(await sayRaw(running.port, `GET /health HTTP/1.1\r\nHost: ${host}\r\n\r\n`))).toBe(421);
    }
  });

  it('cannot be reached on any other address of this machine', async () => {
    const others = Object.values(networkInterfaces())
      .flatMap((addresses) => addresses ?? [])
      .filter((address) => !address.internal && !address.address.startsWith('fe80'))
      .map((address) => address.address);
    for (const address of [...others, '127.0.0.2']) expect(`${address} ${await reach(address, running.port)}`).toBe(`${address} false`);
    expect(await reach('127.0.0.1', running.port)).toBe(true);
  });

  it('answers on both loopback addresses where the machine has both', async () => {
    for (const address of running.api.addresses) {
      const host = address.replace(/[[\]]/g, '');
      const heard = await sayRaw(running.port, `GET /health HTTP/1.1\r\nHost: ${address}:${running.port}\r\n\r\n`, { host });
      expect(statusOf(heard)).toBe(200);
    }
  });
});

describe('the port', () => {
  const closers: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const close of closers.splice(0)) await close();
  });

  async function occupy(host: string, port = 0): Promise<number> {
    const squatter = createServer();
    await new Promise<void>((resolve, reject) => {
      squatter.once('error', reject);
      squatter.listen({ host, port, ipv6Only: true }, resolve);
    });
    closers.push(() => new Promise((resolve) => squatter.close(resolve)));
    return (squatter.address() as AddressInfo).port;
  }

  async function listen(ports: readonly number[]): Promise<number> {
    const listener = await listenOnLoopback(plainServer, ports, () => undefined);
    for (const server of listener.servers) closers.push(() => new Promise((resolve) => server.close(resolve)));
    return listener.port;
  }

  it.each(['127.0.0.1', '::1', '0.0.0.0', '::'])('is left to whoever holds it on %s, and the next one is taken', async (host) => {
    const taken = await occupy(host);
    const next = await freePort();
    expect(await listen([taken, next])).toBe(next);
  });

  it('is not held on 127.0.0.1 alone when ::1 belongs to somebody else', async () => {
    const taken = await occupy('::1');
    await expect(listen([taken])).rejects.toThrow(NoFreePort);
    expect(await reach('127.0.0.1', taken)).toBe(false);
  });

  it('cannot be bound a second time by anybody', async () => {
    const ours = await listen([0]);
    await expect(occupy('127.0.0.1', ours)).rejects.toThrow('EADDRINUSE');
    await expect(occupy('0.0.0.0', ours)).rejects.toThrow('EADDRINUSE');
  });

  it('is named in the error when all are taken', async () => {
    const taken = await occupy('127.0.0.1');
    await expect(listen([taken])).rejects.toMatchObject({ ports: [taken], title: { ja: expect.stringContaining(String(taken)) as string } });
  });
});

async function freePort(): Promise<number> {
  const listener = await listenOnLoopback(plainServer, [0], () => undefined);
  await Promise.all(listener.servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return listener.port;
}
