import type { CardCommand } from './card-command.ts';
import type { CardSwap } from './card-faults.ts';
import { signInCard } from './card-key.ts';
import { sandboxPin, type CardIdentity, type VirtualCardOptions } from './card-options.ts';
import { CardPin } from './card-pin.ts';
import { VirtualCard, type CardAnswer } from './virtual-card.ts';

/** How a virtual My Number card behaves. */
export interface VirtualJpkiCardOptions extends VirtualCardOptions {
  /** 利用者証明用; absent: a card whose holder wanted no such certificate. Its `ca` is readable as well. */
  readonly authentication?: CardIdentity;
  /** 署名用, which this product never uses. */
  readonly signing?: CardIdentity;
  /** Of the authentication key, 4 digits. Default `sandboxPin`. */
  readonly pin?: string;
  /** Of the signing key and its certificate. Default `sandboxSigningPassword`. */
  readonly signingPassword?: string;
  /** Consecutive wrong PINs until the authentication PIN is blocked, at most 3. Default 3. */
  readonly maxTries?: number;
  /** What an empty VERIFY answers: the tries left, or this status word. Default `tries`. */
  readonly counter?: 'tries' | 0x6300 | 0x6700 | 0x6a86;
}

/** Guards nothing: the keys are made for tests. */
const sandboxSigningPassword = 'TEST1234';

const applicationName = Buffer.from('D392F000260100000001', 'hex');

/** EFs of the application. */
const ef = {
  signingCertificate: 0x0001,
  signingCa: 0x0002,
  token: 0x0006,
  authenticationCertificate: 0x000a,
  authenticationCa: 0x000b,
  authenticationKey: 0x0017,
  authenticationPin: 0x0018,
  signingKey: 0x001a,
  signingPassword: 0x001b,
} as const;

const mostAuthenticationTries = 3;
const mostSigningTries = 5;
const tokenText = Buffer.from('JPKIAPICCTOKEN', 'ascii');

/** One of the card's two keys, with the PIN that opens it. */
interface CardSide {
  identity: CardIdentity | undefined;
  readonly pin: CardPin;
}

/**
 * The JPKI application of a virtual My Number card, written from public programs that drive real ones (OpenSC among them);
 * no real card was compared with it. Certificate for authentication readable by anyone, 4-digit PIN with 3 tries, verified
 * until the application is selected again or the card is reset; certificate and key for signing behind a password with 5
 * tries, which the key wants before each signature.
 *
 * ```ts
 * const card = new VirtualJpkiCard({ authentication: { certificate, privateKey } });
 * card.powerOn();
 * card.transmit(Buffer.from('00A4040C0AD392F000260100000001', 'hex'));
 * ```
 */
export class VirtualJpkiCard extends VirtualCard {
  /** What OpenSC knows of contact cards: no historical bytes. */
  readonly atr = Uint8Array.from(Buffer.from('3BE000FF8131FE4514', 'hex'));
  readonly #authentication: CardSide;
  readonly #signing: CardSide;
  #selected = false;
  #file: number | undefined;
  #touched = new Set<number>();

