import type { SigningMethod } from '../signers/signer.ts';

/** The request goes on by the other way of signing: a person chose so, or this way is closed and nothing was signed on it. */
export class TakesOtherWay extends Error {
  override readonly name = 'TakesOtherWay';
  readonly way: SigningMethod;

  constructor(way: SigningMethod, options?: ErrorOptions) {
    super(way, options);
    this.way = way;
  }
}
