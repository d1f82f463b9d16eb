/** Remote signing for specs: the sandbox's service in this process, which the agent reaches by its own network over TLS. */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { providerSettings } from '../../../src/agent/config/remote-settings.ts';
import { settingsSchema } from '../../../src/agent/config/settings.ts';
import type { Clock, SecretStore } from '../../../src/agent/ports.ts';
import { importClientCertificate } from '../../../src/agent/remote/network/client-certificate.ts';
import { OutboundNetwork } from '../../../src/agent/remote/network/outbound-network.ts';
import { createProviders } from '../../../src/agent/remote/providers/create-providers.ts';
import type { RemoteProvider } from '../../../src/agent/remote/remote-provider.ts';
import type { TestCa } from '../../../src/sandbox/ca/test-ca.ts';
import { startRemoteService } from '../../../src/sandbox/remote/start-remote-service.ts';

export interface PlayedRemote {
  readonly providers: readonly RemoteProvider[];
  /** The doctor's phone: types the number that the screen shows, and approves. */
  approve(userCode: string, number: string): Promise<void>;
}

export async function playRemote(ca: TestCa, folder: string, { clock, secrets }: { readonly clock: Clock; readonly secrets: SecretStore }): Promise<PlayedRemote> {
  const service = await startRemoteService({ ca, clock });
  const root = path.join(folder, 'tls-root.pem');
  await writeFile(root, service.trust.tlsCa.serverRoot);
  const { network: settings } = settingsSchema.parse({ network: { proxy: 'direct', extraCa: [root] } });
  const network = new OutboundNetwork({ settings, secrets, system: null, environment: {}, clock });
  const { certificate, privateKey } = service.trust.facility;
  await network.useClientCertificate(importClientCertificate(Buffer.from(`${certificate}\n${privateKey}`), ''));
  const { issuer, base, clientId } = service.addresses.csc;
  const provider = providerSettings.parse({ kind: 'csc', name: 'sandbox', issuer, serviceUrl: base, clientId, methods: ['smartphone'] });
  return {
    providers: await createProviders([provider], { network, clock }),
    async approve(userCode, number) {
      const signIn = service.signIns.find(userCode);
      await signIn?.tryNumber('a phone', number);
      await signIn?.approve('a phone', service.people.person('doctor'));
    },
  };
}
