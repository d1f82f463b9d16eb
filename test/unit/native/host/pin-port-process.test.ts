import { afterEach, describe, expect, it } from 'vitest';
import type { CardHost } from '../../../../src/native/host/card-host.ts';
import type { ChildChannel } from '../../../../src/native/host/child-channel.ts';
import { combineCardHosts } from '../../../../src/native/host/combined-card-host.ts';
import { createMemoryPinLedger } from '../../../../src/native/host/pin-ledger.ts';
import type { PinPort } from '../../../../src/native/host/pin-port.ts';
import { startCardHost } from '../../../../src/native/host/process-card-host.ts';
import { cardA, inserted, ManualClock, signingCard } from './fake-card-stack.ts';

interface Posted {
  readonly type: string;
  readonly call: number;
  readonly port?: number;
  readonly session?: string;
}

/** A child that takes ports, played by the test. */
class PlayedChild implements ChildChannel {
  readonly posted: (Posted & { readonly ports: readonly PinPort[] })[] = [];
  #message: (message: unknown) => void = () => undefined;
  #exit: (how: string) => void = () => undefined;

  post(message: unknown, ports: readonly PinPort[] = []): void {
    const posted = message as Posted;
    this.posted.push({ ...posted, ports });
    const { call } = posted;
    queueMicrotask(() => this.say(posted.type === 'retire' ? { type: 'retired', call, idle: true, endedByRemoval: [] } : { type: 'done', call }));
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
    queueMicrotask(() => this.#exit('SIGKILL'));
  }
  crash(): void {
    this.#exit('SIGSEGV');
  }
  types(): string[] {
    return this.posted.map(({ type }) => type);
  }
}

const hosts: CardHost[] = [];
afterEach(async () => {
  await Promise.all(hosts.splice(0).map((host) => host.close()));
});

function setUp() {
  const children: PlayedChild[] = [];
  const host = startCardHost({
    stack: { kind: 'pcsc' },
    ledger: createMemoryPinLedger(),
    clock: new ManualClock(),
    spawn: () => {
      const child = new PlayedChild();
      children.push(child);
      return child;
    },
  });
  hosts.push(host);
  const [child] = children;
  if (child === undefined) throw new Error('no child');
  const asked = new AbortController();
  const holdFrom = (port: PinPort) => host.holdPinFrom?.(order, port, asked.signal) ?? Promise.reject(new Error('no ports'));
  return { host, child, asked, holdFrom };
}

const order = { certificateSha256: cardA, maxSignatures: 1, lifetimeMs: 1_000 };
const port = {} as PinPort;

describe('a PIN that comes to a card host process by a port', () => {
  it('is waited for without keeping other calls from the process, and resolves to its session', async () => {
    const { host, child, holdFrom } = setUp();
    const held = holdFrom(port);
    await expect.poll(() => child.types()).toContain('openPinPort');
    expect(child.posted.find(({ type }) => type === 'openPinPort')?.ports).toEqual([port]);
    // A person is still typing; the reader list must not freeze meanwhile.
    await host.endPinSession('another');
    child.say({ type: 'pinHeld', port: 1, session: 's' });
    expect(await held).toBe('s');
  });

  it('ends with the reason that the process names', async () => {
    const { child, holdFrom } = setUp();
    const held = holdFrom(port);
    await expect.poll(() => child.types()).toContain('openPinPort');
    child.say({ type: 'pinNotHeld', port: 1, error: { code: 'NO_CARD', detail: 'gone', pinNotPresented: true } });
    await expect(held).rejects.toMatchObject({ code: 'NO_CARD' });
  });

  it('ends with the process', async () => {
    const { child, holdFrom } = setUp();
    const held = holdFrom(port);
    await expect.poll(() => child.types()).toContain('openPinPort');
    child.crash();
    await expect(held).rejects.toMatchObject({ code: 'CARD_MODULE_FAILED' });
  });

  it('is dropped when it comes in the moment in which the question ended', async () => {
    const { child, asked, holdFrom } = setUp();
    const held = holdFrom(port);
    await expect.poll(() => child.types()).toContain('openPinPort');
    asked.abort(new Error('cancelled'));
    await expect.poll(() => child.types()).toContain('closePinPort');
    child.say({ type: 'pinHeld', port: 1, session: 'late' });
    await expect(held).rejects.toThrow('cancelled');
    expect(child.posted.find(({ type }) => type === 'endPinSession')?.session).toBe('late');
  });

  it('goes to the host that has the card, where there are several', async () => {
    const { host, child } = setUp();
    const other = setUp();
    await host.revive();
    child.say({ type: 'state', state: inserted(signingCard()) });
    const both = combineCardHosts([other.host, host]);
    const held = both.holdPinFrom?.(order, port, new AbortController().signal);
    await expect.poll(() => child.types()).toContain('openPinPort');
    child.say({ type: 'pinHeld', port: 1, session: 's' });
    expect(await held).toBe('1:s');
    expect(other.child.types()).not.toContain('openPinPort');
  });
});
