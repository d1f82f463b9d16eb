import { describe, expect, it } from 'vitest';
import type { CardHost, CardStackState, SigningCard } from '../../../../src/native/host/card-host.ts';
import { combineCardHosts, combineStates } from '../../../../src/native/host/combined-card-host.ts';
import { GuardedCardHost } from '../../../../src/native/host/guarded-card-host.ts';
import { createMemoryPinLedger } from '../../../../src/native/host/pin-ledger.ts';
import { cardA, cardB, emptyReader, FakeCard, FakeCardStack, inserted, signingCard } from './fake-card-stack.ts';

const down: CardStackState = { service: 'unavailable', code: 'NO_CARD_SERVICE', detail: 'stopped' };

function hostWith(card: SigningCard, pin = '1234') {
  const fake = new FakeCard(pin);
  const stack = new FakeCardStack(fake);
  stack.show(inserted(card));
  const host: CardHost = new GuardedCardHost({ stack, ledger: createMemoryPinLedger() });
  return { host, stack, fake };
}

const entry = (certificateSha256: string) => ({
  certificateSha256,
  pin: Buffer.from('1234'),
  maxSignatures: 1,
  lifetimeMs: 1_000,
  spendLastTries: false,
});

describe('several card hosts as one', () => {
  it('let the module sign a card that the direct driver sees too', async () => {
    const direct = hostWith(signingCard(cardA, 'Reader 1', 'direct'));
    const module = hostWith(signingCard(cardA, 'Reader 1', 'pkcs11'));
    const host = combineCardHosts([direct.host, module.host]);
    expect(host.state()).toEqual(inserted(signingCard(cardA, 'Reader 1', 'pkcs11')));
    await host.sign(await host.holdPin(entry(cardA)), new Uint8Array(32));
    expect(module.fake.presented).toHaveLength(1);
    expect(direct.fake.presented).toHaveLength(0);
  });

  it('offer one card once even when the module gives its reader another name', () => {
    const state = combineStates([inserted(signingCard(cardA, 'ACR39U 00', 'direct')), inserted(signingCard(cardA, 'ACR39U', 'pkcs11'))]);
    expect(state.service === 'running' && state.readers.filter((reader) => reader.state === 'ready')).toHaveLength(1);
  });

  it('send each card to the host that offers it', async () => {
    const one = hostWith(signingCard(cardA, 'Reader 1'));
    const two = hostWith(signingCard(cardB, 'Reader 2'));
    const host = combineCardHosts([one.host, two.host]);
    const session = await host.holdPin(entry(cardB));
    await host.sign(session, new Uint8Array(32));
    expect([one.fake.presented.length, two.fake.presented.length]).toEqual([0, 1]);
    await expect(host.sign('17:nonsense', new Uint8Array(32))).rejects.toMatchObject({ code: 'PIN_SESSION_ENDED' });
    await expect(host.sign('nonsense', new Uint8Array(32))).rejects.toMatchObject({ code: 'PIN_SESSION_ENDED' });
  });

  it('show a reader as the host that knows most about it sees it', () => {
    const unknown: CardStackState = { service: 'running', readers: [{ reader: 'Reader 1', state: 'unknown_card', reason: 'no AID' }] };
    expect(combineStates([emptyReader, unknown])).toEqual(unknown);
    expect(combineStates([unknown, inserted(signingCard())])).toEqual(inserted(signingCard()));
  });

  it('are unavailable only when all are', () => {
    expect(combineStates([down, emptyReader])).toEqual(emptyReader);
    expect(combineStates([down, down])).toEqual(down);
  });

  it('are starting while any of them is, although another has answered', () => {
    const one = hostWith(signingCard(cardA, 'Reader 1'));
    const two = hostWith(signingCard(cardB, 'Reader 2'));
    const host = combineCardHosts([one.host, two.host]);
    two.stack.show({ ...down, starting: true });
    expect(host.isStarting()).toBe(true);
    two.stack.show(down);
    expect(host.isStarting()).toBe(false);
  });

  it('are all closed and revived, also when one of them fails; then that is told', async () => {
    const one = hostWith(signingCard(cardA, 'Reader 1'));
    const two = hostWith(signingCard(cardB, 'Reader 2'));
    const asked: string[] = [];
    one.host.revive = one.host.close = () => Promise.reject(new Error('stuck'));
    two.host.revive = () => Promise.resolve(void asked.push('revive'));
    two.host.close = () => Promise.resolve(void asked.push('close'));
    const host = combineCardHosts([one.host, two.host]);
    await expect(host.revive()).rejects.toThrow('stuck');
    await expect(host.close()).rejects.toThrow('stuck');
    expect(asked).toEqual(['revive', 'close']);
  });

  it('tell a change of any of them', () => {
    const one = hostWith(signingCard(cardA, 'Reader 1'));
    const two = hostWith(signingCard(cardB, 'Reader 2'));
    const host = combineCardHosts([one.host, two.host]);
    const seen: CardStackState[] = [];
    const stop = host.subscribe((state) => seen.push(state));
    two.stack.show({ service: 'running', readers: [{ reader: 'Reader 2', state: 'empty' }] });
    expect(seen).toHaveLength(1);
    stop();
    two.stack.show(inserted(signingCard(cardB, 'Reader 2')));
    expect(seen).toHaveLength(1);
  });
});
