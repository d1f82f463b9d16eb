import { applicationFiles, type ApplicationFiles } from './card-files.ts';
import { signInCard, type SignatureInput } from './card-key.ts';
import type { CardIdentity, VirtualHpkiCardOptions } from './card-options.ts';
import { CardPin } from './card-pin.ts';

/** Consecutive wrong PINs until an application is blocked, unless the options say fewer. */
const mostTries = 15;

/** One application (DF) of a virtual HPKI card: its files, its PIN with its counter, its key. */
export class CardApplication {
  readonly purpose: 'signing' | 'authentication';
  readonly pin: CardPin;
  identity: CardIdentity;
  files: ApplicationFiles;
  selectedFile: number | undefined;
  keyIsSet = false;
  readonly #options: VirtualHpkiCardOptions;

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
    const { counter = 'tries', wrongPin = 'tries' } = options;
    this.pin = new CardPin({ pin, maxTries: Math.min(options.maxTries ?? mostTries, mostTries), counter, wrongPin });
  }

  exchangeIdentity(identity: CardIdentity): void {
    this.identity = identity;
    this.files = applicationFiles(this.#options.layout ?? 'circulation', identity);
  }

  /** What is gone when another application is selected or the card is reset. Tries stay. */
  forget(): void {
    this.selectedFile = undefined;
    this.keyIsSet = false;
    this.pin.verified = false;
  }

  sign(form: SignatureInput, input: Uint8Array): Uint8Array | undefined {
    const value = signInCard(this.identity.privateKey, form, input);
    // userConsent 1: the signing key wants the PIN before each signature.
    if (value !== undefined && this.purpose === 'signing') this.pin.verified = false;
    return value;
  }
}
