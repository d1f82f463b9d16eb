/**
 * What an "inspecting" proxy or firewall does: it answers CONNECT, opens the TLS connection with a certificate of its own that
 * it makes for the host, and reads what goes through. Here it notes everything that it could read.
 */
import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { createSecureContext, TLSSocket } from 'node:tls';
import type { TlsAuthority } from './tls-authority.ts';

export class InterceptionProxy {
  /** Bytes that it has read in clear. */
  read = '';
  /** Hosts that CONNECT named. */
  readonly asked: string[] = [];
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(authority: TlsAuthority) {
    this.#server = createServer().on('connect', ({ url = '' }: { url?: string }, socket: Socket) => {
      this.asked.push(url);
      const host = url.split(':')[0] ?? '';
      const { certificate, key } = authority.issue({ commonName: host, names: [host] });
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      const opened = new TLSSocket(socket, { isServer: true, secureContext: createSecureContext({ cert: certificate, key }) });
      opened.on('error', () => undefined);
      opened.on('data', (piece: Buffer) => {
        this.read += piece.toString('latin1');
        opened.end('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok');
      });
    });
    this.#server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => undefined).on('close', () => this.#sockets.delete(socket));
    });
  }

  static async start(authority: TlsAuthority): Promise<InterceptionProxy> {
    const proxy = new InterceptionProxy(authority);
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}
