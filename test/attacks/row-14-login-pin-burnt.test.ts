/**
 * Row 14 for logins: the PIN of a My Number card has three tries, and its holder must go to the town hall when they are
 * spent. A program that presents a refused PIN again (by itself, for a service's retry, after a crash) would lock it with one
 * slip of the hand. Here the rules of signing hold for logins as well. What is counted are the VERIFYs that the card itself saw.
 */
import fc from 'fast-check';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { CardFault } from '../../src/sandbox/cards/card-faults.ts';
import type { CardIdentity } from '../../src/sandbox/cards/card-options.ts';
import { VirtualJpkiCard, type VirtualJpkiCardOptions } from '../../src/sandbox/cards/virtual-jpki-card.ts';
import { makeCardIdentity, makeLoginIdentity } from '../support/card-identity.ts';
import { LoginDesk } from '../support/login-desk.ts';

let holder: CardIdentity;
let documents: CardIdentity;
beforeAll(async () => {
  [holder, documents] = await Promise.all([makeLoginIdentity('Holder', 'jpki'), makeCardIdentity('Holder')]);
});

let desk: LoginDesk;
let card: VirtualJpkiCard;
function start(options: Partial<VirtualJpkiCardOptions> = {}): void {
  desk = new LoginDesk();
  card = new VirtualJpkiCard({ authentication: holder, signing: documents, ...options });
  desk.insert(card);
}
afterEach(() => desk.close());

const answers = (sw: number): CardFault['what'] => ({ kind: 'answer', bytes: Uint8Array.of(sw >> 8, sw & 0xff) });
/** None of them tells more tries than there are: a counter that lies so would be no counter. */
const fault: fc.Arbitrary<CardFault> = fc.record({
  at: fc.oneof(fc.constant({ ins: 0x20 }), fc.constant('signature' as const), fc.nat(16).map((command) => ({ command }))),
  when: fc.constantFrom('before' as const, 'during' as const, 'after' as const),
  what: fc.constantFrom<CardFault['what']>({ kind: 'remove' }, { kind: 'mute' }, { kind: 'reset' }, answers(0x6300), answers(0x63c1), answers(0x9000), answers(0x6982), answers(0x6f00), { kind: 'answer', bytes: new Uint8Array() }),
});

/** What a person, a service and bad luck may do to a card, one login. */
interface Step {
  readonly pin: string;
  readonly signatures: number;
  readonly fault: CardFault | undefined;
  readonly diesAtCommand: number | undefined;
  readonly then: 'nothing' | 'reinsert';
}

const step: fc.Arbitrary<Step> = fc.record({
  pin: fc.constantFrom('1234', '0000', '9999', '12', '12345', 'abcd'),
  signatures: fc.integer({ min: 1, max: 3 }),
  fault: fc.option(fault, { nil: undefined, freq: 2 }),
  diesAtCommand: fc.option(fc.nat(16), { nil: undefined, freq: 3 }),
  then: fc.constantFrom('nothing', 'nothing', 'reinsert'),
});

async function play({ pin, signatures, fault: strikes, diesAtCommand, then }: Step): Promise<{ readonly unproven: number }> {
  if (card.pulled || card.muted) desk.insert(card);
  const shown = await desk.shown();
  const before = card.statistics;
  card.setFaults(...(strikes === undefined ? [] : [strikes]));
  if (diesAtCommand !== undefined) desk.cards.dieAtCommand(diesAtCommand);
  await desk.logIn(shown, pin, { signatures });
  card.setFaults();
  const presented = card.statistics.pinsPresented - before.pinsPresented;
  if (then === 'reinsert') desk.insert(card);
  // A right PIN is presented again for each signature, which spends nothing; the card counts what it accepted.
  return { unproven: pin === '1234' ? Math.min(presented, 1) : presented };
}

describe('random sequences of typed PINs, card faults, killed hosts and stubborn services', () => {
  it.each([
    ['of a card that tells its counter', {}],
    ['of a card that does not', { counter: 0x6300 }],
  ] as const)('never spend the last two of three tries without the word of a person, nor one try twice for one typed PIN, %s', async (_what, options) => {
    let isFirst = true;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 8 }), async (steps) => {
        if (!isFirst) await desk.close();
        isFirst = false;
        start(options);
        for (const current of steps) {
          expect((await play(current)).unproven).toBeLessThanOrEqual(1);
          expect(card.triesLeft('authentication')).toBeGreaterThanOrEqual(2);
          expect(card.triesLeft('signing')).toBe(5);
        }
      }),
      { numRuns: 40 },
    );
  }, 120_000);
});

describe('the word of a person', () => {
  it('costs one try each time, down to the lock, and nothing goes out without it', async () => {
    start();
    const shown = await desk.shown();
    const outcomes: (string | null)[] = [];
    for (const spendLastTries of [false, false, true, false, true, true]) {
      outcomes.push((await desk.logIn(shown, '0000', { signatures: 3, spendLastTries })).code);
    }
    expect(outcomes).toEqual(['PIN_INCORRECT', 'PIN_CONSENT_NEEDED', 'PIN_INCORRECT', 'PIN_CONSENT_NEEDED', 'PIN_LOCKED', 'PIN_LOCKED']);
    expect(card.statistics.pinsPresented).toBe(3);
  });

  it('is asked for after one PIN that died on its way, where the card does not tell its counter', async () => {
    start({ counter: 0x6300 });
    const shown = await desk.shown();
    // SELECT AP, SELECT and READ of the certificate, SELECT PIN, counter; the same again, and then VERIFY: its answer is lost.
    desk.cards.dieAtCommand(10);
    expect((await desk.logIn(shown, '1234')).code).toBe('CARD_MODULE_FAILED');
    expect(card.statistics.pinsPresented).toBe(1);
    expect((await desk.logIn(await desk.shown(), '1234')).code).toBe('PIN_CONSENT_NEEDED');
    expect(card.statistics.pinsPresented).toBe(1);
    expect(await desk.logIn(await desk.shown(), '1234', { spendLastTries: true })).toEqual({ signed: 3, code: null });
  });
});
