import { describe, expect, it } from 'vitest';
import { CardError, type CardErrorCode, type PinEntry } from '../../../../src/native/host/card-host.ts';
import { GuardedCardHost } from '../../../../src/native/host/guarded-card-host.ts';
import { createMemoryPinLedger } from '../../../../src/native/host/pin-ledger.ts';
import { cardA, FakeCard, FakeCardStack, inserted, ManualClock, signingCard } from './fake-card-stack.ts';

const hash = new Uint8Array(32).fill(7);
const atKeypad = (more: Partial<PinEntry> = {}): PinEntry => ({
  certificateSha256: cardA,
  pin: 'keypad',
  maxSignatures: 3,
  lifetimeMs: 60_000,
  spendLastTries: false,
  ...more,
});

function setUp(maxTries?: number) {
  const card = new FakeCard('1234', maxTries);
  const stack = new FakeCardStack(card);
  stack.show(inserted({ ...signingCard(), keypad: true }));
  const ledger = createMemoryPinLedger();
  const host = new GuardedCardHost({ stack, ledger, clock: new ManualClock() });
  return { card, stack, ledger, host };
}

async function codeOf(promise: Promise<unknown>): Promise<CardErrorCode> {
  const error: unknown = await promise.then(() => undefined, (reason: unknown) => reason);
  if (!(error instanceof CardError)) throw new Error(`expected a CardError, got ${String(error)}`);
  return error.code;
}

