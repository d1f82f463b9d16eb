import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, type Server as TlsServer, type ServerOptions } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { SecureContextOptions, TlsOptions } from 'node:tls';
import { Exchange } from './exchange.ts';
import type { Gate } from './gate.ts';
import { matchRoute, type Route } from './route.ts';

export type ListenerTls = Pick<TlsOptions, 'requestCert' | 'rejectUnauthorized'> & SecureContextOptions;

export interface ListenerOptions {
  /** Name in the address; the loopback interface answers to it. */
  readonly hostName: string;
  /** Interface to bind. */
  readonly address: string;
  readonly port: number;
  /** Null: plain HTTP. */
  readonly tls: ListenerTls | null;
  readonly gate: Gate;
}

/** One port of the service. It is bound first, because issuer and addresses are made of it, and gets its routes after. */
export class Listener {
  readonly origin: string;
  readonly #server: Server | TlsServer;
  readonly #sockets = new Set<Socket>();
  readonly #gate: Gate;
  readonly #tls: ListenerTls | null;
  #routes: readonly Route[] = [];
  #refusing = false;

  private constructor(server: Server | TlsServer, { hostName, tls, gate }: ListenerOptions) {
    this.#server = server;
    this.#gate = gate;
    this.#tls = tls;
    this.origin = `${tls === null ? 'http' : 'https'}://${hostName}:${(server.address() as AddressInfo).port}`;
    server.on('connection', (socket: Socket) => {
      if (this.#refusing) {
        socket.destroy();
        return;
      }
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      void this.#serve(request, response);
    });
  }

  static async open(options: ListenerOptions): Promise<Listener> {
    const { tls, port, address } = options;
    const server = tls === null ? createServer() : createTlsServer(tls satisfies ServerOptions);
    // A client that refuses our certificate, or brings a bad one of its own, is no news here.
    server.on('tlsClientError', () => undefined);
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, address, () => {
        server.off('error', reject);
        resolve();
      });
    });
    return new Listener(server, options);
  }

  serve(routes: readonly Route[]): void {
    this.#routes = routes;
  }

  /** From now on another certificate is shown; connections that are open end. */
  changeCertificate(own: Pick<SecureContextOptions, 'cert' | 'key'>): void {
    if (!('setSecureContext' in this.#server) || this.#tls === null) throw new TypeError('this listener speaks plain HTTP');
    // The whole context is replaced, so whom it trusts has to be said again.
    this.#server.setSecureContext({ ...this.#tls, ...own });
    this.#endConnections();
  }

  /** Connections end before a byte of TLS is spoken, so that nothing can have been sent. */
  refuseConnections(refusing: boolean): void {
    this.#refusing = refusing;
    if (refusing) this.#endConnections();
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#endConnections();
    await closed;
  }

  #endConnections(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const url = new URL(request.url ?? '/', this.origin);
      const matched = matchRoute(this.#routes, request.method ?? 'GET', url.pathname);
      if (matched === null) {
        this.#gate.date(response);
        response.writeHead(404, { 'Content-Type': 'application/json' }).end('{"error":"not_found"}');
        return;
      }
      await this.#gate.pass(matched.route, new Exchange(request, response, url, matched.parameters));
    } catch (error) {
      // A body that ended early is the caller's own doing.
      if (!request.destroyed) this.#gate.report(error);
      if (!response.headersSent) response.writeHead(500, { 'Content-Type': 'application/json' });
      response.end('{"error":"server_error"}');
    }
  }
}
