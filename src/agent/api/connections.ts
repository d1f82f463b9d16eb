import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { ErrorCode } from '../../contract/error-codes.ts';
import { drainLimitOf, type ApiPolicy } from './api-policy.ts';
import { judgePeer, type PeerPort, type PeerVerdict } from './peer-port.ts';
import { problemAnswer, problemMediaType } from './problem-answer.ts';

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

interface ConnectionState {
  peer: PeerVerdict | Promise<PeerVerdict> | undefined;
  /** Requests of this connection that are not answered yet. */
  answering: number;
}

const admitAll: PeerVerdict = { admitted: true, program: null };

/** What is decided per connection: half-open ones, timeouts, broken HTTP, left-over bodies and whose program it is. */
export class Connections {
  readonly #policy: ApiPolicy;
  readonly #peerPort: PeerPort | null;
  readonly #states = new WeakMap<Socket, ConnectionState>();
  /** In the order of arrival. */
  readonly #halfOpen = new Set<Socket>();
  readonly #awaitingContinue = new WeakSet<IncomingMessage>();
  #closing = false;

  constructor(policy: ApiPolicy, peerPort: PeerPort | null) {
    this.#policy = policy;
    this.#peerPort = peerPort;
  }

  createServer(handle: Handler): Server {
    const policy = this.#policy;
    const server = createServer(
      {
        maxHeaderSize: 16 * 1024,
        headersTimeout: policy.headersTimeout,
        requestTimeout: policy.requestTimeout,
        keepAliveTimeout: policy.keepAliveTimeout,
        connectionsCheckingInterval: policy.timeoutCheckInterval,
        // An absent Host is answered by the guard, in JSON like everything else.
        requireHostHeader: false,
      },
      (request, response) => this.#arrived(request, response, handle),
    );
    server.maxConnections = policy.maxConnections;
    // Ends connections whose reader has stalled. Longer than the longest wait; event streams have their heartbeat.
    server.setTimeout(150_000, (socket: Socket) => socket.destroy());
    server.on('connection', (socket: Socket) => this.#opened(socket));
    server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
      this.#awaitingContinue.add(request);
      this.#arrived(request, response, handle);
    });
    server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => this.#broken(error, socket));
    return server;
  }

  /** Whose program is at the other end; looked up once per connection. */
  peerOf(socket: Socket): PeerVerdict | Promise<PeerVerdict> {
    const port = this.#peerPort;
    if (port === null) return admitAll;
    const state = this.#stateOf(socket);
    state.peer ??= judgePeer(port, socket, this.#policy.otherUsers).then((verdict) => (state.peer = verdict));
    return state.peer;
  }

  /** Call before reading a body: a caller that sent `Expect: 100-continue` waits for this. */
  invite(request: IncomingMessage, response: ServerResponse): void {
    if (this.#awaitingContinue.delete(request)) response.writeContinue();
  }

  /** From now on a connection ends with its answer; those that ask nothing end at once. */
  close(): void {
    this.#closing = true;
    for (const socket of this.#halfOpen) socket.destroy();
  }

  #opened(socket: Socket): void {
    this.#stateOf(socket);
    const halfOpen = this.#halfOpen;
    halfOpen.add(socket);
    socket.once('close', () => halfOpen.delete(socket));
    if (halfOpen.size <= this.#policy.maxHalfOpen) return;
    for (const oldest of halfOpen) {
      oldest.destroy();
      halfOpen.delete(oldest);
      break;
    }
  }

  #arrived(request: IncomingMessage, response: ServerResponse, handle: Handler): void {
    const { socket } = request;
    this.#halfOpen.delete(socket);
    const state = this.#stateOf(socket);
    state.answering += 1;
    response.once('close', () => {
      state.answering -= 1;
      if (this.#closing) socket.end();
    });
    if (request.headers['transfer-encoding'] !== undefined || request.headers['content-length'] !== undefined) {
      this.#boundLeftOver(request, response);
    }
    handle(request, response);
  }

  /**
   * After an answer Node reads what is left of the request without end. A refused caller may finish a body of
   * reasonable size, so that it gets to read why; then the connection is closed.
   */
  #boundLeftOver(request: IncomingMessage, response: ServerResponse): void {
    const limit = drainLimitOf(this.#policy);
    if (Number(request.headers['content-length'] ?? 0) > limit) {
      response.shouldKeepAlive = false;
      return;
    }
    // Before Node's own listener, which would throw the rest away uncounted; a stream that is being read is left alone.
    response.prependOnceListener('finish', () => {
      if (request.complete) return;
      // It was never told to go on: it may send the body or not, and the next request cannot be told from it.
      if (this.#awaitingContinue.has(request)) {
        request.socket.destroySoon();
        return;
      }
      let leftOver = 0;
      request.on('data', (chunk: Buffer) => {
        leftOver += chunk.length;
        if (leftOver > limit) request.socket.destroy();
      });
      request.read(0);
      request.resume();
    });
  }

  /** Bytes that are no HTTP request. Never 408: browsers send again on it. */
  #broken(error: NodeJS.ErrnoException, socket: Socket): void {
    const wellMeant = error.code?.startsWith('HPE_') === true && socket.writable && this.#stateOf(socket).answering === 0;
    if (!wellMeant) {
      socket.destroy();
      return;
    }
    const tooLarge = error.code === 'HPE_HEADER_OVERFLOW' || error.code === 'HPE_CHUNK_EXTENSIONS_OVERFLOW';
    socket.end(rawProblem(tooLarge ? 'TOO_LARGE' : 'REQUEST_INVALID'));
    // The other side may keep sending for ever.
    socket.resume();
    setTimeout(() => socket.destroy(), 1_000).unref();
  }

  #stateOf(socket: Socket): ConnectionState {
    let state = this.#states.get(socket);
    if (state === undefined) {
      state = { peer: undefined, answering: 0 };
      this.#states.set(socket, state);
    }
    return state;
  }
}

function rawProblem(code: ErrorCode): string {
  const answer = problemAnswer({ code, detail: null }, 'ja');
  const body = JSON.stringify(answer);
  return [
    `HTTP/1.1 ${answer.status} ${answer.status === 413 ? 'Payload Too Large' : 'Bad Request'}`,
    `Content-Type: ${problemMediaType}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Cache-Control: no-store',
    'Connection: close',
    '',
    body,
  ].join('\r\n');
}
