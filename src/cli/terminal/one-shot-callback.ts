import { createServer, type IncomingMessage } from 'node:http';
import type { LoginPage } from '../../agent/remote/remote-provider.ts';

/**
 * Receives the address on which a login in a browser of this machine ends (RFC 8252 §7.3): on the loopback literal, for as
 * long as the login lasts, and once. Anything but a GET of exactly that host and path with this login's state is 404 and
 * changes nothing. `thanks` is shown in the browser. Rejects with the signal's reason, or where the port cannot be had.
 * SECURITY: test/unit/cli/terminal/one-shot-callback.test.ts
 */
export function receiveCallback({ url, redirectUrl }: LoginPage, thanks: string, signal: AbortSignal): Promise<URL> {
  const state = url.searchParams.get('state');
  const isIt = ({ method, headers, url: target }: IncomingMessage): URL | null => {
    if (method !== 'GET' || headers.host !== redirectUrl.host || target?.startsWith('/') !== true) return null;
    const address = URL.parse(target, redirectUrl.href);
    const fits = address?.host === redirectUrl.host && address.pathname === redirectUrl.pathname && state !== null && address.searchParams.get('state') === state;
    return fits ? address : null;
  };
  return new Promise((resolve, reject) => {
    const server = createServer((request, response) => {
      const address = isIt(request);
      response.writeHead(address === null ? 404 : 200, { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store', 'referrer-policy': 'no-referrer', connection: 'close' });
      // Over with its connection, which this answer closes: where the browser drops it first, `finish` need not come.
      if (address !== null) request.socket.once('close', () => end(() => resolve(address)));
      response.end(address === null ? '' : thanks);
    });
    const end = (settle: () => void): void => {
      signal.removeEventListener('abort', stop);
      server.close();
      server.closeAllConnections();
      settle();
    };
    const stop = (): void => end(() => reject(signal.reason as Error));
    if (signal.aborted) {
      stop();
      return;
    }
    signal.addEventListener('abort', stop, { once: true });
    server.on('error', (error) => end(() => reject(error)));
    server.listen({ host: '127.0.0.1', port: Number(redirectUrl.port || 80), exclusive: true });
  });
}
