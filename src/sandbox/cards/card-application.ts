import { constants, privateEncrypt } from 'node:crypto';
import { applicationFiles, type ApplicationFiles } from './card-files.ts';
import type { CardIdentity, VirtualHpkiCardOptions } from './card-options.ts';

/** Consecutive wrong PINs until an application is blocked, unless the options say fewer. */
const mostTries = 15;

/** One application (DF) of a virtual card: its files, its PIN with its counter, its key. */
export class CardApplication {
  readonly purpose: 'signing' | 'authentication';
  identity: CardIdentity;
  files: ApplicationFiles;
  selectedFile: number | undefined;
  keyIsSet = false;
  verified = false;
  triesLeft: number;
  readonly #options: VirtualHpkiCardOptions;
  readonly #pin: Uint8Array;
  readonly #maxTries: number;

  constructor(
    purpose: 'signing' | 'authentication',
    identity: CardIdentity,
    pin: string,
    options: VirtualHpkiCardOptions,
  ) {
    this.purpose = purpose;
    this.identity = identity;
    this.#options = options;
    this.files = applicationFiles(options.layout ?? 'circulation', identity);
    this.#pin = Buffer.from(pin, 'ascii');
    this.#maxTries = Math.min(options.maxTries ?? mostTries, mostTries);
    this.triesLeft = this.#maxTries;
  }

  exchangeIdentity(identity: CardIdentity): void {
    this.identity = identity;
    this.files = applicationFiles(this.#options.layout ?? 'circulation', identity);
  }

  /** What is gone when another application is selected or the card is reset. Tries stay. */
  forget(): void {
    this.selectedFile = undefined;
    this.keyIsSet = false;
    this.verified = false;
  }

  /** Status word of a VERIFY without data. */
  counterStatus(): number {
    if (this.triesLeft === 0) return 0x6983;
    const counter = this.#options.counter ?? 'tries';
    if (counter !== 'tries') return counter;
    return this.verified ? 0x9000 : 0x63c0 | this.triesLeft;
  }

  /** Status word of a VERIFY with a PIN. Whatever is not the PIN spends a try, of whatever length. */
  present(pin: Uint8Array): number {
    if (this.triesLeft === 0) return 0x6983;
    if (Buffer.compare(pin, this.#pin) === 0) {
      this.triesLeft = this.#maxTries;
      this.verified = true;
      return 0x9000;
    }
    this.verified = false;
    this.triesLeft -= 1;
    const wrongPin = this.#options.wrongPin ?? 'tries';
    return wrongPin === 'tries' ? 0x63c0 | this.triesLeft : wrongPin;
  }

  /** RSA with padding already done (`block`) or to be done here (`digest-info`); undefined if the input does not fit. */
  sign(form: 'block' | 'digest-info', input: Uint8Array): Uint8Array | undefined {
    const padding = form === 'block' ? constants.RSA_NO_PADDING : constants.RSA_PKCS1_PADDING;
    try {
      const value = privateEncrypt({ key: this.identity.privateKey, padding }, input);
      // userConsent 1: the signing key wants the PIN before each signature.
      if (this.purpose === 'signing') this.verified = false;
      return value;
    } catch {
      return undefined;
    }
  }
}
