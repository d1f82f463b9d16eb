import { createHash } from 'node:crypto';
import type { CardHost } from '../../src/native/host/card-host.ts';
import { createMemoryPinLedger } from '../../src/native/host/pin-ledger.ts';
import { startCardHost } from '../../src/native/host/process-card-host.ts';
import type { CardStackSpec } from '../../src/native/host/card-stack-spec.ts';
import { sandboxPin } from '../../src/sandbox/cards/card-options.ts';
import type { VirtualCard } from '../../src/sandbox/cards/virtual-card.ts';
import { connectToVpcd } from '../../src/sandbox/cards/vpcd-connection.ts';
import { openSandboxClinic } from '../../src/sandbox/sandbox-clinic.ts';
import { authenticationCard } from '../support/card-states.ts';
import { startPcscd, type PrivatePcscd } from '../support/pcscd.ts';
import { programPath } from '../support/machine.ts';
import type { BenchLine, BenchRow } from './row.ts';

/**
 * The fewest commands for a login's signature in a transaction of its own, after the first, under the rules that hold for
 * every signature here: the card is identified by its certificate, the PIN verified, and the key closed again.
 * My Number card: SELECT application, SELECT and READ BINARY of the certificate, SELECT PIN, VERIFY, SELECT key, signature,
 * SELECT application. HPKI card: SELECT application, SELECT and READ BINARY of the certificate, SELECT key, MSE, VERIFY,
 * PSO, SELECT of the other application.
 */
export const fewestLoginCommands = { jpki: 8, hpki: 8 } as const;

export const row: BenchRow = {
  number: 7,
  title: 'commands to the card for each login by its authentication key',
  needs: ['pcscd', 'vpcd', 'gcc', 'libpcsclite', 'opensc'],
  run,
};

async function run(): Promise<readonly BenchLine[]> {
  const clinic = await openSandboxClinic();
  const { card: myNumber } = await clinic.myNumberCard('doctor');
  const pcscd = await startPcscd();
  try {
    const direct = await countLogin(pcscd, myNumber, { kind: 'pcsc' });
    const openSc = await countLogin(pcscd, myNumber, { kind: 'pkcs11', module: { path: programPath('opensc'), purpose: 'authentication' } });
    const hpki = await countLogin(pcscd, clinic.cards.doctor, { kind: 'pcsc' });
    return [
      {
        ...againstTheLeast('7 (JPKI)', 'My Number card driven directly', direct, fewestLoginCommands.jpki),
        against: [least(fewestLoginCommands.jpki), { name: 'OpenSC 0.23', measured: commands(openSc.perSignature) }],
        remark: 'counted by the same virtual card in a vpcd reader, over ten signatures of one PIN session. OpenSC neither selects the application nor reads the certificate again, so that it could sign on a card that was exchanged, and it leaves the key open.',
      },
      {
        row: '7 (JPKI, whole)',
        what: 'My Number card: from its insertion to the first signature',
        ours: commands(direct.first),
        against: [{ name: 'OpenSC 0.23', measured: commands(openSc.first) }],
        value: direct.first / openSc.first,
        target: { relation: '<=', bound: 1, unit: '×' },
        remark: 'a login makes one signature, so this is what a person waits for. Ours has read the PIN counter as well.',
      },
      againstTheLeast('7 (HPKI login)', 'HPKI card, authentication key driven directly', hpki, fewestLoginCommands.hpki),
    ];
  } finally {
    await pcscd.stop();
  }
}

function againstTheLeast(row: string, what: string, { perSignature, verifies }: LoginCount, bound: number): BenchLine {
  return {
    row,
    what: `${what}, extended length; VERIFY ${verifies} a signature`,
    ours: commands(perSignature),
    against: [least(bound)],
    value: perSignature,
    target: { relation: '<=', bound, unit: 'commands' },
  };
}

const commands = (count: number) => ({ count, unit: 'commands' });
const least = (bound: number) => ({ name: "the least by the card's rules", measured: commands(bound) });

export interface LoginCount {
  /** Insertion, PIN counter and the first signature. */
  readonly first: number;
  /** Each signature after it. */
  readonly perSignature: number;
  readonly verifies: number;
}

async function countLogin(pcscd: PrivatePcscd, card: VirtualCard, stack: CardStackSpec): Promise<LoginCount> {
  card.resetStatistics();
  const inserted = await connectToVpcd(card, { port: pcscd.vpcdPorts[0] ?? 0 });
  const host = startCardHost({ stack, ledger: createMemoryPinLedger() });
  try {
    return await countSignatures(host, card);
  } finally {
    await host.close();
    await inserted.remove();
  }
}

/** Counted by the virtual card over ten signatures after the first of one PIN session. */
export async function countSignatures(host: CardHost, card: VirtualCard): Promise<LoginCount> {
  const { certificateSha256 } = await authenticationCard(host, undefined, 60_000);
  const session = await host.holdPin({ certificateSha256, purpose: 'authentication', pin: Buffer.from(sandboxPin), maxSignatures: 12, lifetimeMs: 60_000, spendLastTries: false });
  await host.sign(session, hashOf(0));
  const first = card.statistics.commands;
  card.resetStatistics();
  const signatures = 10;
  for (let index = 1; index <= signatures; index += 1) await host.sign(session, hashOf(index));
  const { commands: sent, pinsPresented } = card.statistics;
  return { first, perSignature: sent / signatures, verifies: pinsPresented / signatures };
}

function hashOf(index: number): Uint8Array {
  return createHash('sha256').update(String(index)).digest();
}
