/**
 * Row 15 for logins: the card is swapped between the window and the key. A login must not come from another person's card
 * than the one that was shown, and a PIN must not be tried on a card for which it was not typed: three tries are few. The
 * certificate is read again in the transaction that signs, a PIN belongs to one insertion of one card.
 */
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { CardIdentity } from '../../src/sandbox/cards/card-options.ts';
import type { VirtualCard } from '../../src/sandbox/cards/virtual-card.ts';
import { VirtualHpkiCard } from '../../src/sandbox/cards/virtual-hpki-card.ts';
import { VirtualJpkiCard } from '../../src/sandbox/cards/virtual-jpki-card.ts';
import { loginPinOrder, openCardAssertionKey } from '../../src/agent/remote/card-assertion-key.ts';
import { makeCardIdentity, makeLoginIdentity } from '../support/card-identity.ts';
import { assertionHash, LoginDesk } from '../support/login-desk.ts';

let own: CardIdentity;
let other: CardIdentity;
let doctor: CardIdentity;
let hpkiLogin: CardIdentity;
beforeAll(async () => {
  [own, other, doctor, hpkiLogin] = await Promise.all([makeLoginIdentity('Own', 'jpki'), makeLoginIdentity('Other', 'jpki'), makeCardIdentity('Doctor'), makeLoginIdentity('Doctor')]);
});

let desk: LoginDesk;
let card: VirtualJpkiCard;
beforeEach(() => {
  desk = new LoginDesk();
  card = new VirtualJpkiCard({ authentication: own });
  desk.insert(card);
});
afterEach(() => desk.close());

/** The PIN is typed for the card that is shown; then something happens; then the service wants its signature. */
async function typePinThen(happens: () => Promise<void> | void): Promise<unknown> {
  const shown = await desk.shown();
  const session = await desk.cards.holdPin({ ...loginPinOrder(shown), pin: Buffer.from('1234'), spendLastTries: true });
  await happens();
  return openCardAssertionKey(desk.cards, shown, session).sign(assertionHash).catch((error: unknown) => error);
}

const others: readonly (readonly [string, () => VirtualCard & { readonly statistics: VirtualJpkiCard['statistics'] }])[] = [
  ["another person's My Number card", () => new VirtualJpkiCard({ authentication: other })],
  ['an HPKI card', () => new VirtualHpkiCard({ signing: doctor, authentication: hpkiLogin })],
];

describe('a card swapped between window and key', () => {
  it.each(others)('for %s never gets the PIN', async (_what, make) => {
    const stranger = make();
    expect(await typePinThen(() => desk.insert(stranger))).toMatchObject({ code: 'CARD_REMOVED', pinNotPresented: true });
    expect([stranger.statistics.pinsPresented, card.statistics.pinsPresented]).toEqual([0, 0]);
  });

  it('and swapped back does not get it either: it was typed before', async () => {
    const outcome = await typePinThen(async () => {
      desk.insert(new VirtualJpkiCard({ authentication: other }));
      await desk.shown();
      desk.insert(card);
      await desk.shown();
    });
    expect(outcome).toMatchObject({ code: 'CARD_REMOVED', pinNotPresented: true });
    expect(card.statistics.pinsPresented).toBe(0);
  });

  it('unnoticed by PC/SC is seen in the transaction of the counter, and again in that of the key', async () => {
    for (const command of [0, 5]) {
      card.resetStatistics();
      const outcome = await typePinThen(() => card.setFaults({ at: { command }, when: 'before', what: { kind: 'swap', authentication: other } }));
      expect(outcome, `swapped at command ${command}`).toMatchObject({ code: 'CARD_UNKNOWN', pinNotPresented: true });
      expect(card.statistics.pinsPresented).toBe(0);
      desk.insert((card = new VirtualJpkiCard({ authentication: own })));
    }
  });

  it('right under the key yields no login: the value does not hold under the certificate that was shown', async () => {
    const outcome = await typePinThen(() => card.setFaults({ at: 'signature', when: 'before', what: { kind: 'swap', authentication: other } }));
    expect(outcome).toMatchObject({ code: 'CARD_MODULE_FAILED' });
    expect(card.statistics.pinsPresented).toBe(1);
  });
});
