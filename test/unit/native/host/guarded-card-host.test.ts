import { describe, expect, it } from 'vitest';
import { CardError, type PinEntry } from '../../../../src/native/host/card-host.ts';
import { GuardedCardHost } from '../../../../src/native/host/guarded-card-host.ts';
import { createMemoryPinLedger, type PinLedger } from '../../../../src/native/host/pin-ledger.ts';
import { cardA, cardB, emptyReader, FakeCard, FakeCardStack, inserted, ManualClock, signingCard } from './fake-card-stack.ts';

const hash = new Uint8Array(32).fill(7);
const rightPin = '1234';

function entry(pin: string, more: Partial<PinEntry> = {}): PinEntry {
  return {
    certificateSha256: cardA,
    pin: Buffer.from(pin, 'latin1'),
    maxSignatures: 1,
    lifetimeMs: 60_000,
    spendLastTries: false,
    ...more,
  };
}

function setUp(options: { maxTries?: number; ledger?: PinLedger } = {}) {
  const card = new FakeCard(rightPin, options.maxTries);
  const stack = new FakeCardStack(card);
  const clock = new ManualClock();
  const ledger = options.ledger ?? createMemoryPinLedger();
  let replacements = 0;
  const host = new GuardedCardHost({ stack, ledger, clock, replaceProcess: () => (replacements += 1) });
  return { card, stack, clock, ledger, host, replacements: () => replacements };
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof CardError)) throw new Error(`expected a CardError, got ${String(error)}`);
  return error.code;
}

describe('one PIN as one person typed it', () => {
  it('is not presented while it is only held', async () => {
    const { host, card } = setUp();
    await host.holdPin(entry(rightPin));
    await host.pinTries(cardA);
    expect(card.presented).toEqual([]);
  });

  it('is presented once for one signature', async () => {
    const { host, card } = setUp();
    const signature = await host.sign(await host.holdPin(entry(rightPin)), hash);
    expect(signature).toHaveLength(32);
    expect(card.presented).toEqual([rightPin]);
  });

  it('may be presented again for its other signatures once the card has accepted it', async () => {
    const { host, card } = setUp();
    const session = await host.holdPin(entry(rightPin, { maxSignatures: 3 }));
    for (let i = 0; i < 3; i++) await host.sign(session, hash);
    expect(card.presented).toHaveLength(3);
    expect(await codeOf(host.sign(session, hash))).toBe('PIN_SESSION_ENDED');
    expect(card.presented).toHaveLength(3);
  });

  it('ends with the first refusal, and says how many tries are left', async () => {
    const { host, card } = setUp();
    const session = await host.holdPin(entry('9999', { maxSignatures: 5 }));
    await expect(host.sign(session, hash)).rejects.toMatchObject({ code: 'PIN_INCORRECT', triesLeft: 14 });
    expect(await codeOf(host.sign(session, hash))).toBe('PIN_SESSION_ENDED');
    expect(card.presented).toEqual(['9999']);
  });

  it('ends when no verdict came back: nobody knows whether the card has counted it', async () => {
    const { host, stack, card } = setUp();
    stack.faults.push({ at: 'after', code: 'CARD_MODULE_FAILED' });
    const session = await host.holdPin(entry('9999', { maxSignatures: 5 }));
    expect(await codeOf(host.sign(session, hash))).toBe('CARD_MODULE_FAILED');
    expect(await codeOf(host.sign(session, hash))).toBe('PIN_SESSION_ENDED');
    expect(card.presented).toEqual(['9999']);
    expect((await host.pinTries(cardA)).failuresSeen).toBe(1);
  });

  it.each(['CARD_IN_USE', 'NO_READER', 'CARD_UNKNOWN'] as const)('ends with %s too, when the card may have seen it', async (code) => {
    const { host, stack, card } = setUp();
    stack.faults.push({ at: 'after', code });
    const session = await host.holdPin(entry('9999', { maxSignatures: 5 }));
    expect(await codeOf(host.sign(session, hash))).toBe(code);
    expect(await codeOf(host.sign(session, hash))).toBe('PIN_SESSION_ENDED');
    expect(card.presented).toEqual(['9999']);
  });

  it('stays usable when it never reached the card, because another program held the card', async () => {
    const { host, stack, card } = setUp();
    stack.faults.push({ at: 'before', code: 'CARD_IN_USE' });
    const session = await host.holdPin(entry(rightPin));
    expect(await codeOf(host.sign(session, hash))).toBe('CARD_IN_USE');
    expect((await host.pinTries(cardA)).failuresSeen).toBe(0);
    await host.sign(session, hash);
    expect(card.presented).toEqual([rightPin]);
  });

  it('is not presented when it cannot be a PIN: no try is spent on a slip of the hand', async () => {
    for (const pin of ['', '123', '1'.repeat(17), '12\u007f4', '１２３４']) {
      const { host, card } = setUp();
      const session = await host.holdPin(entry(pin));
      await expect(host.sign(session, hash)).rejects.toMatchObject({ code: 'PIN_INCORRECT', triesLeft: 15 });
      expect(card.presented).toEqual([]);
      expect((await host.pinTries(cardA)).failuresSeen).toBe(0);
    }
  });

  it('refuses anything but a SHA-256 hash', async () => {
    const { host, card } = setUp();
    const session = await host.holdPin(entry(rightPin));
    await expect(host.sign(session, new Uint8Array(20))).rejects.toThrow(RangeError);
    expect(card.presented).toEqual([]);
  });
});

