import { lookup } from 'node:dns/promises';
import { connect, isIP, type LookupFunction, type Socket } from 'node:net';
import { unreachable, type Hop } from './network-failures.ts';
import type { Deadlines, PhaseRunner } from './phases.ts';
import { event, until } from './socket-events.ts';

/**
 * A dead peer (a firewall that forgot the connection, a cable that was pulled) is found out by probes from this moment of
 * silence on, in milliseconds, and not by the next signature.
 */
const probeAfterMs = 15_000;

export interface Endpoint extends Hop {
  /** A name, or an address; IPv6 without brackets. */
  readonly name: string;
  readonly port: number;
}

/** Looks the name up and connects to the first of its addresses that answers (RFC 8305). Throws PROVIDER_UNREACHABLE. */
export async function reachHost(endpoint: Endpoint, runner: PhaseRunner, deadlines: Deadlines): Promise<Socket> {
  const { name, port } = endpoint;
  const addresses = await explained('dns', endpoint, () => runner.run('dns', deadlines.dns, (signal) => addressesOf(name, signal)));
  const known: LookupFunction = (_name, options, done) => {
    if (options.all === true) done(null, addresses);
    else done(null, addresses[0]?.address ?? '', addresses[0]?.family ?? 4);
  };
  return explained('tcp', endpoint, () =>
    runner.run('tcp', deadlines.tcp, async (signal) => {
      const socket = connect({ host: name, port, lookup: known, autoSelectFamily: true, noDelay: true, keepAlive: true, keepAliveInitialDelay: probeAfterMs });
      // Nobody may be listening when it fails later on, between two owners.
      socket.on('error', () => undefined);
      await until(socket, event(socket, 'connect'), signal);
      return socket;
    }),
  );

  async function explained<T>(phase: 'dns' | 'tcp', hop: Hop, run: () => Promise<T>): Promise<T> {
    try {
      return await run();
    } catch (cause) {
      if (runner.isAborted) throw cause;
      throw unreachable(hop, phase, cause);
    }
  }
}

async function addressesOf(name: string, signal: AbortSignal): Promise<{ readonly address: string; readonly family: number }[]> {
  const family = isIP(name);
  if (family !== 0) return [{ address: name, family }];
  // A look-up cannot be called back; its answer is left behind.
  return Promise.race([lookup(name, { all: true }), whenAborted(signal)]);
}

function whenAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    if (signal.aborted) reject(signal.reason as Error);
  });
}
