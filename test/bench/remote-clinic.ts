import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { settingsSchema, type Settings } from '../../src/agent/config/settings.ts';
import type { PhoneCode } from '../../src/agent/remote/remote-provider.ts';
import type { RemoteServiceAddresses } from '../../src/sandbox/remote/remote-service.ts';
import { openTemporaryFolder } from '../../src/sandbox/temporary-folder.ts';
import { Squid } from '../support/network/squid.ts';

/** The sandbox's signing service in a process of its own, behind a real squid that wants a password. */
export interface BenchClinic {
  readonly addresses: RemoteServiceAddresses;
  /** As `sandbox remote` writes it, with squid as the way out and the bounds wide. */
  readonly settings: Settings;
  /** Text of a terminal's file. */
  readonly file: (name: string) => string;
  /** Resolves with the moment at which the service knew, in milliseconds since 1970. */
  readonly approve: (code: PhoneCode) => Promise<number>;
  close(): Promise<void>;
}

export async function openBenchClinic(): Promise<BenchClinic> {
  const folder = openTemporaryFolder('hpki-bench-remote');
  const squid = await Squid.start({ authentication: 'basic', user: 'agent', password: 'secret' });
  const child = spawn(process.execPath, [path.join(import.meta.dirname, 'remote-service-process.ts'), folder], { stdio: ['pipe', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  const lines = createInterface(child.stdout);
  const nextLine = async (): Promise<string> => {
    const [line] = (await Promise.race([once(lines, 'line'), exited.then(() => Promise.reject(new Error('the service has ended')))])) as [string];
    return line;
  };
  await nextLine();
  const file = (name: string): string => readFileSync(path.join(folder, name), 'utf8');
  const passwordFile = path.join(folder, 'proxy-password');
  writeFileSync(passwordFile, 'secret\n', { mode: 0o600 });
  const written = JSON.parse(file('policy.json')) as { network: object };
  const proxy = { url: squid.url, user: 'agent', passwordFile };
  return {
    addresses: JSON.parse(file('addresses.json')) as RemoteServiceAddresses,
    settings: settingsSchema.parse({ ...written, network: { ...written.network, proxy }, bounds: { documentsPerSession: 250, requestsPerHour: 600 }, api: { requestsPerMinute: 6000 } }),
    file,
    async approve({ userCode, number }) {
      const answered = nextLine();
      child.stdin.write(`approve ${userCode} ${number ?? ''}\n`);
      return Number(await answered);
    },
    async close() {
      child.stdin.end();
      await exited;
      await squid.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
