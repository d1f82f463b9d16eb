import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { holdersOf, NoFreePort } from './no-free-port.ts';

export interface LoopbackListener {
  readonly port: number;
  /** As in URLs: `127.0.0.1`, `[::1]`. */
  readonly addresses: readonly string[];
  readonly servers: readonly Server[];
}

/**
 * Binds 127.0.0.1 and ::1, literally and exclusively, on the first port of which both are ours. ::1 may be absent from
 * the machine; it may never belong to somebody else, because `localhost` would then reach them.
 * SECURITY: test/attacks/row-04-other-addresses.test.ts
 *
 * `onPort` is called before the first request can arrive.
 */
export async function listenOnLoopback(
  createServer: () => Server,
  ports: readonly number[],
  onPort: (port: number) => void,
): Promise<LoopbackListener> {
  let lastError: unknown;
  for (const wanted of ports) {
    // Port 0 leaves the choice to the system, which knows nothing of the pair: it may take some tries.
    for (let attempt = 0; attempt < (wanted === 0 ? 16 : 1); attempt += 1) {
      const pair = await bindPair(createServer, wanted, onPort);
      if ('port' in pair) return pair;
      lastError = pair.taken;
    }
  }
  throw new NoFreePort(await holdersOf(ports), lastError);
}

async function bindPair(
  createServer: () => Server,
  wanted: number,
  onPort: (port: number) => void,
): Promise<LoopbackListener | { readonly taken: unknown }> {
  const v4 = createServer();
  try {
    await bind(v4, '127.0.0.1', wanted, onPort);
  } catch (error) {
    if (isTaken(error)) return { taken: error };
    throw error;
  }
  const { port } = v4.address() as AddressInfo;
  const v6 = createServer();
  try {
    await bind(v6, '::1', port, () => undefined);
    return { port, addresses: ['127.0.0.1', '[::1]'], servers: [v4, v6] };
  } catch (error) {
    if (hasCode(error, 'EADDRNOTAVAIL', 'EAFNOSUPPORT')) return { port, addresses: ['127.0.0.1'], servers: [v4] };
    await new Promise<void>((resolve) => {
      v4.close(() => resolve());
      v4.closeAllConnections();
    });
    if (isTaken(error)) return { taken: error };
    throw error;
  }
}

function bind(server: Server, host: string, port: number, onPort: (port: number) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port, exclusive: true, ipv6Only: true, backlog: 511 }, () => {
      server.off('error', reject);
      onPort((server.address() as AddressInfo).port);
      resolve();
    });
  });
}

function isTaken(error: unknown): boolean {
  return hasCode(error, 'EADDRINUSE', 'EACCES');
}

function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && codes.includes(error.code);
}
