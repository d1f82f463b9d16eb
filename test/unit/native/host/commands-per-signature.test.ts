/** Counts, not times: a signature that costs one command more is a change that somebody has to want. */
import { describe, expect, it } from 'vitest';
import { DirectCardStack } from '../../../../src/native/cards/direct-card-stack.ts';
import { inProcessCardHost } from '../../../../src/native/host/guarded-card-host.ts';
import { createMemoryPinLedger } from '../../../../src/native/host/pin-ledger.ts';
import { openSandboxClinic, sandboxReader } from '../../../../src/sandbox/sandbox-clinic.ts';
import { commandsPerSignature, fewestCommands } from '../../../bench/row-7-commands.ts';
import { countSignatures, fewestLoginCommands } from '../../../bench/row-7-login.ts';

describe('a signature under the PIN rules, after the first of its session', () => {
  it.each(['circulation', 'annex-b'] as const)('costs the fewest commands that the card allows and one VERIFY (%s)', async (layout) => {
    expect(await commandsPerSignature(layout)).toEqual({ commands: fewestCommands[layout], verifies: 1 });
  });
});

describe('a login under the PIN rules, after the first signature of its session', () => {
  it.each(['jpki', 'hpki'] as const)('costs the fewest commands that the rules allow and one VERIFY (%s)', async (kind) => {
    const clinic = await openSandboxClinic();
    const card = kind === 'jpki' ? (await clinic.myNumberCard('doctor')).card : clinic.cards.doctor;
    clinic.readers.insert(card, sandboxReader);
    const host = inProcessCardHost(new DirectCardStack(clinic.readers), createMemoryPinLedger());
    try {
      expect(await countSignatures(host, card)).toMatchObject({ perSignature: fewestLoginCommands[kind], verifies: 1 });
    } finally {
      await host.close();
    }
  });
});
