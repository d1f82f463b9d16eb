import { beforeAll, describe, expect, it } from 'vitest';
import type { SmartCardServiceState } from '../../../../src/native/pcsc/smart-card-service.ts';
import type { CardIdentity } from '../../../../src/sandbox/cards/card-options.ts';
import { VirtualHpkiCard } from '../../../../src/sandbox/cards/virtual-hpki-card.ts';
import { VirtualReaders } from '../../../../src/sandbox/cards/virtual-readers.ts';
import { makeCardIdentity } from '../../../support/card-identity.ts';

const reader = 'Virtual Reader 1';
const selectSigning = Buffer.from('00A4040010E828BD080FA00000039100000000000100', 'hex');
const counter = Buffer.from('00200088', 'hex');
let doctor: CardIdentity;

beforeAll(async () => {
  doctor = await makeCardIdentity('Doctor');
});

function inserted() {
  const readers = new VirtualReaders();
  const card = new VirtualHpkiCard({ signing: doctor });
  readers.insert(card, reader);
  return { readers, card };
}

describe('virtual readers', () => {
  it('tell every insertion and removal, and count them', () => {
    const { readers, card } = inserted();
    const seen: SmartCardServiceState[] = [];
    readers.subscribe((state) => seen.push(state));
    readers.remove(reader);
    readers.insert(card, reader);
    const insertions = seen.map((state) => (state.service === 'running' ? state.readers[0] : undefined));
    expect(insertions.map((each) => each?.present)).toEqual([false, true]);
    expect(insertions[1]?.insertion).toBeGreaterThan(insertions[0]?.insertion ?? Infinity);
    expect(insertions[1]?.atr).toEqual(card.atr);
  });

  it('let one transaction run at a time', async () => {
    const { readers } = inserted();
    const order: string[] = [];
    const run = (name: string): Promise<void> =>
      readers.transaction(reader, async (channel) => {
        order.push(`${name} begins`);
        await channel.transmit(selectSigning);
        await channel.transmit(counter);
        order.push(`${name} ends`);
      });
    await Promise.all([run('first'), run('second')]);
    expect(order).toEqual(['first begins', 'first ends', 'second begins', 'second ends']);
  });

  it('go on after a transaction that failed', async () => {
    const { readers } = inserted();
    await expect(readers.transaction(reader, () => Promise.reject(new Error('mine')))).rejects.toThrow('mine');
    await expect(readers.transaction(reader, (channel) => channel.transmit(selectSigning))).resolves.toHaveLength(22);
  });

  it('leave the card as it is between transactions', async () => {
    const { readers } = inserted();
    await readers.transaction(reader, (channel) => channel.transmit(selectSigning));
    const answer = await readers.transaction(reader, (channel) => channel.transmit(counter));
    expect(Buffer.from(answer).toString('hex')).toBe('63cf');
  });

  it('fail as PC/SC does', async () => {
    const { readers, card } = inserted();
    const transaction = (name = reader): Promise<unknown> => readers.transaction(name, (channel) => channel.transmit(selectSigning));
    await expect(transaction('No such reader')).rejects.toMatchObject({ code: 'READER_UNAVAILABLE' });
    await expect(transaction('Virtual Reader 2')).rejects.toMatchObject({ code: 'CARD_REMOVED' });
    const release = readers.holdExclusively(reader);
    await expect(transaction()).rejects.toMatchObject({ code: 'SHARING_VIOLATION' });
    release();
    card.setFaults({ at: { command: 0 }, when: 'before', what: { kind: 'mute' } });
    await expect(transaction()).rejects.toMatchObject({ code: 'CARD_MUTE' });
    await expect(transaction()).rejects.toMatchObject({ code: 'CARD_MUTE' });
    readers.stopService();
    expect(readers.state()).toEqual({ service: 'unavailable', reason: 'SCARD_E_NO_SERVICE' });
    await expect(transaction()).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
    readers.startService();
    await expect(transaction()).resolves.toHaveLength(22);
  });

  it('notice in a running transaction what happens meanwhile', async () => {
    const happenings: readonly [string, (readers: VirtualReaders) => void][] = [
      ['CARD_REMOVED', (readers) => readers.remove(reader)],
      ['CARD_RESET', (readers) => readers.resetByAnotherProgram(reader)],
      ['SERVICE_UNAVAILABLE', (readers) => readers.stopService()],
      ['READER_UNAVAILABLE', (readers) => readers.unplug(reader)],
    ];
    for (const [code, happen] of happenings) {
      const { readers } = inserted();
      const failed = readers.transaction(reader, async (channel) => {
        await channel.transmit(selectSigning);
        happen(readers);
        return channel.transmit(counter);
      });
      await expect(failed).rejects.toMatchObject({ code });
    }
  });
});
