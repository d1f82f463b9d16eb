import { describe, expect, it } from 'vitest';
import { PresenceCardStack } from '../../../../src/native/host/presence-card-stack.ts';
import type { ReaderPresence, SmartCardService, SmartCardServiceState } from '../../../../src/native/pcsc/smart-card-service.ts';

function setUp(state: SmartCardServiceState) {
  let transactions = 0;
  const service: SmartCardService = {
    state: () => state,
    subscribe: () => () => undefined,
    transaction: () => {
      transactions += 1;
      return Promise.reject(new Error('no APDU may be sent'));
    },
    close: () => Promise.resolve(),
  };
  return { stack: new PresenceCardStack(service), transactions: () => transactions };
}

const reader = (name: string, more: Partial<ReaderPresence> = {}): ReaderPresence => ({
  reader: name,
  present: true,
  atr: new Uint8Array(),
  exclusive: false,
  mute: false,
  insertion: 1,
  ...more,
});

describe('PC/SC beside a vendor module', () => {
  it('shows readers and service, and sends nothing to a card by itself', async () => {
    const { stack, transactions } = setUp({
      service: 'running',
      readers: [reader('A', { present: false }), reader('B', { exclusive: true }), reader('C'), reader('D', { mute: true })],
    });
    const state = stack.state();
    expect(state.service === 'running' && state.readers.map((one) => one.state)).toEqual(['empty', 'in_use', 'unknown_card', 'unknown_card']);
    await expect(stack.sign()).rejects.toMatchObject({ code: 'CARD_UNKNOWN', pinNotPresented: true });
    await expect(stack.triesLeft()).rejects.toMatchObject({ code: 'CARD_UNKNOWN' });
    expect(transactions()).toBe(0);
  });

  it('reads a counter when a module asks for one', async () => {
    const { stack, transactions } = setUp({ service: 'running', readers: [reader('C')] });
    expect(await stack.readCounter({ reader: 'C', certificate: Uint8Array.of(0x30) })).toBe('unknown');
    expect(transactions()).toBe(1);
  });

  it('tells that the service is not there', () => {
    const { stack } = setUp({ service: 'unavailable', reason: 'SCARD_E_NO_SERVICE' });
    expect(stack.state()).toEqual({ service: 'unavailable', code: 'NO_CARD_SERVICE', detail: 'SCARD_E_NO_SERVICE' });
  });
});
