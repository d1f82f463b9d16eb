import { createMemoryPinLedger } from '../../../src/native/host/pin-ledger.ts';
import { startCardHost } from '../../../src/native/host/process-card-host.ts';

/** The card host of the module that a test names on the command line, and how to hold a PIN there for one signature. */
export async function hostOfArguments() {
  const [path, certificateSha256, pin, environment] = process.argv.slice(2);
  if (path === undefined || certificateSha256 === undefined || pin === undefined || environment === undefined) throw new Error('usage');
  const host = startCardHost({
    stack: { kind: 'pkcs11', module: { path, environment: JSON.parse(environment) as Record<string, string> } },
    ledger: createMemoryPinLedger(),
  });
  await host.revive();
  const hold = (typed: string) =>
    host.holdPin({ certificateSha256, pin: Buffer.from(typed), maxSignatures: 1, lifetimeMs: 60_000, spendLastTries: false });
  return { host, pin, hold };
}
