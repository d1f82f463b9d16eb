import { describe, expect, it, vi } from 'vitest';
import { PinVault } from '../../../../src/native/host/pin-vault.ts';
import { cardA, ManualClock } from './fake-card-stack.ts';

const entry = (pin: Uint8Array, lifetimeMs = 1_000) => ({
  certificateSha256: cardA,
  pin,
  maxSignatures: 1,
  lifetimeMs,
  spendLastTries: false,
});

const place = { reader: 'Reader 1', kind: 'hpki' } as const;

/** The vault's own copy: the one array that it makes from the entry. */
function holdAndSeeCopy(vault: PinVault, pin: Uint8Array): { id: string; copy: Uint8Array } {
  const copies: Uint8Array[] = [];
  const from = Uint8Array.from.bind(Uint8Array) as (source: Uint8Array) => Uint8Array<ArrayBuffer>;
  const spy = vi.spyOn(Uint8Array, 'from').mockImplementation((source: unknown) => {
    const copy = from(source as Uint8Array);
    copies.push(copy);
    return copy;
  });
  const id = vault.hold(entry(pin), place);
  spy.mockRestore();
  const [copy] = copies;
  if (copy === undefined) throw new Error('the vault made no copy');
  return { id, copy };
}

describe('the PIN vault', () => {
  it('keeps its own copy: the caller may zero its bytes at once', async () => {
    const vault = new PinVault(new ManualClock(), () => undefined);
    const typed = Uint8Array.of(49, 50, 51, 52);
    const id = vault.hold(entry(typed), place);
    typed.fill(0);
    expect(await vault.lend(id, (pin) => Promise.resolve([...pin]))).toEqual([49, 50, 51, 52]);
  });

  it.each(['ended', 'used_up', 'expired', 'refused', 'card_removed', 'host_closed'] as const)('zeroes the PIN when its session is %s', (why) => {
    const vault = new PinVault(new ManualClock(), () => undefined);
    const { id, copy } = holdAndSeeCopy(vault, Uint8Array.of(49, 50, 51, 52));
    expect([...copy]).toEqual([49, 50, 51, 52]);
    vault.end(id, why);
    expect([...copy]).toEqual([0, 0, 0, 0]);
  });

  it('zeroes the PIN when its time is over, by itself', () => {
    const clock = new ManualClock();
    const vault = new PinVault(clock, () => undefined);
    const { copy } = holdAndSeeCopy(vault, Uint8Array.of(49, 50, 51, 52));
    clock.turn(1_000);
    expect([...copy]).toEqual([0, 0, 0, 0]);
  });

  it('is over when its time is, even where the timer is late', () => {
    let now = 0;
    const vault = new PinVault({ monotonic: () => now, after: () => () => undefined }, () => undefined);
    const { id, copy } = holdAndSeeCopy(vault, Uint8Array.of(49, 50, 51, 52));
    now = 999;
    expect(vault.get(id).certificateSha256).toBe(cardA);
    now = 1_000;
    expect(() => vault.get(id)).toThrow('PIN_SESSION_ENDED: expired');
    expect([...copy]).toEqual([0, 0, 0, 0]);
  });

  it('lends nothing of a session that has ended: no bytes would be a PIN too', async () => {
    const vault = new PinVault(new ManualClock(), () => undefined);
    const id = vault.hold(entry(Uint8Array.of(49, 50, 51, 52)), place);
    vault.end(id, 'ended');
    const use = vi.fn(() => Promise.resolve());
    await expect(vault.lend(id, use)).rejects.toMatchObject({ code: 'PIN_SESSION_ENDED', pinNotPresented: true });
    expect(use).not.toHaveBeenCalled();
  });

  it('leaves no timer behind for a session that has ended', () => {
    const clock = new ManualClock();
    const vault = new PinVault(clock, () => undefined);
    vault.end(vault.hold(entry(Uint8Array.of(49, 50, 51, 52)), place), 'ended');
    expect(clock.waiting).toBe(0);
  });

  it('zeroes a lent copy also when its use fails', async () => {
    const vault = new PinVault(new ManualClock(), () => undefined);
    const id = vault.hold(entry(Uint8Array.of(49, 50, 51, 52)), place);
    let lent: Uint8Array | undefined;
    await expect(
      vault.lend(id, (pin) => {
        lent = pin;
        return Promise.reject(new Error('card'));
      }),
    ).rejects.toThrow('card');
    expect([...(lent ?? [])]).toEqual([0, 0, 0, 0]);
  });

  it('says when the last session has ended', () => {
    let empty = 0;
    const vault = new PinVault(new ManualClock(), () => (empty += 1));
    const first = vault.hold(entry(Uint8Array.of(49)), place);
    const second = vault.hold(entry(Uint8Array.of(50)), place);
    vault.end(first, 'ended');
    expect(empty).toBe(0);
    vault.end(second, 'ended');
    expect(empty).toBe(1);
  });
});
