import { createHash } from 'node:crypto';
import { DirectCardStack } from '../../src/native/cards/direct-card-stack.ts';
import type { CardHost } from '../../src/native/host/card-host.ts';
import { inProcessCardHost } from '../../src/native/host/guarded-card-host.ts';
import { createMemoryPinLedger } from '../../src/native/host/pin-ledger.ts';
import { sandboxPin, type VirtualHpkiCardOptions } from '../../src/sandbox/cards/card-options.ts';
import { openSandboxClinic } from '../../src/sandbox/sandbox-clinic.ts';
import type { BenchLine, BenchRow } from './row.ts';

/**
 * The fewest commands that a card's rules allow for a signature in a transaction of its own, after the first.
 * In circulation: SELECT application, SELECT certificate EF, READ BINARY, SELECT key EF, MSE, VERIFY, PSO.
 * Annex B reads the certificate by its short identifier and has no key EF to select.
 */
export const fewestCommands = { 'circulation': 7, 'annex-b': 5 } as const satisfies Record<NonNullable<VirtualHpkiCardOptions['layout']>, number>;

export const row: BenchRow = {
  number: 7,
  title: 'commands to the card for each signature after the first',
  needs: [],
  run,
};

async function run(): Promise<readonly BenchLine[]> {
  const lines: BenchLine[] = [];
  for (const layout of ['circulation', 'annex-b'] as const) {
    const { commands, verifies } = await commandsPerSignature(layout);
    const least = fewestCommands[layout];
    lines.push({
      row: `7 (${layout})`,
      what: `HPKI card driven directly, extended length; VERIFY ${verifies} a signature`,
      ours: { count: commands, unit: 'commands' },
      against: [{ name: "the least by the card's rules", measured: { count: least, unit: 'commands' } }],
      value: commands,
      target: { relation: '<=', bound: least, unit: 'commands' },
      remark: 'counted by the card itself over ten signatures of one PIN session. The certificate is read again in the transaction of each signature, and the PIN verified for each: both are rules, not habits.',
    });
  }
  return lines;
}

/** Counted by the virtual card over ten signatures after the first of one PIN session. */
export async function commandsPerSignature(layout: keyof typeof fewestCommands): Promise<{ readonly commands: number; readonly verifies: number }> {
  const clinic = await openSandboxClinic({ layout });
  clinic.insert('doctor');
  const host = inProcessCardHost(new DirectCardStack(clinic.readers), createMemoryPinLedger());
  try {
    const certificateSha256 = await readyCard(host);
    const session = await host.holdPin({ certificateSha256, pin: Buffer.from(sandboxPin), maxSignatures: 11, lifetimeMs: 60_000, spendLastTries: false });
    await host.sign(session, hashOf(0));
    const card = clinic.cards.doctor;
    card.resetStatistics();
    const signatures = 10;
    for (let index = 1; index <= signatures; index += 1) await host.sign(session, hashOf(index));
    const { commands, pinsPresented } = card.statistics;
    return { commands: commands / signatures, verifies: pinsPresented / signatures };
  } finally {
    await host.close();
  }
}

function readyCard(host: CardHost): Promise<string> {
  return new Promise((resolve) => {
    const look = (): void => {
      const state = host.state();
      const ready = state.service === 'running' ? state.readers.find((reader) => reader.state === 'ready') : undefined;
      // What is still read of the card would be counted with the signatures.
      if (ready?.state === 'ready' && ready.authentication !== 'reading') resolve(ready.card.certificateSha256);
    };
    host.subscribe(look);
    look();
  });
}

function hashOf(index: number): Uint8Array {
  return createHash('sha256').update(String(index)).digest();
}
