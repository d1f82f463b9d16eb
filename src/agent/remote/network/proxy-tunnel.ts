import { request } from 'node:http';
import type { Duplex } from 'node:stream';
import { version } from '../../../contract/version.ts';
import { connectRefused, proxyAuthenticationFailed, unreachable, type Hop } from './network-failures.ts';
import type { Deadlines, PhaseRunner } from './phases.ts';
import type { ProxyAuthentication, ProxyAuthorization } from './proxy-authentication.ts';

/** A first try, the answer to the proxy's question, and one more for a nonce that had become stale in between. */
const mostTries = 3;

/**
 * Has a proxy connect to `authority` (`host:port`) and gives the socket that then leads there (RFC 9110 §9.3.6). `reach` opens a
 * connection to the proxy; each try has its own, because what a proxy sends with a refusal ends as it likes.
 * Throws PROXY_AUTH_REQUIRED, PROXY_DENIED, PROXY_UPSTREAM and PROVIDER_UNREACHABLE.
 */
export async function openTunnel(options: {
  readonly proxy: Hop;
  readonly authority: string;
  readonly authentication: ProxyAuthentication;
  readonly reach: () => Promise<Duplex>;
  readonly runner: PhaseRunner;
  readonly deadlines: Deadlines;
}): Promise<Duplex> {
  const { proxy, authority, authentication, reach, runner, deadlines } = options;
  const endTurn = await authentication.turn(runner.signal);
  try {
    return await open();
  } finally {
    endTurn();
  }

  async function open(): Promise<Duplex> {
    if (authentication.refusal !== null) throw proxyAuthenticationFailed(proxy.host, authentication.refusal);
    let authorization = authentication.authorize(authority);
    for (let tries = 1; ; tries += 1) {
      const socket = await reach();
      const answer = await askConnect(socket, authority, authorization);
      if (answer.status !== 407) authentication.accepted();
      if (answer.status >= 200 && answer.status < 300) {
        // A TLS server is silent until it is spoken to; what came early is for it to be refused by TLS.
        if (answer.early.length > 0) socket.unshift(answer.early);
        return socket;
      }
      socket.destroy();
      if (answer.status !== 407) throw connectRefused(proxy.host, authority, answer.status, answer.reason);
      const next = await authentication.challenged(answer.challenges, authorization, authority);
      if ('reason' in next) throw proxyAuthenticationFailed(proxy.host, next);
      if (tries === mostTries) throw connectRefused(proxy.host, authority, answer.status, answer.reason);
      authorization = next;
    }
  }

  async function askConnect(socket: Duplex, path: string, authorized: ProxyAuthorization | undefined): Promise<ConnectAnswer> {
    try {
      return await runner.run('connect', deadlines.connect, (signal) => connectAnswer(socket, path, authorized, signal));
    } catch (cause) {
      socket.destroy();
      if (runner.isAborted) throw cause;
      throw unreachable(proxy, 'connect', cause);
    }
  }
}

interface ConnectAnswer {
  readonly status: number;
  readonly reason: string;
  /** Proxy-Authenticate; several fields are joined by commas. */
  readonly challenges: string;
  readonly early: Buffer;
}

function connectAnswer(socket: Duplex, authority: string, authorization: ProxyAuthorization | undefined, signal: AbortSignal): Promise<ConnectAnswer> {
  return new Promise((resolve, reject) => {
    const call = request({
      method: 'CONNECT',
      path: authority,
      setHost: false,
      headers: {
        host: authority,
        'user-agent': `hpki-agent/${version}`,
        connection: 'keep-alive',
        'proxy-connection': 'keep-alive',
        ...(authorization === undefined ? {} : { 'proxy-authorization': authorization.header }),
      },
      createConnection: () => socket,
      signal,
    });
    // Emitted for whatever status the proxy answers.
    call.on('connect', ({ statusCode = 0, statusMessage = '', headers }, _socket, early) =>
      resolve({ status: statusCode, reason: statusMessage, challenges: headers['proxy-authenticate'] ?? '', early }),
    );
    call.on('error', (error) => reject(signal.aborted ? (signal.reason as Error) : error));
    call.end();
  });
}
