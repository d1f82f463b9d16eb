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
    let working: Promise<Uint8Array> | undefined;
    for (const hash of hashes) {
      const value = await working;
      // The card works on the next hash while the caller checks this value. The second hash goes out only when the first
      // value has come: that one proves the PIN.
      working = signal.aborted ? undefined : this.#begin(session, hash);
      if (value !== undefined) yield value;
      if (working === undefined) return;
    }
    if (working !== undefined) yield await working;
  }

  #begin(session: PinSessionId, hash: Uint8Array): Promise<Uint8Array> {
    const working = this.#cards.sign(session, hash);
    // It may fail while the caller is still busy with the value before; whoever awaits it is told all the same.
    working.catch(() => undefined);
    return working;
  }
}
