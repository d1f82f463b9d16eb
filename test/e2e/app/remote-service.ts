/** The sandbox's remote signing service beside the agent, under the authorities of its clinic. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Clock } from '../../../src/agent/ports.ts';
import type { RemoteService } from '../../../src/sandbox/remote/remote-service.ts';
import { startRemoteService } from '../../../src/sandbox/remote/start-remote-service.ts';
import { writeTerminalFiles } from '../../../src/sandbox/remote/write-terminal-files.ts';
import type { SandboxClinic } from '../../../src/sandbox/sandbox-clinic.ts';
import type { PlayedRemote } from './played.ts';

export interface PlayedService {
  readonly service: RemoteService;
  /** What machine policy says of it. */
  readonly policy: { readonly network: unknown; readonly remote: { readonly providers: readonly object[] } };
}

interface WrittenPolicy {
  readonly network: unknown;
  readonly remote: { readonly providers: readonly { readonly kind: string }[] };
}

export async function startPlayedService({ provider, methods, redirectUrl }: PlayedRemote, clinic: SandboxClinic, folder: string, clock: Clock): Promise<PlayedService> {
  const service = await startRemoteService({ ca: clinic.ca, clock, kagura: redirectUrl === undefined ? {} : { redirectUris: [redirectUrl] } });
  await writeTerminalFiles(service, folder);
  const { network, remote } = JSON.parse(await readFile(path.join(folder, 'policy.json'), 'utf8')) as WrittenPolicy;
  const ids = { smartphone: 'FIDO', 'hpki-card': 'HPKI', 'mynumber-card': 'JPKI' } as const;
  const own = provider === 'csc' ? { methods } : { clientIds: Object.fromEntries(methods.map((method) => [method, ids[method]])) };
  const named = remote.providers.find(({ kind }) => kind === provider);
  return { service, policy: { network, remote: { providers: [{ ...named, ...own }] } } };
}
