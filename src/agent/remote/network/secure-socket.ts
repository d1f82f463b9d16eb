import { isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { connect, type SecureContext, type TLSSocket } from 'node:tls';
import { peerChainOf, type PeerChain } from './peer-chain.ts';
import { event, until, type Arrange } from './socket-events.ts';
import { handshakeFailure, type HandshakeEvidence } from './tls-failures.ts';
import type { Deadlines, PhaseRunner } from './phases.ts';

export interface SecuredSocket {
  readonly socket: TLSSocket;
  readonly peer: PeerChain;
  readonly protocol: string;
}

/** What was agreed on before, for telling why a handshake failed. */
export type HandshakeCircumstances = Omit<HandshakeEvidence, 'peer' | 'serverAnswered' | 'afterHandshake'>;

/** A ServerHello and a certificate take more bytes than an alert does. */
const bytesOfAnAlert = 64;

/**
 * TLS over an open socket, the peer's certificate verified and its name compared with `name`. Throws what
 * {@link handshakeFailure} makes of a failure.
 * SECURITY: `rejectUnauthorized` is said, because left out it would listen to NODE_TLS_REJECT_UNAUTHORIZED.
 * test/attacks/row-09-outbound-tls.test.ts
 */
export async function secureSocket(options: {
  readonly underlying: Duplex & { readonly bytesRead?: number };
  readonly name: string;
  readonly context: SecureContext;
  readonly phase: 'tls' | 'proxyTls';
  readonly circumstances: HandshakeCircumstances;
  readonly runner: PhaseRunner;
  readonly deadlines: Deadlines;
}): Promise<SecuredSocket> {
  const { underlying, name, context, circumstances, runner } = options;
  const readBefore = underlying.bytesRead ?? 0;
  const socket = connect({
    socket: underlying,
    host: name,
    servername: isIP(name) === 0 ? name : '',
    secureContext: context,
    ALPNProtocols: ['http/1.1'],
    rejectUnauthorized: true,
  });
  // Nobody may be listening when it fails: between two owners, or idle.
  socket.on('error', () => undefined);
  let peer: PeerChain | null = null;
  let isOver = false;
  // Before Node's own listener, which destroys a socket whose peer it does not trust and its certificate with it.
  socket.prependListener('secure', () => (peer = peerChainOf(socket)));
  try {
    return await runner.run(options.phase, options.deadlines.tls, async (signal) => {
      const verdict = serverVerdict(socket);
      await until(socket, event(socket, 'secureConnect'), signal);
      isOver = true;
      const protocol = socket.getProtocol() ?? '';
      if (protocol === 'TLSv1.3') {
        await until(socket, verdict, signal);
        // A stream takes a turn to forget that somebody listened for `readable`; the next listener would be overlooked.
        await nextTurn();
      }
      if (peer === null) throw new Error('a handshake without a certificate');
      return { socket, peer, protocol };
    });
  } catch (error) {
    socket.destroy();
    if (runner.isAborted) throw error;
    const serverAnswered = (underlying.bytesRead ?? 0) - readBefore > bytesOfAnAlert;
    throw handshakeFailure(error, { ...circumstances, peer, serverAnswered, afterHandshake: isOver });
  }
}

/**
 * Bounds of the wait below, in milliseconds. The handshake's own time tells how quick the way and the server are, but not how
 * busy a server gets; a refusal that is missed leaves a signature in doubt.
 */
const [shortestWaitMs, longestWaitMs] = [500, 1000];
const waitOfHandshakes = 3;

/**
 * In TLS 1.3 a client's handshake is over before the server has looked at the client's certificate (RFC 8446 §4.4.2.4), so
 * that a refusal would arrive when a request is already on its way, and nobody could say whether it was carried out. What
 * the server sends next tells: its ticket, or an alert. Servers send tickets unless somebody has switched them off; one that
 * sends none costs the wait once for each connection.
 */
function serverVerdict(socket: TLSSocket): Arrange {
  const begun = performance.now();
  let isTicketHere = false;
  // It may come in the same packet as the end of the handshake, before anybody waits for it.
  socket.once('session', () => (isTicketHere = true));
  return (done) => {
    const wait = Math.min(longestWaitMs, Math.max(shortestWaitMs, waitOfHandshakes * (performance.now() - begun)));
    let lastLook: NodeJS.Immediate | undefined;
    // A process that was busy finds the time over and the verdict here at once: what has arrived is read first.
    const timer = setTimeout(() => (lastLook = setImmediate(done)), isTicketHere ? 0 : wait);
    // Reading is what lets the end of the stream be seen; what there is to read stays where it is.
    const onReadable = (): void => {
      if (socket.readableLength === 0) socket.read();
    };
    socket.on('session', done);
    socket.on('readable', onReadable);
    return () => {
      clearTimeout(timer);
      clearImmediate(lastLook);
      socket.off('session', done);
      socket.off('readable', onReadable);
    };
  };
}