describe('the last tries', () => {
  it('are not spent without consent, and nothing is presented', async () => {
    const { host, card } = setUp();
    card.tries = 2;
    const session = await host.holdPin(entry(rightPin));
    await expect(host.sign(session, hash)).rejects.toMatchObject({ code: 'PIN_CONSENT_NEEDED', triesLeft: 2 });
    expect(card.presented).toEqual([]);
  });

  it('are spent when the person said so', async () => {
    const { host, card } = setUp();
    card.tries = 1;
    await host.sign(await host.holdPin(entry(rightPin, { spendLastTries: true })), hash);
    expect(card.tries).toBe(15);
  });

  it('are what a blocked card says that it has none of', async () => {
    const { host, stack } = setUp();
    stack.triesLeft = () => Promise.reject(new CardError('PIN_LOCKED', 'SW 6983', 0));
    expect(await host.pinTries(cardA)).toMatchObject({ triesLeft: 0, consentNeeded: true });
  });

  it('are read again before each unproven PIN, not remembered from the question', async () => {
    const { host, card } = setUp();
    expect((await host.pinTries(cardA)).consentNeeded).toBe(false);
    const session = await host.holdPin(entry(rightPin));
    card.tries = 1; // another program has spent them meanwhile
    expect(await codeOf(host.sign(session, hash))).toBe('PIN_CONSENT_NEEDED');
    expect(card.presented).toEqual([]);
  });

  it('of a locked card are none: PIN_LOCKED without presenting, even with consent', async () => {
    const { host, card } = setUp();
    card.tries = 0;
    const session = await host.holdPin(entry(rightPin, { spendLastTries: true }));
    await expect(host.sign(session, hash)).rejects.toMatchObject({ code: 'PIN_LOCKED', triesLeft: 0 });
    expect(card.presented).toEqual([]);
  });

  it('of a card that does not tell: the third wrong PIN in a row needs consent', async () => {
    const { host, card } = setUp();
    card.tells = false;
    for (const pin of ['1111', '2222']) {
      await expect(host.sign(await host.holdPin(entry(pin)), hash)).rejects.toMatchObject({ code: 'PIN_INCORRECT', triesLeft: 'unknown' });
    }
    expect(await host.pinTries(cardA)).toEqual({ triesLeft: 'unknown', failuresSeen: 2, consentNeeded: true });
    expect(await codeOf(host.sign(await host.holdPin(entry(rightPin)), hash))).toBe('PIN_CONSENT_NEEDED');
    await host.sign(await host.holdPin(entry(rightPin, { spendLastTries: true })), hash);
    expect((await host.pinTries(cardA)).failuresSeen).toBe(0);
  });

  it('count a host that was killed with a PIN in flight as a failure', async () => {
    const { host, stack, card, ledger } = setUp();
    card.tells = false;
    stack.faults.push({ at: 'killed' });
    void host.sign(await host.holdPin(entry('1111')), hash);
    await expect.poll(() => card.presented).toEqual(['1111']);

    const next = new GuardedCardHost({ stack: new FakeCardStack(card), ledger });
    expect((await next.pinTries(cardA)).failuresSeen).toBe(1);
    expect(await codeOf(next.sign(await next.holdPin(entry('2222')), hash))).toBe('PIN_INCORRECT');
    expect((await next.pinTries(cardA)).consentNeeded).toBe(true);
  });
});

