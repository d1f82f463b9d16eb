import type { CardHost, PinSessionId } from '../../native/host/card-host.ts';
import type { Signer } from './signer.ts';

/**
 * Hashes that the card host has at once, so that the card has work while a value is on its way here and is checked. After
 * a cancel these are still signed.
 */
const signaturesAhead = 2;

/** Signs with the card for which a PIN session is held. Throws CardError; tries nothing twice. */
export class LocalSigner implements Signer<PinSessionId> {
  readonly method = 'local';
  readonly #cards: Pick<CardHost, 'sign'>;

  constructor(cards: Pick<CardHost, 'sign'>) {
    this.#cards = cards;
  }

  async *sign(session: PinSessionId, hashes: readonly Uint8Array[], signal: AbortSignal): AsyncGenerator<Uint8Array, void, void> {
    const working: Promise<Uint8Array>[] = [];
    let sent = 0;
    const send = (atOnce: number): void => {
      for (let hash = hashes[sent]; hash && working.length < atOnce && !signal.aborted; hash = hashes[sent]) {
        working.push(this.#begin(session, hash));
        sent += 1;
      }
    };
    try {
      // The first value proves the PIN: until it has come, nothing else is sent.
      send(1);
      for (let oldest = working[0]; oldest !== undefined; oldest = working[0]) {
        const value = await oldest;
        void working.shift();
        send(signaturesAhead);
        yield value;
      }
    } finally {
      // After a failure the card may still be at work on a hash: nobody is told that the request has ended before it has.
      await Promise.allSettled(working);
    }
  }

  #begin(session: PinSessionId, hash: Uint8Array): Promise<Uint8Array> {
    const working = this.#cards.sign(session, hash);
    // It may fail while the caller is still busy with the value before; whoever awaits it is told all the same.
    working.catch(() => undefined);
    return working;
  }
}
