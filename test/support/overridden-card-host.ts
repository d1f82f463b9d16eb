import type { CardHost } from '../../src/native/host/card-host.ts';

/** A card host of which a test plays some of the methods. */
export function overridden(cards: CardHost, methods: Partial<CardHost>): CardHost {
  return {
    state: () => cards.state(),
    isStarting: () => cards.isStarting(),
    subscribe: (listener) => cards.subscribe(listener),
    pinTries: (certificate) => cards.pinTries(certificate),
    holdPin: (entry) => cards.holdPin(entry),
    sign: (session, hash) => cards.sign(session, hash),
    endPinSession: (session) => cards.endPinSession(session),
    revive: (anew) => cards.revive(anew),
    close: () => cards.close(),
    ...methods,
  };
}
