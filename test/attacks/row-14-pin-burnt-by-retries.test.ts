/**
 * Row 14: a PIN burnt by retries. A program that presents a refused PIN again (by itself, for the EHR's retry, for a
 * batch, after a crash of the module) locks the card within seconds; the re-issue costs money and weeks. Here a typed PIN
 * goes to the card once until the card has accepted it, the counter is read first, a PIN that died on its way counts as
 * spent, and the last tries need a person's word. What is counted below are the VERIFYs that the virtual card itself saw.
 */
import fc from 'fast-check';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Settings } from '../../src/agent/config/settings.ts';
import { createFilePinLedger } from '../../src/native/host/pin-ledger-file.ts';
import type { CardFault } from '../../src/sandbox/cards/card-faults.ts';
import type { VirtualHpkiCardOptions } from '../../src/sandbox/cards/card-options.ts';
import type { VirtualHpkiCard } from '../../src/sandbox/cards/virtual-hpki-card.ts';
import { MortalCardHost } from '../support/mortal-card-host.ts';
import { until } from '../support/running-api.ts';
import { codeOf, firstReader, otherEhrToken, prescription, RunningAgent } from '../support/running-agent.ts';
import { TestClinic } from '../support/test-clinic.ts';

let clinic: TestClinic;
let running: RunningAgent;
let card: VirtualHpkiCard;
let host: MortalCardHost;
beforeAll(async () => {
  clinic = await TestClinic.open();
});
afterEach(() => running.close());

/** Each run of a property has an agent of its own; the last one is closed by afterEach. */
async function startAnew(options: VirtualHpkiCardOptions, settings: Partial<Settings> = {}, isFirst = false): Promise<void> {
  if (!isFirst) await running.close();
  await start(options, settings);
}

async function start(options: VirtualHpkiCardOptions = {}, settings: Partial<Settings> = {}): Promise<void> {
  card = clinic.card('doctor', options);
  running = await RunningAgent.start({
    clinic,
    inserted: card,
    settings: { deadlines: { consentSeconds: 20, cardSeconds: 0.2, cardCallSeconds: 20, loginAndSignSeconds: 60 }, ...settings },
    cards: (data, readers) => (host = new MortalCardHost(readers, createFilePinLedger(data.pinLedger))),
  });
  await until(() => running.cardsReady() > 0, 'the card is read');
}

function putBack(): void {
  if (card.pulled) card.powerOn();
  running.readers.remove(firstReader);
  running.readers.insert(card, firstReader);
}

const verify = 0x20;
const answers = (sw: number): CardFault['what'] => ({ kind: 'answer', bytes: Uint8Array.of(sw >> 8, sw & 0xff) });

/** What an EHR and a doctor may do to each other, one request. */
interface Step {
  readonly typed: readonly string[];
  readonly documents: number;
  readonly fault: CardFault | undefined;
  readonly diesAtCommand: number | undefined;
  readonly retries: readonly ('same key' | 'new key' | 'other EHR')[];
  readonly then: 'nothing' | 'reinsert' | 'restart the agent';
}

const fault: fc.Arbitrary<CardFault> = fc.record({
  at: fc.oneof(fc.constant({ ins: verify }), fc.constant('signature' as const), fc.nat(25).map((command) => ({ command }))),
  when: fc.constantFrom('before' as const, 'during' as const, 'after' as const),
  what: fc.constantFrom<CardFault['what']>({ kind: 'remove' }, { kind: 'mute' }, { kind: 'reset' }, answers(0x6300), answers(0x63c5), answers(0x6982), answers(0x6f00), { kind: 'answer', bytes: new Uint8Array() }),
});
const step: fc.Arbitrary<Step> = fc.record({
  typed: fc.array(fc.constantFrom('1234', '0000', '9999', '12', 'ＰＩＮ'), { maxLength: 4 }),
  documents: fc.integer({ min: 1, max: 3 }),
  fault: fc.option(fault, { nil: undefined, freq: 2 }),
  diesAtCommand: fc.option(fc.nat(40), { nil: undefined, freq: 3 }),
  retries: fc.array(fc.constantFrom('same key', 'new key', 'other EHR'), { maxLength: 3 }),
  then: fc.constantFrom('nothing', 'nothing', 'reinsert', 'restart the agent'),
});

/** Every PIN that was typed in one step, with the VERIFYs that the card may have seen for it. */
async function play({ typed, documents, fault, diesAtCommand, retries, then }: Step, number: number, afterwards: (most: number, presented: number) => void): Promise<void> {
  const before = card.statistics.pinsPresented;
  const entries = [...typed];
  let most = 0;
  running.person.pin = () => {
    const pin = entries.shift();
    // A right PIN is presented again for each document, which spends nothing; a wrong one, once.
    if (pin !== undefined) most += pin === '1234' ? documents : 1;
    return pin ?? 'cancelled';
  };
  card.setFaults(...(fault === undefined ? [] : [fault]));
  if (diesAtCommand !== undefined) host.dieAtCommand(diesAtCommand);
  const body = { documents: Array.from({ length: documents }, (_, at) => prescription(`rx-${at}`)) };
  const key = `step-${number}`;
  await running.sign(body, { key });
  for (const retry of retries) {
    if (retry === 'same key') await running.sign(body, { key });
    else await running.sign(body, retry === 'new key' ? {} : { token: otherEhrToken });
  }
  afterwards(most, card.statistics.pinsPresented - before);
  if (then === 'restart the agent') await running.restart();
  if (then !== 'nothing' || card.pulled || card.muted) putBack();
}

