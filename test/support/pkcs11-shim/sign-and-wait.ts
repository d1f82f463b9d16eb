/** An agent's part that signs through a module and prints the process id of its card host. The test kills it meanwhile. */
import { startCardHost } from '../../../src/native/host/process-card-host.ts';
import { createMemoryPinLedger } from '../../../src/native/host/pin-ledger.ts';
import { cardHostProcesses } from '../card-host-processes.ts';

const [path, certificateSha256, pin, environment] = process.argv.slice(2);
if (path === undefined || certificateSha256 === undefined || pin === undefined || environment === undefined) throw new Error('usage');
const host = startCardHost({
  stack: { kind: 'pkcs11', module: { path, environment: JSON.parse(environment) as Record<string, string> } },
  ledger: createMemoryPinLedger(),
});
await host.revive();
const session = await host.holdPin({ certificateSha256, pin: Buffer.from(pin), maxSignatures: 1, lifetimeMs: 60_000, spendLastTries: false });
process.stdout.write(`${cardHostProcesses().join(' ')}\n`);
await host.sign(session, new Uint8Array(32));
await host.close();
