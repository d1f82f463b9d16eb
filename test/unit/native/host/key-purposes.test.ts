/**
 * A card may hold a key that signs documents and one that logs its holder in. If either could stand in for the other, a
 * service that hands out login challenges could have a prescription signed, or a window that shows a prescription could
 * log somebody in. So a PIN is asked for one of the two, and is of no use to the other.
 */
import { describe, expect, it } from 'vitest';
import type { PinEntry, ReaderState } from '../../../../src/native/host/card-host.ts';
import { combineCardHosts } from '../../../../src/native/host/combined-card-host.ts';
import { GuardedCardHost } from '../../../../src/native/host/guarded-card-host.ts';
import { createMemoryPinLedger } from '../../../../src/native/host/pin-ledger.ts';
import {
  authenticationA,
  authenticationCard,
  bothKeys,
  cardA,
  cardB,
  emptyReader,
  FakeCard,
  FakeCardStack,
  identityCard,
  running,
  signingCard,
} from './fake-card-stack.ts';

const hash = new Uint8Array(32).fill(7);

const entry = (certificateSha256: string, more: Partial<PinEntry> = {}): PinEntry => ({
  certificateSha256,
  pin: Buffer.from('1234'),
  maxSignatures: 9,
  lifetimeMs: 60_000,
  spendLastTries: false,
  ...more,
});

function setUp(maxTries?: number) {
  const card = new FakeCard('1234', maxTries);
  const stack = new FakeCardStack(card);
  const host = new GuardedCardHost({ stack, ledger: createMemoryPinLedger() });
  return { card, stack, host };
}

describe('a key', () => {
  it.each([
    ['a login', 'authentication', cardA],
    ['a document', 'signing', authenticationA],
    ['nothing in particular, which is a document', undefined, authenticationA],
  ] as const)('takes no PIN that was asked for %s when it is for the other', async (_what, purpose, certificate) => {
    const { host, stack, card } = setUp();
    stack.show(running(bothKeys()));
    await expect(host.holdPin(entry(certificate, purpose === undefined ? {} : { purpose }))).rejects.toMatchObject({ code: 'CARD_UNKNOWN', pinNotPresented: true });
    expect(host.holdsPins).toBe(false);
    expect(card.presented).toEqual([]);
  });

  it('signs alone under the PIN that was typed for it, while the other one has its own', async () => {
    const { host, stack } = setUp();
    stack.show(running(bothKeys()));
    const login = await host.holdPin(entry(authenticationA, { purpose: 'authentication' }));
    const document = await host.holdPin(entry(cardA));
    for (const session of [login, document, login]) await host.sign(session, hash);
    expect(stack.signedBy).toEqual([authenticationA, cardA, authenticationA]);
    await host.endPinSession(login);
    await expect(host.sign(login, hash)).rejects.toMatchObject({ code: 'PIN_SESSION_ENDED' });
    await host.sign(document, hash);
    expect(stack.signedBy.at(-1)).toBe(cardA);
  });

  it('that is offered for both is a signing key', async () => {
    const { host, stack } = setUp();
    stack.show(running(bothKeys(signingCard(cardA), authenticationCard('hpki', cardA))));
    await expect(host.holdPin(entry(cardA, { purpose: 'authentication' }))).rejects.toMatchObject({ code: 'CARD_UNKNOWN' });
  });

  it('is not there while it is being read, and there once it was', async () => {
    const { host, stack } = setUp();
    stack.show(running(bothKeys(signingCard(), 'reading')));
    await expect(host.holdPin(entry(authenticationA, { purpose: 'authentication' }))).rejects.toMatchObject({ code: 'CARD_UNKNOWN' });
    stack.show(running(bothKeys()));
    await host.sign(await host.holdPin(entry(authenticationA, { purpose: 'authentication' })), hash);
    expect(stack.signedBy).toEqual([authenticationA]);
  });
});

describe('the PIN session of a login', () => {
  it('ends with the card, as that of a document does', async () => {
    const { host, stack, card } = setUp();
    stack.show(running(identityCard()));
    const session = await host.holdPin(entry(authenticationA, { purpose: 'authentication' }));
    stack.show(emptyReader);
    stack.show(running(identityCard()));
    await expect(host.sign(session, hash)).rejects.toMatchObject({ code: 'CARD_REMOVED' });
    expect(card.presented).toEqual([]);
  });

  it('ends when another card takes the place of its own', async () => {
    const { host, stack } = setUp();
    stack.show(running(bothKeys()));
    const session = await host.holdPin(entry(authenticationA, { purpose: 'authentication' }));
    stack.show(running(bothKeys(signingCard(cardA), authenticationCard('hpki', cardB))));
    await expect(host.sign(session, hash)).rejects.toMatchObject({ code: 'CARD_REMOVED' });
  });
});

