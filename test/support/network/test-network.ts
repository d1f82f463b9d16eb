/** An OutboundNetwork over real sockets, with nothing of this machine's own settings in it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { settingsSchema, type Settings } from '../../../src/agent/config/settings.ts';
import type { SecretStore } from '../../../src/agent/ports.ts';
import { NetworkError } from '../../../src/agent/remote/network/network-error.ts';
import { OutboundNetwork, type OutboundNetworkOptions } from '../../../src/agent/remote/network/outbound-network.ts';
import type { ExchangeReport } from '../../../src/agent/remote/network/service-host.ts';
import { systemClock } from '../../../src/agent/system-clock.ts';
import type { TlsAuthority } from './tls-authority.ts';

export function memorySecrets(): SecretStore & { readonly all: ReadonlyMap<string, Uint8Array> } {
  const all = new Map<string, Uint8Array>();
  return {
    protection: 'memory',
    all,
    get: (name) => Promise.resolve(all.get(name)),
    set: (name, secret) => {
      all.set(name, secret);
      return Promise.resolve();
    },
  };
}

export interface TestNetworkOptions extends Partial<Omit<OutboundNetworkOptions, 'settings'>> {
  readonly settings?: Partial<Settings['network']>;
  /** CAs that policy names. */
  readonly trusted?: readonly Pick<TlsAuthority, 'pem'>[];
}

export interface TestNetwork {
  readonly network: OutboundNetwork;
  readonly reports: ExchangeReport[];
  /** Milliseconds that the network wanted to wait; nothing waits here. */
  readonly pauses: number[];
  close(): void;
}

export function testNetwork({ settings = {}, trusted = [], ...options }: TestNetworkOptions = {}): TestNetwork {
  const folder = mkdtempSync(path.join(tmpdir(), 'hpki-network-'));
  const extraCa = trusted.map((authority, index) => {
    const file = path.join(folder, `ca-${index}.pem`);
    writeFileSync(file, authority.pem);
    return file;
  });
  const reports: ExchangeReport[] = [];
  const pauses: number[] = [];
  const network = new OutboundNetwork({
    settings: settingsSchema.parse({ network: { proxy: 'direct', extraCa, ...settings } }).network,
    secrets: memorySecrets(),
    system: null,
    environment: {},
    clock: systemClock,
    onExchange: (report) => reports.push(report),
    pause: (milliseconds) => {
      pauses.push(milliseconds);
      return Promise.resolve();
    },
    random: () => 0.5,
    ...options,
  });
  return {
    network,
    reports,
    pauses,
    close() {
      network.close();
      rmSync(folder, { recursive: true });
    },
  };
}

/** The NetworkError that a call ends with; anything else fails the test. */
export async function failureOf(call: Promise<unknown>): Promise<NetworkError> {
  const end = await call.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  if ('error' in end && end.error instanceof NetworkError) return end.error;
  throw new Error('no NetworkError', { cause: 'error' in end ? end.error : end.value });
}
