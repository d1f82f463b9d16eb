/** An https server that stands for a signing service. It notes what reached it and answers as the test says. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';

import type { AddressInfo, Socket } from 'node:net';
import { TLSSocket, type TlsOptions } from 'node:tls';
import type { Leaf, TlsAuthority } from './tls-authority.ts';

export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  /** Common name of the client certificate, null where none was shown. */
  readonly client: string | null;
  readonly protocol: string | null;
  /** Which connection carried it, from 1. */
  readonly connection: number;
}

export type Answer = (seen: Seen, response: ServerResponse, socket: Socket) => void;

export interface ServiceOptions {
  readonly leaf: Leaf;
  /** Asks for client certificates of this CA. */
  readonly clients?: TlsAuthority;
  /** Whether a connection without one is refused. Default: it is. */
  readonly requireClient?: boolean;
  readonly tls?: TlsOptions;
  /** Default: any. */
  readonly port?: number;
  /** Of loopback. Default: 127.0.0.1. */
  readonly host?: string;
}

export class TestService {
  readonly seen: Seen[] = [];
  /** How the next requests are answered, in order; the last one stays. */
  answers: Answer[] = [(_seen, response) => response.writeHead(200, { 'content-type': 'application/json' }).end('{"ok":true}')];
  connections = 0;
  readonly #server: ReturnType<typeof createTlsServer>;
  readonly #sockets = new Set<Socket>();

  private constructor(options: ServiceOptions) {
    const { leaf, clients, requireClient = true, tls = {} } = options;
    this.#server = createTlsServer(
      {
        cert: leaf.certificate,
        key: leaf.key,
        ...(clients === undefined ? {} : { requestCert: true, rejectUnauthorized: requireClient, ca: [clients.pem] }),
        ...tls,
      },
      (request, response) => void this.#take(request, response),
    );
    const numbers = new WeakMap<Socket, number>();
    this.#server.on('secureConnection', (socket: TLSSocket) => {
      this.connections += 1;
      numbers.set(socket, this.connections);
      socket.on('error', () => undefined);
    });
    this.#server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket)).on('error', () => undefined);
    });
    this.#numberOf = (socket) => numbers.get(socket) ?? 0;
  }

  readonly #numberOf: (socket: Socket) => number;

  static async start(options: ServiceOptions): Promise<TestService> {
    const service = new TestService(options);
    await new Promise<void>((resolve) => service.#server.listen(options.port ?? 0, options.host ?? '127.0.0.1', resolve));
    return service;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** On loopback, where the agent goes without a proxy. */
  get address(): string {
    return `https://localhost:${this.port}`;
  }

  /** The sockets under TLS, for cutting and for falling silent. */
  get sockets(): readonly Socket[] {
    return [...this.#sockets];
  }

  answerWith(...answers: Answer[]): void {
    this.answers = answers;
  }

  onTls(listener: (socket: TLSSocket) => void): void {
    this.#server.on('secureConnection', listener);
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { socket } = request;
    if (!(socket instanceof TLSSocket)) throw new Error('not TLS');
    let body = '';
    try {
      for await (const piece of request.setEncoding('utf8')) body += piece as string;
    } catch {
      return;
    }
    const peer = socket.getPeerCertificate();
    const seen: Seen = {
      method: request.method ?? '',
      path: request.url ?? '',
      headers: request.headers,
      body,
      client: (peer.subject as { CN?: string } | undefined)?.CN ?? null,
      protocol: socket.getProtocol(),
      connection: this.#numberOf(socket),
    };
    this.seen.push(seen);
    const answer = this.answers.length > 1 ? this.answers.shift() : this.answers[0];
    answer?.(seen, response, socket);
  }
}