describe('the PIN of a My Number card', () => {
  it('is 4 digits: anything else costs none of its three tries', async () => {
    for (const pin of ['', '123', '12345', '123a', 'ABCDEF']) {
      const { host, stack, card } = setUp(3);
      stack.show(running(identityCard()));
      const session = await host.holdPin(entry(authenticationA, { purpose: 'authentication', pin: Buffer.from(pin) }));
      await expect(host.sign(session, hash)).rejects.toMatchObject({ code: 'PIN_INCORRECT', triesLeft: 3, pinNotPresented: true });
      expect(card.presented).toEqual([]);
    }
  });

  it('goes out once without asking, then needs the word of a person for each of the two tries that are left', async () => {
    const { host, stack, card } = setUp(3);
    stack.show(running(identityCard()));
    const login = { purpose: 'authentication', pin: Buffer.from('0000') } as const;
    await expect(host.sign(await host.holdPin(entry(authenticationA, login)), hash)).rejects.toMatchObject({ code: 'PIN_INCORRECT', triesLeft: 2 });
    await expect(host.sign(await host.holdPin(entry(authenticationA, login)), hash)).rejects.toMatchObject({ code: 'PIN_CONSENT_NEEDED', triesLeft: 2 });
    expect(card.presented).toHaveLength(1);
    await expect(host.sign(await host.holdPin(entry(authenticationA, { ...login, spendLastTries: true })), hash)).rejects.toMatchObject({ triesLeft: 1 });
    expect(card.presented).toHaveLength(2);
  });

  it('needs that word after one failure where the card does not tell its counter', async () => {
    const { host, stack, card } = setUp(3);
    card.tells = false;
    stack.show(running(identityCard()));
    const login = { purpose: 'authentication', pin: Buffer.from('0000') } as const;
    await expect(host.sign(await host.holdPin(entry(authenticationA, login)), hash)).rejects.toMatchObject({ code: 'PIN_INCORRECT', triesLeft: 'unknown' });
    expect(await host.pinTries(authenticationA)).toEqual({ triesLeft: 'unknown', failuresSeen: 1, consentNeeded: true });
    await expect(host.sign(await host.holdPin(entry(authenticationA, login)), hash)).rejects.toMatchObject({ code: 'PIN_CONSENT_NEEDED' });
    expect(card.presented).toHaveLength(1);
  });
});

describe('several hosts', () => {
  const hostOf = (...places: readonly ReaderState[]) => {
    const fake = setUp();
    fake.stack.show(running(...places));
    return fake;
  };

  it('show one reader with the login key that another of them found', () => {
    const signing = hostOf(bothKeys(signingCard(cardA, 'Reader 1', 'pkcs11'), null));
    const login = hostOf(identityCard(authenticationCard('hpki', authenticationA, 'Reader 1', 'pkcs11')));
    const state = combineCardHosts([signing.host, login.host]).state();
    expect(state).toEqual(running(bothKeys(signingCard(cardA, 'Reader 1', 'pkcs11'), authenticationCard('hpki', authenticationA, 'Reader 1', 'pkcs11'))));
  });

  it('send each PIN to the host that has its key, a module before the direct driver', async () => {
    const direct = hostOf(bothKeys());
    const module = hostOf(identityCard(authenticationCard('hpki', authenticationA, 'Reader 1', 'pkcs11')));
    const host = combineCardHosts([direct.host, module.host]);
    await host.sign(await host.holdPin(entry(cardA)), hash);
    await host.sign(await host.holdPin(entry(authenticationA, { purpose: 'authentication' })), hash);
    expect([direct.stack.signedBy, module.stack.signedBy]).toEqual([[cardA], [authenticationA]]);
  });

  it('offer a My Number card once, though its module gives the reader another name', () => {
    const direct = hostOf(identityCard(authenticationCard('jpki', authenticationA, 'ACR39U 00')));
    const module = hostOf(identityCard(authenticationCard('jpki', authenticationA, 'ACR39U', 'pkcs11')));
    const state = combineCardHosts([direct.host, module.host]).state();
    expect(state).toEqual(running(identityCard(authenticationCard('jpki', authenticationA, 'ACR39U', 'pkcs11'))));
  });
});