describe('the record of failures', () => {
  it('is on disk before the PIN goes out: what cannot be recorded is not presented', async () => {
    const ledger: PinLedger = {
      load: () => Promise.resolve({ failures: 0, inFlight: false }),
      save: () => Promise.reject(new Error('ENOSPC')),
    };
    const { host, card } = setUp({ ledger });
    expect(await codeOf(host.sign(await host.holdPin(entry(rightPin)), hash))).toBe('STORAGE_FAILED');
    expect(card.presented).toEqual([]);
  });

  it('says "in flight" while the card looks at the PIN', async () => {
    const { host, stack, ledger } = setUp();
    const seen: unknown[] = [];
    stack.whileSigning = () => void ledger.load(cardA).then((record) => seen.push(record));
    await host.sign(await host.holdPin(entry(rightPin)), hash);
    expect(seen).toEqual([{ failures: 0, inFlight: true }]);
    expect(await ledger.load(cardA)).toEqual({ failures: 0, inFlight: false });
  });

  it('that fails after the verdict withholds no signature, and stays on the safe side', async () => {
    const memory = createMemoryPinLedger();
    let saves = 0;
    const ledger: PinLedger = {
      load: (card) => memory.load(card),
      save: (card, record) => (++saves === 1 ? memory.save(card, record) : Promise.reject(new Error('ENOSPC'))),
    };
    const { host } = setUp({ ledger });
    await host.sign(await host.holdPin(entry(rightPin)), hash);
    expect((await host.pinTries(cardA)).failuresSeen).toBe(1);
  });
});

describe('a PIN that was accepted before', () => {
  const accepted = async (): Promise<ReturnType<typeof setUp> & { session: string }> => {
    const desk = setUp();
    const session = await desk.host.holdPin(entry(rightPin, { maxSignatures: 9 }));
    await desk.host.sign(session, hash);
    return { ...desk, session };
  };

  it('and is refused now ends the session, is counted, and says how many tries are left', async () => {
    const { host, stack, card, session } = await accepted();
    stack.whileSigning = () => {
      card.tries -= 1;
      throw new CardError('PIN_INCORRECT', 'SW 6300');
    };
    await expect(host.sign(session, hash)).rejects.toMatchObject({ code: 'PIN_INCORRECT', triesLeft: 14 });
    expect((await host.pinTries(cardA)).failuresSeen).toBe(1);
    expect(await codeOf(host.sign(session, hash))).toBe('PIN_SESSION_ENDED');
    expect(host.holdsPins).toBe(false);
  });

  it('and has no verdict now ends the session', async () => {
    const { host, stack, card, session } = await accepted();
    stack.faults.push({ at: 'after', code: 'CARD_MODULE_FAILED' });
    expect(await codeOf(host.sign(session, hash))).toBe('CARD_MODULE_FAILED');
    expect(await codeOf(host.sign(session, hash))).toBe('PIN_SESSION_ENDED');
    expect(card.presented).toHaveLength(2);
  });
});

