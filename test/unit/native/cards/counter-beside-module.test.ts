import { beforeAll, describe, expect, it } from 'vitest';
import { counterBesideModule } from '../../../../src/native/cards/counter-beside-module.ts';
import { SmartCardError, type SmartCardService } from '../../../../src/native/pcsc/smart-card-service.ts';
import type { CardIdentity, VirtualHpkiCardOptions } from '../../../../src/sandbox/cards/card-options.ts';
import { VirtualHpkiCard } from '../../../../src/sandbox/cards/virtual-hpki-card.ts';
import { VirtualReaders } from '../../../../src/sandbox/cards/virtual-readers.ts';
import { makeCardIdentity } from '../../../support/card-identity.ts';

const reader = 'ACS ACR39U ICC Reader 00 00';
const wrongPin = Buffer.from('9999');

let doctor: CardIdentity;
let other: CardIdentity;

beforeAll(async () => {
  [doctor, other] = await Promise.all([makeCardIdentity('Doctor'), makeCardIdentity('Other doctor')]);
});

function setUp(options: Partial<VirtualHpkiCardOptions> = {}, names: readonly string[] = [reader, 'Other reader 00 00']) {
  const readers = new VirtualReaders(names);
  const card = new VirtualHpkiCard({ signing: doctor, authentication: other, ...options });
  readers.insert(card, names[0] ?? reader);
  return { readers, card };
}

const order = (slot = reader) => ({ reader: slot, certificate: doctor.certificate });

/** VERIFY with a PIN at the card itself, as a module does it. */
function refusePin(card: VirtualHpkiCard): void {
  card.transmit(Buffer.from('00a4040010e828bd080fa00000039100000000000100', 'hex'));
  card.transmit(Buffer.concat([Buffer.from('0020008804', 'hex'), wrongPin]));
}

describe('the PIN counter of a card that a module owns', () => {
  it.each([{ layout: 'circulation' }, { layout: 'annex-b' }, { layout: 'circulation', extendedLength: false }] as const)(
    'is read from the card itself, with no PIN: $layout',
    async (options) => {
      const { readers, card } = setUp(options);
      expect(await counterBesideModule(readers, order())).toBe(15);
      expect(card.statistics.pinsPresented).toBe(0);
      expect(card.triesLeft('signing')).toBe(15);
    },
  );

  it('follows what the module has spent, down to a blocked card', async () => {
    const { readers, card } = setUp({ maxTries: 2 });
    refusePin(card);
    expect(await counterBesideModule(readers, order())).toBe(1);
    refusePin(card);
    expect(await counterBesideModule(readers, order())).toBe(0);
  });

  it('is unknown where the card does not tell it', async () => {
    for (const counter of [0x6300, 0x6700, 0x6a86] as const) {
      expect(await counterBesideModule(setUp({ counter }).readers, order())).toBe('unknown');
    }
  });

  it('is not told of another card in that reader', async () => {
    const { readers, card } = setUp({ signing: other });
    expect(await counterBesideModule(readers, order())).toBe('unknown');
    // SELECT, and the reading that showed it; the counter was not asked for.
    expect(card.statistics.commandsByIns.has(0x20)).toBe(false);
  });

  it('is unknown, and the card untouched, in a reader that the module names otherwise, or that is empty or there twice', async () => {
    const { readers, card } = setUp();
    expect(await counterBesideModule(readers, order('ACS ACR39U'))).toBe('unknown');
    expect(await counterBesideModule(readers, order('Other reader 00 00'))).toBe('unknown');
    const long = 'A reader with a name that is longer than a slot description may be';
    const twins = setUp({}, [`${long} 00 00`, `${long} 01 00`]);
    expect(await counterBesideModule(twins.readers, order(long.slice(0, 64)))).toBe('unknown');
    expect(card.statistics.commands + twins.card.statistics.commands).toBe(0);
  });

  it('is found under a name that the slot description cuts or pads', async () => {
    const long = 'カードリーダー（とても長い名前のついたもの） 接触型 00 00';
    const { readers } = setUp({}, [long]);
    expect(Buffer.byteLength(long)).toBeGreaterThan(64);
    expect(await counterBesideModule(readers, order(long))).toBe(15);
    expect(await counterBesideModule(setUp().readers, order(reader.padEnd(64)))).toBe(15);
  });

  it('is unknown, and no error, whatever PC/SC says', async () => {
    const { readers } = setUp();
    const failing = (code: SmartCardError['code']): SmartCardService => ({
      state: () => readers.state(),
      subscribe: () => () => undefined,
      transaction: () => Promise.reject(new SmartCardError(code, 'X')),
      close: () => Promise.resolve(),
    });
    for (const code of ['SHARING_VIOLATION', 'CARD_REMOVED', 'CARD_RESET', 'COMMUNICATION', 'SERVICE_UNAVAILABLE'] as const) {
      expect(await counterBesideModule(failing(code), order())).toBe('unknown');
    }
    readers.stopService();
    expect(await counterBesideModule(readers, order())).toBe('unknown');
  });
});
