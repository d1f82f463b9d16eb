/** Virtual readers with keys of their own: what a person presses is a function of the test. */
import type { CardChannel, KeypadOrder, SmartCardService } from '../../src/native/pcsc/smart-card-service.ts';

/** Digits for the card, or a status word of the reader itself. */
export type Pressed = string | number;

export function withKeypad(service: SmartCardService, press: (order: KeypadOrder) => Pressed | Promise<Pressed>): SmartCardService {
  const keyed = (channel: CardChannel): CardChannel => ({
    ...channel,
    keypad: () =>
      Promise.resolve({
        async verify(order) {
          const pressed = await press(order);
          if (typeof pressed === 'number') return Uint8Array.of(pressed >> 8, pressed & 0xff);
          const digits = Buffer.from(pressed, 'ascii');
          return channel.transmit(Uint8Array.of(...order.header, digits.length, ...digits));
        },
      }),
  });
  return {
    state: () => service.state(),
    subscribe: (listener) => service.subscribe(listener),
    transaction: (reader, work) => service.transaction(reader, (channel) => work(keyed(channel))),
    close: () => service.close(),
  };
}