describe('a PIN that is entered on the reader, under the PIN rules', () => {
  it('is offered only where the reader takes it', async () => {
    const { host, stack } = setUp();
    stack.show(inserted(signingCard()));
    expect(await codeOf(host.holdPin(atKeypad()))).toBe('CARD_MODULE_FAILED');
  });

  it('is never taken for proven: each signature asks the reader, with the counter read and the mark written before', async () => {
    const { host, stack, card, ledger } = setUp();
    const session = await host.holdPin(atKeypad());
    const marks: unknown[] = [];
    stack.press = async () => {
      marks.push(await ledger.load(cardA));
      return '1234';
    };
    await host.sign(session, hash);
    await host.sign(session, hash);
    expect(card.presented).toEqual(['1234', '1234']);
    expect(marks).toEqual(Array(2).fill({ failures: 0, inFlight: true }));
    expect(await ledger.load(cardA)).toEqual({ failures: 0, inFlight: false });
  });

  it('that is wrong ends the session and is counted; nobody asks the reader again without a person', async () => {
    const { host, stack, card, ledger } = setUp();
    stack.press = () => '9999';
    const session = await host.holdPin(atKeypad());
    await expect(host.sign(session, hash)).rejects.toMatchObject({ code: 'PIN_INCORRECT', triesLeft: 14 });
    expect(await codeOf(host.sign(session, hash))).toBe('PIN_SESSION_ENDED');
    expect(card.presented).toEqual(['9999']);
    expect(await ledger.load(cardA)).toEqual({ failures: 1, inFlight: false });
  });

  it.each(['KEYPAD_CANCELLED', 'KEYPAD_TIMED_OUT', 'KEYPAD_REFUSED', 'KEYPAD_UNUSABLE'] as const)('%s counts for nothing where the counter has not moved, and ends the session all the same', async (end) => {
    const { host, stack, ledger } = setUp();
    stack.press = () => end;
    const session = await host.holdPin(atKeypad());
    expect(await codeOf(host.sign(session, hash))).toBe(end);
    expect(await codeOf(host.sign(session, hash))).toBe('PIN_SESSION_ENDED');
    expect(await ledger.load(cardA)).toEqual({ failures: 0, inFlight: false });
  });

  it('"cancelled" counts as a failure where no counter confirms it, and asks for consent once there were two', async () => {
    const { host, stack, card, ledger } = setUp();
    card.tells = false;
    stack.press = () => 'KEYPAD_CANCELLED';
    for (const failures of [1, 2]) {
      expect(await codeOf(host.sign(await host.holdPin(atKeypad()), hash))).toBe('KEYPAD_CANCELLED');
      expect(await ledger.load(cardA)).toEqual({ failures, inFlight: false });
    }
    expect(await codeOf(host.sign(await host.holdPin(atKeypad()), hash))).toBe('PIN_CONSENT_NEEDED');
    stack.press = () => '1234';
    await host.sign(await host.holdPin(atKeypad({ spendLastTries: true })), hash);
    expect(await ledger.load(cardA)).toEqual({ failures: 0, inFlight: false });
  });

  it('"cancelled" counts as a failure where the counter cannot be read any more', async () => {
    const { host, stack, card, ledger } = setUp();
    stack.press = () => {
      card.tells = false;
      return 'KEYPAD_CANCELLED';
    };
    expect(await codeOf(host.sign(await host.holdPin(atKeypad()), hash))).toBe('KEYPAD_CANCELLED');
    expect(await ledger.load(cardA)).toEqual({ failures: 1, inFlight: false });
  });

  it.each(['KEYPAD_TIMED_OUT', 'KEYPAD_REFUSED', 'KEYPAD_UNUSABLE'] as const)('%s counts for nothing without a counter too', async (end) => {
    const { host, stack, card, ledger } = setUp();
    card.tells = false;
    stack.press = () => end;
    expect(await codeOf(host.sign(await host.holdPin(atKeypad()), hash))).toBe(end);
    expect(await ledger.load(cardA)).toEqual({ failures: 0, inFlight: false });
  });

  it('a reader that says "cancelled" while the counter of the card has fallen is not believed', async () => {
    const { host, stack, card, ledger } = setUp();
    stack.press = () => {
      card.tries -= 1;
      return 'KEYPAD_CANCELLED';
    };
    await expect(host.sign(await host.holdPin(atKeypad()), hash)).rejects.toMatchObject({ code: 'PIN_INCORRECT', triesLeft: 14 });
    expect(await ledger.load(cardA)).toEqual({ failures: 1, inFlight: false });
  });

  it('for one of the last two tries is not asked for before somebody has agreed to that', async () => {
    const { host, stack, card } = setUp(2);
    let armed = 0;
    stack.press = () => {
      armed += 1;
      return '1234';
    };
    expect(await codeOf(host.sign(await host.holdPin(atKeypad()), hash))).toBe('PIN_CONSENT_NEEDED');
    expect(armed).toBe(0);
    await host.sign(await host.holdPin(atKeypad({ spendLastTries: true })), hash);
    expect([armed, card.presented.length]).toEqual([1, 1]);
  });

  it('signs nothing when the session was ended while the reader waited; the accepted PIN still clears the record', async () => {
    const { host, stack, card, ledger } = setUp();
    await ledger.save(cardA, { failures: 1, inFlight: false });
    const keys = Promise.withResolvers<string>();
    stack.press = () => keys.promise;
    const session = await host.holdPin(atKeypad());
    const signing = host.sign(session, hash);
    await expect.poll(async () => (await ledger.load(cardA)).inFlight).toBe(true);
    await host.endPinSession(session);
    keys.resolve('1234');
    expect(await codeOf(signing)).toBe('PIN_SESSION_ENDED');
    expect(card.presented).toEqual(['1234']);
    expect(await ledger.load(cardA)).toEqual({ failures: 0, inFlight: false });
  });

  it('of a process that ends while the reader waits counts as a spent try', async () => {
    const { host, stack, ledger } = setUp();
    stack.press = () => new Promise(() => undefined);
    void host.sign(await host.holdPin(atKeypad()), hash);
    await expect.poll(async () => (await ledger.load(cardA)).inFlight).toBe(true);
    const next = new GuardedCardHost({ stack, ledger, clock: new ManualClock() });
    expect(await next.pinTries(cardA)).toMatchObject({ failuresSeen: 1 });
  });
});
