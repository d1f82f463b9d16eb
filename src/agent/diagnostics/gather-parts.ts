import { createPublicKey, randomBytes, verify } from 'node:crypto';
import { createServer } from 'node:net';
import { healthMessage } from '../../contract/health-signature.ts';
import { findInstalledModules, inspectModule, isPkcs11BindingBuilt, processBits } from '../../native/host/inspect-module.ts';
import { osLogin } from '../../native/peer/os-login.ts';
import { ownerOfListener } from '../../native/peer/owner-of-listener.ts';
import { readTrust } from '../config/anchors.ts';
import { readConfig, type ReadPolicy } from '../config/read-config.ts';
import { lookAtCards } from '../look-at-cards.ts';
import { fileSecretStore } from '../storage/file-secret-store.ts';
import { readPortFile, type PortFile } from '../storage/port-file.ts';
import { verifyStoredAudit } from '../stored-audit.ts';
import type { DiagnosedParts } from './check.ts';
import { lookAtServices } from './look-at-services.ts';

/**
 * Collects what the checks look at, from this machine as it is now. The agent may be running or not; what the caller
 * knows already is not looked at again.
 */
export async function gatherParts(
  dataRoot?: string,
  onWait?: () => void,
  known: Partial<Pick<DiagnosedParts, 'cards' | 'secrets'>> & { readonly readPolicy?: ReadPolicy | undefined } = {},
): Promise<DiagnosedParts> {
  const { data, policy, config } = await readConfig(dataRoot, known.readPolicy);
  const { settings } = config;
  const [cards, pkcs11Binding, trust, portFile] = await Promise.all([
    known.cards === undefined ? lookAtCards(settings, data, onWait) : known.cards,
    isPkcs11BindingBuilt(),
    readTrust(data, settings.trust),
    readPortFile(data.portFile),
  ]);
  const secrets = known.secrets ?? fileSecretStore(data.secrets);
  return {
    now: new Date(),
    config,
    policy,
    data,
    secrets,
    login: osLogin(),
    cards,
    modules: settings.cards.modules.map((module) => inspectModule(module.path)),
    pkcs11Binding: pkcs11Binding ? 'built' : 'missing',
    processBits,
    portFile,
    askHealth,
    portsFree: () => Promise.all(settings.api.ports.map(async (port) => (await isFree(port)) ? { port, free: true, holder: null } : { port, free: false, holder: (await ownerOfListener(port))?.program ?? null })),
    anchors: trust.anchors,
    unreadableTrustFiles: trust.unreadable,
    verifyAudit: () => verifyStoredAudit(data.root, secrets),
    installedModules: findInstalledModules(),
    services: () => (settings.remote.providers.length === 0 ? Promise.resolve([]) : lookAtServices(data, settings, secrets)),
  };
}

interface HealthProof {
  readonly instance?: unknown;
  readonly signature?: unknown;
}

async function askHealth(portFile: PortFile): Promise<'ours' | 'foreign' | 'silent'> {
  const nonce = randomBytes(24).toString('base64url');
  const answer = await fetch(`http://127.0.0.1:${portFile.port}/health?nonce=${nonce}`, { signal: AbortSignal.timeout(2000) })
    .then((response) => response.json() as Promise<HealthProof>)
    .catch((error: unknown): HealthProof | undefined => (isRefused(error) ? undefined : {}));
  if (answer === undefined) return 'silent';
  const key = createPublicKey({ key: Buffer.from(portFile.publicKey, 'base64'), format: 'der', type: 'spki' });
  const message = Buffer.from(healthMessage(nonce, portFile.port, String(answer.instance)), 'utf8');
  return verify(null, message, key, Buffer.from(String(answer.signature), 'base64')) ? 'ours' : 'foreign';
}

function isRefused(error: unknown): boolean {
  return error instanceof Error && (error.cause as NodeJS.ErrnoException | undefined)?.code === 'ECONNREFUSED';
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen({ host: '127.0.0.1', port, exclusive: true }, () => probe.close(() => resolve(true)));
  });
}