  constructor(options: VirtualJpkiCardOptions) {
    super(options);
    const { pin = sandboxPin, signingPassword = sandboxSigningPassword, maxTries = mostAuthenticationTries, counter = 'tries' } = options;
    // OpenSC asks for the counter whether or not the PIN is verified, and takes nothing but 63CX for an answer.
    const verifiedCounter = 'tries';
    this.#authentication = {
      identity: options.authentication,
      pin: new CardPin({ pin, maxTries: Math.min(maxTries, mostAuthenticationTries), counter, verifiedCounter }),
    };
    this.#signing = { identity: options.signing, pin: new CardPin({ pin: signingPassword, maxTries: mostSigningTries, verifiedCounter }) };
  }

  /** Tries left as the card counts them itself. */
  triesLeft(purpose: 'signing' | 'authentication'): number {
    return (purpose === 'signing' ? this.#signing : this.#authentication).pin.triesLeft;
  }

  /** Whether the authentication key would sign now, without a PIN, for whoever asks. */
  get isVerified(): boolean {
    return this.#authentication.pin.verified;
  }

  /** Every EF that was selected since it was last forgotten, for tests of what a program keeps its hands off. */
  get touchedFiles(): ReadonlySet<number> {
    return this.#touched;
  }

  override resetStatistics(): void {
    super.resetStatistics();
    this.#touched = new Set();
  }

  protected override forget(): void {
    this.#selected = false;
    this.#leave();
  }

  protected override exchange({ authentication, signing }: CardSwap): void {
    if (authentication !== undefined) this.#authentication.identity = authentication;
    if (signing !== undefined) this.#signing.identity = signing;
  }

  protected override execute(command: CardCommand): CardAnswer {
    if (command.ins === 0xa4) return this.#select(command);
    if (!this.#selected) return { sw: 0x6985 };
    switch (command.ins) {
      case 0xb0:
        return this.#readBinary(command);
      case 0x20:
        return this.#verify(command);
      case 0x2a:
        return this.#computeSignature(command);
      default:
        return { sw: 0x6d00 };
    }
  }

  #select({ cla, p1, p2, data }: CardCommand): CardAnswer {
    if (cla !== 0x00) return { sw: 0x6e00 };
    if (p1 === 0x04) return this.#selectApplication(p2, data);
    if (p1 !== 0x02 || p2 !== 0x0c || data.length !== 2) return { sw: 0x6a86 };
    const file = ((data[0] ?? 0) << 8) | (data[1] ?? 0);
    if (!this.#selected || !allFiles.has(file)) return { sw: 0x6a82 };
    this.#file = file;
    this.#touched.add(file);
    return { sw: 0x9000 };
  }

  #selectApplication(p2: number, name: Uint8Array): CardAnswer {
    const isMeant = name.length > 0 && Buffer.compare(applicationName.subarray(0, name.length), name) === 0;
    if (!isMeant) return { sw: 0x6a82 };
    this.#selected = true;
    this.#leave();
    return (p2 & 0x0c) === 0x0c ? { sw: 0x9000 } : { data: Uint8Array.of(0x6f, 0x0c, 0x84, 0x0a, ...applicationName), sw: 0x9000 };
  }

  /** SELECT of the application, again too, ends what was verified in it. */
  #leave(): void {
    this.#file = undefined;
    this.#authentication.pin.verified = false;
    this.#signing.pin.verified = false;
  }

  #readBinary({ cla, p1, p2, data, le }: CardCommand): CardAnswer {
    if (cla !== 0x00) return { sw: 0x6e00 };
    if (data.length > 0 || le === undefined) return { sw: 0x6700 };
    if ((p1 & 0x80) !== 0) return { sw: 0x6a86 };
    if (this.#file === undefined) return { sw: 0x6986 };
    if (this.#file === ef.signingCertificate && !this.#signing.pin.verified) return { sw: 0x6982 };
    const content = this.#content(this.#file);
    return content === undefined ? { sw: 0x6981 } : this.readFile(content, (p1 << 8) | p2, le);
  }

  /** Undefined for keys and PINs, which no command reads. */
  #content(file: number): Uint8Array | undefined {
    const none = new Uint8Array();
    switch (file) {
      case ef.authenticationCertificate:
        return this.#authentication.identity?.certificate ?? none;
      case ef.authenticationCa:
        return this.#authentication.identity?.ca ?? none;
      case ef.signingCertificate:
        return this.#signing.identity?.certificate ?? none;
      case ef.signingCa:
        return this.#signing.identity?.ca ?? none;
      case ef.token:
        return tokenText;
      default:
        return undefined;
    }
  }

  #verify({ cla, p1, p2, data }: CardCommand): CardAnswer {
    if (cla !== 0x00) return { sw: 0x6e00 };
    if (p1 !== 0x00 || p2 !== 0x80) return { sw: 0x6a86 };
    const pin = this.#file === ef.authenticationPin ? this.#authentication.pin : this.#file === ef.signingPassword ? this.#signing.pin : undefined;
    if (pin === undefined) return { sw: 0x6986 };
    if (data.length === 0) return { sw: pin.counterStatus() };
    this.countPin();
    return { sw: pin.present(data) };
  }

  /** COMPUTE DIGITAL SIGNATURE of the older form: DigestInfo in, padded by the card. */
  #computeSignature({ cla, p1, p2, data }: CardCommand): CardAnswer {
    if (cla !== 0x80 || p1 !== 0x00 || p2 !== 0x80) return { sw: 0x6a86 };
    const side = this.#file === ef.authenticationKey ? this.#authentication : this.#file === ef.signingKey ? this.#signing : undefined;
    if (side?.identity === undefined) return { sw: 0x6986 };
    if (!side.pin.verified) return { sw: 0x6982 };
    const value = signInCard(side.identity.privateKey, 'digest-info', data);
    if (value === undefined) return { sw: 0x6a80 };
    if (side === this.#signing) side.pin.verified = false;
    this.countSignature();
    return { data: value, sw: 0x9000 };
  }
}

const allFiles: ReadonlySet<number> = new Set(Object.values(ef));
