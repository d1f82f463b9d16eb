import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CardError, type CardErrorCode } from '../../../../src/native/host/card-host.ts';
import { GuardedCardHost } from '../../../../src/native/host/guarded-card-host.ts';
import { createMemoryPinLedger } from '../../../../src/native/host/pin-ledger.ts';
import { cardA, emptyReader, FakeCard, FakeCardStack, inserted, signingCard, type Fault } from './fake-card-stack.ts';

/**
 * Threats row 14 (a PIN burnt by retries): whatever is typed wrong, fails, dies and is tried again, a card
 * is never brought to its last tries without a person's word, and no typed PIN costs more than one.
 */
const rightPin = '1234';
const hash = new Uint8Array(32);

type Step =
  | { readonly do: 'type'; readonly pin: string; readonly signatures: number; readonly fault: Fault | undefined }
  | { readonly do: 'reinsert' }
  /** The counter of a module's card is read by PC/SC, which comes and goes. */
  | { readonly do: 'counter'; readonly told: boolean }
  | { readonly do: 'host dies' };

const code = fc.constantFrom<CardErrorCode>('CARD_REMOVED', 'CARD_MODULE_FAILED', 'NO_CARD_SERVICE', 'CARD_IN_USE', 'NO_READER');
const fault: fc.Arbitrary<Fault | undefined> = fc.option(
  fc.oneof(
    fc.record({ at: fc.constant('before' as const), code }),
    fc.record({ at: fc.constant('after' as const), code }),
    fc.constant({ at: 'killed' as const }),
  ),
  { nil: undefined },
);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('type' as const),
      pin: fc.constantFrom(rightPin, '0000', '9999', '12', ''),
      signatures: fc.integer({ min: 1, max: 4 }),
      fault,
    }),
  },
  { weight: 1, arbitrary: fc.constant({ do: 'reinsert' as const }) },
  { weight: 1, arbitrary: fc.constant({ do: 'host dies' as const }) },
);

const stepWithCounter: fc.Arbitrary<Step> = fc.oneof({ weight: 3, arbitrary: step }, { weight: 1, arbitrary: fc.record({ do: fc.constant('counter' as const), told: fc.boolean() }) });

async function play(card: FakeCard, steps: readonly Step[], afterEntry: (presentedUnproven: number) => void): Promise<void> {
  const ledger = createMemoryPinLedger();
  let stack = new FakeCardStack(card);
  let host = new GuardedCardHost({ stack, ledger });
  const newHost = () => {
    stack = new FakeCardStack(card);
    host = new GuardedCardHost({ stack, ledger });
  };
  for (const current of steps) {
    if (current.do === 'reinsert') {
      stack.show(emptyReader);
      stack.show(inserted(signingCard()));
      continue;
    }
    if (current.do === 'counter') {
      card.tells = current.told;
      continue;
    }
    if (current.do === 'host dies') {
      newHost();
      continue;
    }
    if (current.fault !== undefined) stack.faults.push(current.fault);
    const before = card.presented.length;
    const session = await host.holdPin({
      certificateSha256: cardA,
      pin: Buffer.from(current.pin),
      maxSignatures: current.signatures,
      lifetimeMs: 60_000,
      spendLastTries: false,
    });
    let proven = 0;
    // A stubborn caller: it asks for each signature and asks again whatever the answer was.
    for (let call = 0; call < current.signatures + 2; call++) {
      const outcome = await Promise.race([host.sign(session, hash).catch((error: unknown) => error), afterNextTurns()]);
      if (outcome === 'killed') {
        newHost();
        break;
      }
      if (outcome instanceof Uint8Array) proven += 1;
      else expect(outcome).toBeInstanceOf(CardError);
    }
    afterEntry(card.presented.length - before - proven);
  }
}

async function afterNextTurns(): Promise<'killed'> {
  for (let i = 0; i < 5; i++) await new Promise(setImmediate);
  return 'killed';
}

describe('random sequences of wrong PINs, faults, retries, removals and host deaths', () => {
  it('never spend the last two tries of a card that tells its counter, without consent', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 3, max: 15 }), fc.array(step, { maxLength: 25 }), async (maxTries, steps) => {
        const card = new FakeCard(rightPin, maxTries);
        await play(card, steps, () => expect(card.tries).toBeGreaterThanOrEqual(2));
      }),
      { numRuns: 150 },
    );
  });

  it('never spend a third try in a row of a card that does not tell', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        const card = new FakeCard(rightPin, 15);
        card.tells = false;
        await play(card, steps, () => expect(card.tries).toBeGreaterThanOrEqual(13));
      }),
      { numRuns: 150 },
    );
  });

  it('never spend the last try of a card whose counter is told only now and then', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 3, max: 15 }), fc.array(stepWithCounter, { maxLength: 25 }), async (maxTries, steps) => {
        const card = new FakeCard(rightPin, maxTries);
        await play(card, steps, () => expect(card.tries).toBeGreaterThanOrEqual(1));
      }),
      { numRuns: 150 },
    );
  });

  it('present each typed PIN at most once without the card having accepted it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.boolean(), fc.array(step, { maxLength: 25 }), async (tells, steps) => {
        const card = new FakeCard(rightPin, 15);
        card.tells = tells;
        await play(card, steps, (unproven) => expect(unproven).toBeLessThanOrEqual(1));
      }),
      { numRuns: 150 },
    );
  });
});
