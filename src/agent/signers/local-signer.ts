import type { CardHost, PinSessionId } from '../../native/host/card-host.ts';
import type { Signer } from './signer.ts';

/** Signs with the card for which a PIN session is held. Throws CardError; tries nothing twice. */
export class LocalSigner implements Signer<PinSessionId> {
  readonly method = 'local';
  readonly #cards: Pick<CardHost, 'sign'>;

  constructor(cards: Pick<CardHost, 'sign'>) {
    this.#cards = cards;
  }

  async *sign(session: PinSessionId, hashes: readonly Uint8Array[], signal: AbortSignal): AsyncGenerator<Uint8Array, void, void> {
    for (const hash of hashes) {
      if (signal.aborted) return;
      yield await this.#cards.sign(session, hash);
    }
  }
}
