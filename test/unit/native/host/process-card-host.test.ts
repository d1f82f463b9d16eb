import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import type { CardHost, PinEntry, TypedPin } from '../../../../src/native/host/card-host.ts';
import type { ChildChannel } from '../../../../src/native/host/child-channel.ts';
import { createMemoryPinLedger } from '../../../../src/native/host/pin-ledger.ts';
import { startCardHost, type StartCardHostOptions } from '../../../../src/native/host/process-card-host.ts';
import { RestartBudget } from '../../../../src/native/host/restart-budget.ts';
import { cardA, emptyReader, inserted, ManualClock, signingCard } from './fake-card-stack.ts';

type Message = Readonly<Record<string, unknown>> & { readonly type: string; readonly call: number };

/** A child that a test plays: it answers `start`, and otherwise what it is told to. */
class PlayedChild implements ChildChannel {
  readonly posted: Message[] = [];
  /** PIN bytes as they were when they were handed over, and the very array. */
  pinAtPost: number[] | undefined;
  pinArray: Uint8Array | undefined;
  killed = false;
  answers: (message: Message) => unknown = () => undefined;
  #message: (message: unknown) => void = () => undefined;
  #exit: (how: string) => void = () => undefined;

  post(message: unknown): void {
    const posted = message as Message;
    this.posted.push(posted);
    if (posted.type === 'holdPin') {
      this.pinArray = (posted['entry'] as TypedPin).pin;
      this.pinAtPost = [...this.pinArray];
    }
    const done = posted.type === 'start' || posted.type === 'retire' ? { type: 'done', call: posted.call } : undefined;
    const answer = this.answers(posted) ?? done;
    if (answer !== undefined) queueMicrotask(() => this.say(answer));
  }
  say(message: unknown): void {
    this.#message(message);
  }
  onMessage(listener: (message: unknown) => void): void {
    this.#message = listener;
  }
  onExit(listener: (how: string) => void): void {
    this.#exit = listener;
  }
  kill(): void {
    this.killed = true;
    queueMicrotask(() => this.#exit('SIGKILL'));
  }
  crash(): void {
    this.#exit('SIGSEGV');
  }
}

const hosts: CardHost[] = [];
afterEach(async () => {
  await Promise.all(hosts.splice(0).map((host) => host.close()));
});

function setUp(options: Partial<StartCardHostOptions> = {}) {
  const children: PlayedChild[] = [];
  const clock = new ManualClock();
  const host = startCardHost({
    stack: { kind: 'pcsc' },
    ledger: createMemoryPinLedger(),
    clock,
    spawn: () => {
      const child = new PlayedChild();
      children.push(child);
      return child;
    },
    ...options,
  });
  hosts.push(host);
  const child = () => {
    const last = children.at(-1);
    if (last === undefined) throw new Error('no child');
    return last;
  };
  return { host, clock, children, child };
}

const entry = (): PinEntry => ({
  certificateSha256: cardA,
  pin: Uint8Array.of(49, 50, 51, 52),
  maxSignatures: 1,
  lifetimeMs: 1_000,
  spendLastTries: false,
});

/** Whatever can be posted without an answer has been. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('the agent\'s side of a card host process', () => {
  it('zeroes its copy of the PIN once it is handed over, and leaves the caller\'s bytes to the caller', async () => {
    const { host, child } = setUp();
    child().answers = (message) => ({ type: 'held', call: message.call, session: 's' });
    const typed = entry();
    expect(await host.holdPin(typed)).toBe('s');
    expect(child().pinAtPost).toEqual([49, 50, 51, 52]);
    expect([...(child().pinArray ?? [])]).toEqual([0, 0, 0, 0]);
    expect(child().pinArray).not.toBe(typed.pin);
    expect(typed.pin).toEqual(Uint8Array.of(49, 50, 51, 52));
  });

  it('zeroes it also when the process dies with it', async () => {
    const { host, child } = setUp();
    const first = child();
    first.answers = () => {
      first.crash();
      return undefined;
    };
    await expect(host.holdPin(entry())).rejects.toMatchObject({ code: 'CARD_MODULE_FAILED' });
    expect([...(first.pinArray ?? [])]).toEqual([0, 0, 0, 0]);
  });

  it('sends signatures after each other without waiting, and any other call only when they have ended', async () => {
    const { host, child } = setUp();
    const posted = (type: string) => child().posted.filter((message) => message.type === type);
    const values = [1, 2].map((byte) => host.sign('s', new Uint8Array(32).fill(byte)));
    const tries = host.pinTries(cardA);
    await settled();
    expect([posted('sign').length, posted('pinTries').length]).toEqual([2, 0]);
    for (const [index, message] of posted('sign').entries()) {
      child().say({ type: 'signed', call: message.call, signature: Uint8Array.of(index) });
    }
    expect(await Promise.all(values)).toEqual([Uint8Array.of(0), Uint8Array.of(1)]);
    await settled();
    const [question] = posted('pinTries');
    child().say({ type: 'tries', call: question?.call, triesLeft: 15, failuresSeen: 0, consentNeeded: false });
    expect(await tries).toMatchObject({ triesLeft: 15 });
  });

  it('lets a signature wait for any other call that was asked before it', async () => {
    const { host, child } = setUp();
    const posted = (): string[] => child().posted.map(({ type }) => type);
    const tries = host.pinTries(cardA);
    const value = host.sign('s', new Uint8Array(32));
    await settled();
    expect(posted()).toEqual(['start', 'pinTries']);
    child().say({ type: 'tries', call: child().posted.at(-1)?.call, triesLeft: 15, failuresSeen: 0, consentNeeded: false });
    await tries;
    await settled();
    expect(posted()).toEqual(['start', 'pinTries', 'sign']);
    child().say({ type: 'signed', call: child().posted.at(-1)?.call, signature: Uint8Array.of(1) });
    expect(await value).toEqual(Uint8Array.of(1));
  });

  it('gives a PIN on the reader\'s keys the time of a person as well, and hears of its end past the turns', async () => {
    const { host, clock, child } = setUp();
    const posted = (type: string) => child().posted.filter((message) => message.type === type);
    child().answers = (message) => (message.type === 'holdPin' ? { type: 'held', call: message.call, session: 'k' } : undefined);
    const session = await host.holdPin({ ...entry(), pin: 'keypad' });
    expect(posted('holdPin')[0]).toMatchObject({ entry: { pin: 'keypad' } });
    const signing = host.sign(session, new Uint8Array(32));
    const failed = signing.catch((error: unknown) => error);
    await settled();
    clock.turn(60_000);
    expect(child().killed).toBe(false);
    const ending = host.endPinSession(session);
    await settled();
    // The signature still has the turn.
    expect(posted('endPinSession')).toHaveLength(1);
    clock.turn(29_999);
    expect(child().killed).toBe(false);
    clock.turn(1);
    expect(child().killed).toBe(true);
    expect(await failed).toMatchObject({ code: 'CARD_MODULE_FAILED', pinNotPresented: false });
    await ending;
  });

  it('gives a signature that waits for another the time of both, and kills for the first that is late', async () => {
    const { host, clock, child } = setUp();
    const first = child();
    const values = [1, 2].map((byte) => host.sign('s', new Uint8Array(32).fill(byte)).catch((error: unknown) => error));
    await settled();
    const [call] = first.posted.filter((message) => message.type === 'sign');
    clock.turn(59_000);
    first.say({ type: 'signed', call: call?.call, signature: Uint8Array.of(1) });
    expect(await values[0]).toEqual(Uint8Array.of(1));
    clock.turn(59_000);
    expect(first.killed).toBe(false);
    clock.turn(2_000);
    expect(first.killed).toBe(true);
    expect(await values[1]).toMatchObject({ code: 'CARD_MODULE_FAILED' });
  });

  describe('asked for the counter of a module\'s card', () => {
    const order = { reader: 'Reader 1', certificate: Uint8Array.of(0x30, 0x00) };

    it('lets the process read it once it has seen its readers, and waits for that a quarter of the time of a card call', async () => {
      const { host, child, clock } = setUp();
      const early = host.readCounter(order);
      clock.turn(5_000);
      expect(await early).toBe('unknown');
      expect(child().posted.filter(({ type }) => type === 'readCounter')).toEqual([]);
      child().answers = (message) => (message.type === 'readCounter' ? { type: 'counter', call: message.call, tries: 6 } : undefined);
      const inTime = host.readCounter(order);
      child().say({ type: 'state', state: emptyReader });
      expect(await inTime).toBe(6);
      expect(child().posted.filter(({ type }) => type === 'readCounter')).toMatchObject([{ order }]);
    });

    it('says unknown when the process dies over it, or takes half the time of a card call', async () => {
      const { host, child, clock } = setUp();
      for (const fail of [() => child().crash(), () => clock.turn(10_000)]) {
        await host.revive();
        child().say({ type: 'state', state: emptyReader });
        const asked = host.readCounter(order);
        fail();
        expect(await asked).toBe('unknown');
      }
    });

    it('hands the question of a module\'s process on, and the answer back', async () => {
      const orders: unknown[] = [];
      const { host, child } = setUp({
        readCounter: (asked) => {
          orders.push(asked);
          return Promise.resolve(4);
        },
      });
      await host.revive();
      child().say({ type: 'readCounter', question: 9, order });
      await expect.poll(() => child().posted.at(-1)).toEqual({ type: 'counterRead', question: 9, tries: 4 });
      expect(orders).toEqual([order]);
    });

    it('says unknown to a module\'s process where no host has PC/SC', async () => {
      const { host, child } = setUp();
      await host.revive();
      child().say({ type: 'readCounter', question: 9, order });
      await expect.poll(() => child().posted.at(-1)).toEqual({ type: 'counterRead', question: 9, tries: 'unknown' });
    });
  });

  it('is starting until the process has looked, and again after a crash', () => {
    const { host, child } = setUp();
    expect(host.isStarting()).toBe(true);
    child().say({ type: 'state', state: { service: 'unavailable', code: 'NO_CARD_SERVICE', detail: 'not asked yet', starting: true } });
    expect(host.isStarting()).toBe(true);
    child().say({ type: 'state', state: { service: 'unavailable', code: 'NO_CARD_SERVICE', detail: 'SCARD_E_NO_SERVICE' } });
    expect(host.isStarting()).toBe(false);
    child().crash();
    expect(host.isStarting()).toBe(true);
  });

  it('shows what the process tells, and says so to its listeners', async () => {
    const { host, child } = setUp();
    await host.revive();
    const seen: unknown[] = [];
    const stop = host.subscribe((state) => seen.push(state));
    child().say({ type: 'state', state: inserted(signingCard()) });
    expect(host.state()).toEqual(inserted(signingCard()));
    expect(seen).toHaveLength(1);
    stop();
    child().say({ type: 'state', state: inserted() });
    expect(seen).toHaveLength(1);
  });

  it('kills a process that does not answer in time: 20 s for the counter, 60 s for a signature', async () => {
    for (const [call, ms] of [['pinTries', 20_000], ['sign', 60_000]] as const) {
      const { host, clock, child } = setUp();
      await host.revive();
      const first = child();
      const asked = call === 'sign' ? host.sign('s', new Uint8Array(32)) : host.pinTries(cardA);
      const outcome = asked.catch((error: unknown) => error);
      await expect.poll(() => first.posted.some((message) => message.type === call)).toBe(true);
      clock.turn(ms - 1);
      expect(first.killed).toBe(false);
      clock.turn(1);
      expect(first.killed).toBe(true);
      expect(await outcome).toMatchObject({ code: 'CARD_MODULE_FAILED' });
    }
  });

  it('starts a dead process again three times in a minute, then waits for a person', async () => {
    const { host, children, child, clock } = setUp();
    for (let i = 0; i < 3; i++) child().crash();
    expect(children).toHaveLength(4);
    expect(host.state()).toMatchObject({ service: 'unavailable', code: 'CARD_MODULE_FAILED', detail: expect.stringContaining('restarted') as string });
    child().crash();
    expect(children).toHaveLength(4);
    expect(host.state()).toMatchObject({ detail: expect.stringContaining('given up') as string });
    clock.turn(3_600_000);
    expect(children).toHaveLength(4);
    await expect(host.pinTries(cardA)).rejects.toMatchObject({ code: 'CARD_MODULE_FAILED' });
    await host.revive();
    expect(children).toHaveLength(5);
  });

  it('gives a process that a person has started again its whole budget', async () => {
    const { host, children, child } = setUp();
    for (let i = 0; i < 4; i++) child().crash();
    expect(children).toHaveLength(4);
    await host.revive();
    for (let i = 0; i < 3; i++) child().crash();
    expect(children).toHaveLength(8);
    child().crash();
    expect(children).toHaveLength(8);
  });

  it('asks an idle process for a sign of life, and a working one for none', async () => {
    const { host, clock, children, child } = setUp();
    await host.revive();
    const first = child();
    const pings = (): number => first.posted.filter(({ type }) => type === 'ping').length;
    const signing = host.sign('s', new Uint8Array(32));
    await settled();
    clock.turn(15_000);
    await settled();
    first.say({ type: 'signed', call: first.posted.at(-1)?.call, signature: Uint8Array.of(1) });
    await signing;
    await settled();
    expect(pings()).toBe(0);
    clock.turn(15_000);
    await settled();
    expect(pings()).toBe(1);
    clock.turn(20_000);
    expect(first.killed).toBe(true);
    await expect.poll(() => children).toHaveLength(2);
  });

  describe('whose library may still hold a PIN', () => {
    const retired = (idle: boolean, ...endedByRemoval: readonly string[]) => (message: Message): unknown =>
      message.type === 'retire' ? { type: 'retired', call: message.call, idle, endedByRemoval } : undefined;

    it('is replaced when it asks for it; what it knew of its sessions is not lost, and the readers stay as shown', async () => {
      const { host, children, child } = setUp();
      await host.revive();
      const first = child();
      first.say({ type: 'state', state: inserted(signingCard()) });
      first.answers = retired(true, 'pulled');
      first.say({ type: 'replaceMe' });
      await expect.poll(() => [first.killed, children.length]).toEqual([true, 2]);
      expect(host.state()).toEqual(inserted(signingCard()));
      await expect(host.sign('pulled', new Uint8Array(32))).rejects.toMatchObject({ code: 'CARD_REMOVED', pinNotPresented: true });
      expect(child().posted.map(({ type }) => type)).toEqual(['start']);
    });

    it('stays where it holds the next PIN by then', async () => {
      const { host, children, child } = setUp();
      await host.revive();
      child().answers = retired(false);
      child().say({ type: 'replaceMe' });
      await settled();
      expect(child().posted.at(-1)?.type).toBe('retire');
      await settled();
      expect([child().killed, children.length]).toEqual([false, 1]);
    });
  });

  it('has a fresh process after a sleep, in turn, but takes none away from a PIN', async () => {
    const { host, children, child } = setUp();
    await host.revive();
    expect(children).toHaveLength(1);
    const first = child();
    let answer: (() => void) | undefined;
    first.answers = ({ type, call }) => {
      if (type === 'pinTries') answer = () => first.say({ type: 'tries', call, triesLeft: 15, failuresSeen: 0, consentNeeded: false });
      return undefined;
    };
    const tries = host.pinTries(cardA);
    await expect.poll(() => answer).toBeDefined();
    const renewed = host.revive(true);
    answer?.();
    expect(await tries).toMatchObject({ triesLeft: 15 });
    await renewed;
    expect(children).toHaveLength(2);
    expect(first.killed).toBe(true);

    const holding = child();
    holding.answers = ({ type, call }) => (type === 'retire' ? { type: 'retired', call, idle: false, endedByRemoval: [] } : undefined);
    await host.revive(true);
    expect(children).toHaveLength(2);
    expect(holding.killed).toBe(false);
  });

  it('starts for ever what dies once in a while', () => {
    const { children, child, clock } = setUp();
    for (let i = 0; i < 12; i++) {
      child().crash();
      clock.turn(20_001);
    }
    expect(children).toHaveLength(13);
  });

  // Threats row 22: what a hostile card or module made of the process.
  it('kills a process that says anything but its messages', async () => {
    await fc.assert(
      fc.asyncProperty(fc.anything({ withBigInt: true, withTypedArray: true, maxDepth: 3 }), async (nonsense) => {
        const { host, child } = setUp();
        await host.revive();
        const first = child();
        first.say(nonsense);
        expect(first.killed).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it('kills a process whose messages are of the right kind but out of bounds', async () => {
    const card = signingCard();
    const state = (reader: unknown) => ({ type: 'state', state: { service: 'running', readers: [reader] } });
    const outOfBounds = [
      { type: 'signed', call: 1, signature: new Uint8Array(5_000) },
      { type: 'tries', call: 1, triesLeft: -1, failuresSeen: 0, consentNeeded: false },
      { type: 'failed', call: 1, error: { code: 'SIGNED_ANYWAY', detail: '', pinNotPresented: true } },
      { type: 'ledgerSave', question: 1, card: '../../etc', record: { failures: 0, inFlight: false } },
      { type: 'ledgerSave', question: 1, card: cardA, record: { failures: -3, inFlight: false } },
      state({ reader: 'R', state: 'ready', card: { ...card, certificateSha256: 'not a hash' } }),
      state({ reader: 'R'.repeat(10_000), state: 'empty' }),
      { ...state({ reader: 'R', state: 'empty' }), extra: 1 },
    ];
    for (const message of outOfBounds) {
      const { host, child } = setUp();
      await host.revive();
      const first = child();
      first.say(message);
      expect(first.killed).toBe(true);
    }
  });

  it('passes no answer of one call on as the answer of another kind', async () => {
    const { host, child } = setUp();
    child().answers = (message) => ({ type: 'held', call: message.call, session: 's' });
    await expect(host.sign('s', new Uint8Array(32))).rejects.toMatchObject({ code: 'CARD_MODULE_FAILED' });
  });

  it('is quiet after it was closed', async () => {
    const { host, child, children } = setUp();
    await host.revive();
    const last = child();
    await host.close();
    expect(last.killed).toBe(true);
    expect(children).toHaveLength(1);
    await expect(host.pinTries(cardA)).rejects.toMatchObject({ code: 'CARD_MODULE_FAILED' });
    await host.endPinSession('s');
    await host.close();
  });
});

describe('the restart budget', () => {
  it('forgets restarts that are older than its time', () => {
    const budget = new RestartBudget({ restarts: 2, withinMs: 100 });
    expect([budget.take(0), budget.take(50), budget.take(99), budget.take(100), budget.take(149), budget.take(150)]).toEqual([
      true,
      true,
      false,
      true,
      false,
      true,
    ]);
  });
});
