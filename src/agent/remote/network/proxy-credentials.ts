import { readFile } from 'node:fs/promises';
import type { Settings } from '../../config/settings.ts';
import type { SecretStore } from '../../ports.ts';
import type { Credentials } from './digest-access.ts';
import type { ProxyRoute } from './proxy-route.ts';

/** Name in the SecretStore. */
const stored = 'proxy-credentials';

/** `host:port`, by which stored credentials belong to one proxy. */
export const proxyName = ({ host, port }: Pick<ProxyRoute, 'host' | 'port'>): string => `${host}:${port}`;

/**
 * The credentials for a proxy: those that its address in the environment carries, those of the policy's password file, or
 * those that a person has set.
 * SECURITY: what was set for one proxy is sent to no other one, whoever names it (WPAD may be anybody).
 * test/unit/agent/remote/network/proxy-credentials.test.ts
 */
export async function credentialsFor(proxy: ProxyRoute, setting: Settings['network']['proxy'], secrets: SecretStore): Promise<Credentials | null> {
  if (proxy.credentials !== null) return proxy.credentials;
  if (typeof setting === 'object' && setting.user !== undefined && setting.passwordFile !== undefined) {
    return { user: setting.user, password: firstLine(await readFile(setting.passwordFile, 'utf8')) };
  }
  const secret = await secrets.get(stored);
  if (secret === undefined) return null;
  const kept = JSON.parse(Buffer.from(secret).toString('utf8')) as { readonly proxy: string } & Credentials;
  return kept.proxy === proxyName(proxy) ? { user: kept.user, password: kept.password } : null;
}

export async function keepCredentials(proxy: string, { user, password }: Credentials, secrets: SecretStore): Promise<void> {
  await secrets.set(stored, new Uint8Array(Buffer.from(JSON.stringify({ proxy, user, password }), 'utf8')));
}

const firstLine = (text: string): string => text.split(/\r?\n/, 1)[0] ?? '';
