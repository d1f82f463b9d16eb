import type { CardIdentity } from './card-options.ts';

/** When a fault strikes. It strikes once. */
export type FaultPoint =
  /** The n-th command from now, counted from 0. */
  | { readonly command: number }
  /** The next command with this instruction byte. */
  | { readonly ins: number }
  /** The next command that would make a signature. */
  | 'signature';

export interface CardFault {
  readonly at: FaultPoint;
  /**
   * `before`: the card never sees the command. `during`: it works on it, and the answer is lost.
   * `after`: the answer still arrives.
   */
  readonly when: 'before' | 'during' | 'after';
  readonly what:
    | { readonly kind: 'remove' }
    /** The card does not answer any more until it is reset. */
    | { readonly kind: 'mute' }
    /** Another program resets the card; the caller's next command meets a card without state. */
    | { readonly kind: 'reset' }
    /** These bytes are answered instead: a wrong status word, garbage, nothing. */
    | { readonly kind: 'answer'; readonly bytes: Uint8Array }
    | ({ readonly kind: 'swap' } & CardSwap);
}

/** Certificates and keys become other ones, as if the card had been exchanged unnoticed. What is left out stays. */
export interface CardSwap {
  readonly signing?: CardIdentity;
  readonly authentication?: CardIdentity;
}

/** Thrown by a virtual card's `transmit` for what is no answer; readers turn it into what PC/SC would report. */
export class VirtualCardEvent extends Error {
  override readonly name = 'VirtualCardEvent';
  readonly kind: 'removed' | 'mute' | 'reset';

  constructor(kind: 'removed' | 'mute' | 'reset') {
    super(`the virtual card is ${kind}`);
    this.kind = kind;
  }
}