describe('random sequences of typed PINs, card faults, killed hosts and the retries of EHRs', () => {
  it.each<[string, Partial<Settings>]>([
    ['with the PIN at every signature', {}],
    ['with a PIN session of minutes', { pin: { minutes: 5 } }],
  ])('never spend the last two tries, and never present a typed PIN more often than it was typed, %s', async (_policy, settings) => {
    let runs = 0;
    let refusals = 0;
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 3, max: 15 }), fc.array(step, { minLength: 1, maxLength: 6 }), async (maxTries, steps) => {
        await startAnew({ maxTries }, settings, runs++ === 0);
        for (const [number, current] of steps.entries()) {
          await play(current, number, (most, presented) => {
            if ((card.triesLeft('signing') ?? maxTries) < maxTries) refusals += 1;
            // A session that is open serves later requests with the PIN that the card has accepted.
            if (settings.pin === undefined) expect(presented).toBeLessThanOrEqual(most);
            expect(card.triesLeft('signing')).toBeGreaterThanOrEqual(2);
          });
        }
      }),
      { numRuns: 12 },
    );
    // Wrong PINs did reach the card.
    expect(refusals).toBeGreaterThan(0);
  }, 120_000);

  it('never spend a third try of a card that does not tell its counter', async () => {
    let runs = 0;
    let refusals = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 6 }), async (steps) => {
        await startAnew({ counter: 0x6300, wrongPin: 0x6300 }, {}, runs++ === 0);
        for (const [number, current] of steps.entries()) {
          await play(current, number, () => {
            if ((card.triesLeft('signing') ?? 15) < 15) refusals += 1;
            expect(card.triesLeft('signing')).toBeGreaterThanOrEqual(13);
          });
        }
      }),
      { numRuns: 12 },
    );
    // Wrong PINs did reach the card.
    expect(refusals).toBeGreaterThan(0);
  }, 120_000);
});

describe('the API alone', () => {
  it('presents no PIN at all, however often it asks', async () => {
    await start();
    running.person.pin = () => 'cancelled';
    for (let call = 0; call < 30; call += 1) expect(codeOf(await running.sign({}, { key: `k${call % 7}` }))).toBe('CANCELLED_BY_USER');
    expect(card.statistics.pinsPresented).toBe(0);
  });

  it('cannot have a typed wrong PIN presented again by posting again', async () => {
    await start();
    const typed = ['0000'];
    running.person.pin = () => typed.shift() ?? 'cancelled';
    for (const key of ['same', 'same', 'same', 'new', 'newer']) await running.sign({}, { key });
    expect(card.statistics.pinsPresented).toBe(1);
    expect(card.triesLeft('signing')).toBe(14);
  });

  it('cannot make a batch present a wrong PIN for each of its documents', async () => {
    await start();
    const typed = ['0000'];
    running.person.pin = () => typed.shift() ?? 'cancelled';
    const documents = Array.from({ length: 50 }, (_, at) => prescription(`rx-${at}`));
    expect(codeOf(await running.sign({ documents }))).toBe('PIN_INCORRECT');
    expect(codeOf(await running.sign({ documents, partial: true }))).toBe('CANCELLED_BY_USER');
    expect(card.statistics.pinsPresented).toBe(1);
  });

  it('does not reach the last two tries: without the word of a person nothing is presented, with it exactly one', async () => {
    await start({ maxTries: 3 });
    let questions = 0;
    running.person.pin = () => (++questions > 6 ? 'cancelled' : '0000');
    await running.sign();
    expect(card.statistics.pinsPresented).toBe(1);
    expect(card.triesLeft('signing')).toBe(2);
    running.person.spendLastTries = true;
    const typed = ['1234'];
    running.person.pin = () => typed.shift() ?? 'cancelled';
    expect((await running.sign()).status).toBe(201);
    expect(card.triesLeft('signing')).toBe(3);
    expect(card.statistics.pinsPresented).toBe(2);
  });
});

describe('a card host that is killed with a PIN on its way', () => {
  it('has spent a try: after two of those a card that tells nothing is not tried again without consent, nor after a restart', async () => {
    await start({ counter: 0x6300, wrongPin: 0x6300 });
    let typedAt = 0;
    running.person.pin = () => {
      typedAt = card.statistics.commands;
      return '1234';
    };
    expect((await running.sign()).status).toBe(201);
    // The last command signs, the one before it is VERIFY.
    const commands = card.statistics.commands - typedAt;
    for (let death = 1; death <= 2; death += 1) {
      running.person.pin = () => {
        host.dieAtCommand(commands - 1);
        return '1234';
      };
      expect(codeOf(await running.sign())).toBe('CARD_MODULE_FAILED');
      expect(card.statistics.pinsPresented).toBe(1 + death);
      await until(() => running.cardsReady() > 0, 'the next host has read the card');
    }
    let typed = 0;
    running.person.pin = () => (++typed > 5 ? 'cancelled' : '1234');
    expect(codeOf(await running.sign())).toBe('CANCELLED_BY_USER');
    await running.restart();
    typed = 0;
    expect(codeOf(await running.sign())).toBe('CANCELLED_BY_USER');
    expect(card.statistics.pinsPresented).toBe(3);
    running.person.spendLastTries = true;
    typed = 0;
    expect((await running.sign()).status).toBe(201);
    expect(card.statistics.pinsPresented).toBe(4);
  });
});
