/** A parent that signs once through a noisy module. Whatever appears on its own output came out of the card host. */
import { startCardHost } from '../../../src/native/host/process-card-host.ts';
import { createMemoryPinLedger } from '../../../src/native/host/pin-ledger.ts';

const [path, certificateSha256, pin, environment] = process.argv.slice(2);
if (path === undefined || certificateSha256 === undefined || pin === undefined || environment === undefined) throw new Error('usage');
const host = startCardHost({
  stack: { kind: 'pkcs11', module: { path, environment: JSON.parse(environment) as Record<string, string> } },
  ledger: createMemoryPinLedger(),
});
await host.revive();
const hold = (typed: string) =>
  host.holdPin({ certificateSha256, pin: Buffer.from(typed), maxSignatures: 1, lifetimeMs: 60_000, spendLastTries: false });
const signature = await host.sign(await hold(pin), new Uint8Array(32));
const refusal = await host.sign(await hold(`${pin}0`), new Uint8Array(32)).catch((error: unknown) => error);
process.stdout.write(`${signature.length} ${refusal instanceof Error ? `${refusal.message} ${refusal.stack ?? ''}` : 'accepted'}\n`);
await host.close();
