/** How a card's PIN behaves beside being right or wrong. */
export interface CardPinOptions {
  /** ASCII. */
  readonly pin: string;
  /** Consecutive wrong PINs until it is blocked. */
  readonly maxTries: number;
  /** What an empty VERIFY answers: the tries left, or this status word. */
  readonly counter?: 'tries' | number;
  /** What an empty VERIFY answers while the PIN is verified. */
  readonly verifiedCounter?: 'verified' | 'tries';
  /** What a wrong PIN answers: 63CX, or 6300 without a count. */
  readonly wrongPin?: 'tries' | 0x6300;
}

/** A PIN in a card: its value, its try counter, and whether it has been verified. Tries outlive everything. */
export class CardPin {
  verified = false;
  triesLeft: number;
  readonly #options: CardPinOptions;
  readonly #value: Uint8Array;

  constructor(options: CardPinOptions) {
    this.#options = options;
    this.#value = Buffer.from(options.pin, 'ascii');
    this.triesLeft = options.maxTries;
  }

  /** Status word of a VERIFY without data. */
  counterStatus(): number {
    if (this.triesLeft === 0) return 0x6983;
    const { counter = 'tries', verifiedCounter = 'verified' } = this.#options;
    if (counter !== 'tries') return counter;
    return this.verified && verifiedCounter === 'verified' ? 0x9000 : 0x63c0 | this.triesLeft;
  }

  /** Status word of a VERIFY with a PIN. Whatever is not the PIN spends a try, of whatever length. */
  present(pin: Uint8Array): number {
    if (this.triesLeft === 0) return 0x6983;
    if (Buffer.compare(pin, this.#value) === 0) {
      this.triesLeft = this.#options.maxTries;
      this.verified = true;
      return 0x9000;
    }
    this.verified = false;
    this.triesLeft -= 1;
    const { wrongPin = 'tries' } = this.#options;
    return wrongPin === 'tries' ? 0x63c0 | this.triesLeft : wrongPin;
  }
}