describe('a PIN session', () => {
  it('that ends while the counter is read presents nothing, and says why', async () => {
    for (const [code, end] of [
      ['PIN_SESSION_ENDED', (host: GuardedCardHost, session: string) => void host.endPinSession(session)],
      ['CARD_REMOVED', (_host: GuardedCardHost, _session: string, stack: FakeCardStack) => stack.show(emptyReader)],
    ] as const) {
      const { host, stack, card, ledger } = setUp();
      const session = await host.holdPin(entry(rightPin));
      stack.triesLeft = () => {
        end(host, session, stack);
        return Promise.resolve(15);
      };
      await expect(host.sign(session, hash)).rejects.toMatchObject({ code, pinNotPresented: true });
      expect(card.presented).toEqual([]);
      expect((await ledger.load(cardA)).inFlight).toBe(false);
    }
  });

  it('has the card for itself: signatures that are asked at once follow each other', async () => {
    const { host, stack } = setUp();
    const session = await host.holdPin(entry(rightPin, { maxSignatures: 3 }));
    let [atOnce, most] = [0, 0];
    const sign = stack.sign.bind(stack);
    stack.sign = async (...of) => {
      most = Math.max(most, (atOnce += 1));
      await new Promise(setImmediate);
      return sign(...of).finally(() => (atOnce -= 1));
    };
    await Promise.all([1, 2, 3].map(() => host.sign(session, hash)));
    expect(most).toBe(1);
  });

  it('ends when its card is removed: the next signature says so', async () => {
    const { host, stack, card } = setUp();
    const session = await host.holdPin(entry(rightPin, { maxSignatures: 9 }));
    await host.sign(session, hash);
    stack.show(emptyReader);
    stack.show(inserted(signingCard()));
    expect(await codeOf(host.sign(session, hash))).toBe('CARD_REMOVED');
    expect(card.presented).toHaveLength(1);
  });

  it('ends when another card stands in its reader, and when the card service is lost', async () => {
    for (const state of [inserted(signingCard(cardB)), { service: 'unavailable', code: 'NO_CARD_SERVICE', detail: 'stopped' } as const]) {
      const { host, stack } = setUp();
      const session = await host.holdPin(entry(rightPin));
      stack.show(state);
      expect(await codeOf(host.sign(session, hash))).toBe('CARD_REMOVED');
    }
  });

  it('outlives another program that holds the card for a moment', async () => {
    const { host, stack } = setUp();
    const session = await host.holdPin(entry(rightPin));
    stack.show({ service: 'running', readers: [{ reader: 'Reader 1', state: 'in_use' }] });
    stack.show(inserted(signingCard()));
    await host.sign(session, hash);
  });

  it('ends with its lifetime, without anybody asking', async () => {
    const { host, clock, card } = setUp();
    const session = await host.holdPin(entry(rightPin, { lifetimeMs: 1_000, maxSignatures: 9 }));
    clock.turn(999);
    await host.sign(session, hash);
    clock.turn(1);
    expect(host.holdsPins).toBe(false);
    expect(await codeOf(host.sign(session, hash))).toBe('PIN_SESSION_ENDED');
    expect(card.presented).toHaveLength(1);
  });

  it('ends on request, and with the host', async () => {
    const { host } = setUp();
    const session = await host.holdPin(entry(rightPin));
    await host.endPinSession(session);
    expect(await codeOf(host.sign(session, hash))).toBe('PIN_SESSION_ENDED');
    const other = await host.holdPin(entry(rightPin));
    await host.close();
    expect(await codeOf(host.sign(other, hash))).toBe('PIN_SESSION_ENDED');
  });

  it('that ends while the card is working never turns the PIN at the card into zeros', async () => {
    const { host, stack, card } = setUp();
    const session = await host.holdPin(entry(rightPin));
    stack.whileSigning = () => void host.endPinSession(session);
    await host.sign(session, hash);
    expect(card.presented).toEqual([rightPin]);
  });

  it('leaves no PIN behind in the bytes lent to the stack', async () => {
    const { host, stack } = setUp();
    await host.sign(await host.holdPin(entry(rightPin)), hash);
    expect(stack.lent.map((pin) => [...pin])).toEqual([[0, 0, 0, 0]]);
  });

  it('needs its card: nothing is held for a card that is not there', async () => {
    const { host, stack } = setUp();
    expect(await codeOf(host.holdPin(entry(rightPin, { certificateSha256: cardB })))).toBe('CARD_UNKNOWN');
    stack.show(emptyReader);
    expect(await codeOf(host.holdPin(entry(rightPin)))).toBe('NO_CARD');
    expect(await codeOf(host.pinTries(cardA))).toBe('NO_CARD');
    stack.show({ service: 'running', readers: [] });
    expect(await codeOf(host.holdPin(entry(rightPin)))).toBe('NO_READER');
    stack.show({ service: 'unavailable', code: 'NO_CARD_SERVICE', detail: 'stopped' });
    expect(await codeOf(host.holdPin(entry(rightPin)))).toBe('NO_CARD_SERVICE');
  });
});

describe('a stack whose library may keep the PIN', () => {
  it('asks for a new process when the last session is over, not before', async () => {
    const { host, stack, replacements } = setUp();
    stack.ended = 'replace_process';
    const first = await host.holdPin(entry(rightPin));
    const second = await host.holdPin(entry(rightPin));
    await host.sign(first, hash);
    await new Promise(setImmediate);
    expect(replacements()).toBe(0);
    await host.endPinSession(second);
    expect(replacements()).toBe(1);
  });

  it('asks for one that was wanted meanwhile, whatever its stack says', async () => {
    const { host, replacements } = setUp();
    await host.endPinSession(await host.holdPin(entry(rightPin)));
    expect(replacements()).toBe(0);
    const held = await host.holdPin(entry(rightPin));
    host.replaceWhenIdle();
    await host.pinTries(cardA);
    await new Promise(setImmediate);
    expect(replacements()).toBe(0);
    await host.endPinSession(held);
    expect(replacements()).toBe(1);
  });

  it('does not ask for it before the verdict is on the disk and the signature is out', async () => {
    const memory = createMemoryPinLedger();
    const atSave: number[] = [];
    const ledger: PinLedger = {
      load: (card) => memory.load(card),
      save: async (card, record) => {
        await new Promise(setImmediate);
        atSave.push(replacements());
        await memory.save(card, record);
      },
    };
    const { host, stack, replacements } = setUp({ ledger });
    stack.ended = 'replace_process';
    const session = await host.holdPin(entry(rightPin));
    expect(await host.sign(session, hash).then(() => replacements())).toBe(0);
    await expect.poll(replacements).toBe(1);
    expect(atSave).toEqual([0, 0]);
  });
});
