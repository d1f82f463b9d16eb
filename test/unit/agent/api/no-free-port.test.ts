import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { createServer as createHttpServer, Server } from 'node:http';
import { describe, expect, it } from 'vitest';
import { listenOnLoopback } from '../../../../src/agent/api/listen.ts';
import { NoFreePort, portRanges } from '../../../../src/agent/api/no-free-port.ts';

/** A port that Windows has reserved: nobody holds it, and nobody may bind it. */
class ServerBesideReserved extends Server {
  readonly #reserved: number;
  constructor(reserved: number) {
    super();
    this.#reserved = reserved;
  }
  override listen(...order: unknown[]): this {
    const [{ port }] = order as [{ readonly port: number }];
    if (port !== this.#reserved) return super.listen(...(order as Parameters<Server['listen']>));
    queueMicrotask(() => this.emit('error', Object.assign(new Error('listen EACCES'), { code: 'EACCES' })));
    return this;
  }
}

it('passes over a port that the system has reserved, to the next of the list', async () => {
  const told: number[] = [];
  const { port, servers } = await listenOnLoopback(() => new ServerBesideReserved(17090), [17090, 0], (bound) => told.push(bound));
  expect(port).not.toBe(17090);
  expect(new Set(told)).toEqual(new Set([port]));
  for (const server of servers) server.close();
});

describe('an agent that finds no free port', () => {
  it('names the program that holds it', async () => {
    const squatter = createServer().listen(0, '127.0.0.1');
    await once(squatter, 'listening');
    try {
      const { port } = squatter.address() as AddressInfo;
      const error: unknown = await listenOnLoopback(() => createHttpServer(), [port], () => undefined).catch((thrown: unknown) => thrown);
      if (!(error instanceof NoFreePort)) throw error;
      expect(error.title.ja).toBe(`ポート ${port} は node が使用中です`);
      expect(error.remedy.en).toContain(process.execPath);
      expect(error.remedy.ja).toContain('api.ports');
    } finally {
      squatter.close();
    }
  });

  it('says so where nobody is seen to hold it, and how to find out what Windows reserves', () => {
    const holders = [17090, 17091].map((port) => ({ port, owner: null }));
    const there = new NoFreePort(holders, undefined, 'win32');
    expect(there.title.en).toBe('The ports 17090–17091 cannot be used');
    expect(there.remedy.ja).toContain('excludedportrange');
    expect(new NoFreePort(holders, undefined, 'linux').remedy.ja).not.toContain('excludedportrange');
  });

  it('names one program in the title, and each in the remedy', () => {
    const owner = (program: string) => ({ program, userName: null });
    const error = new NoFreePort(
      [{ port: 1, owner: owner('C:\\Program Files\\A\\a.exe') }, { port: 2, owner: owner('/opt/b') }, { port: 4, owner: owner('C:\\Program Files\\A\\a.exe') }, { port: 3, owner: { program: null, userName: 'sato' } }],
      undefined,
    );
    expect(error.title.ja).toContain('a.exe など');
    expect(error.remedy.ja).toContain('C:\\Program Files\\A\\a.exe [1, 4]、/opt/b [2]、(sato) [3]');
  });

  it('writes its ports as ranges', () => {
    expect(portRanges([17092, 17090, 17091, 17091, 18000])).toBe('17090–17092, 18000');
  });
});
