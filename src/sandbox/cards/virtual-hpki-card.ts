import { answerToReset } from './answer-to-reset.ts';
import { CardApplication } from './card-application.ts';
import type { CardCommand } from './card-command.ts';
import type { CardSwap } from './card-faults.ts';
import { aids } from './card-files.ts';
import type { SignatureInput } from './card-key.ts';
import { sandboxPin, type VirtualHpkiCardOptions } from './card-options.ts';
import { VirtualCard, type CardAnswer } from './virtual-card.ts';

/**
 * A virtual HPKI card. It is written from JAHIS 24-002 "HPKI対応ICカードガイドライン" and from public programs that drive
 * real cards; no real card was compared with it.
 *
 * Like a real one it has an application for signing and one for authentication, finds them by partial AID, has no
 * EF.DIR, shows its certificates without a PIN, wants the PIN before every signature of the signing application
 * and once per session for authentication, drops an application's state when the other is selected and all state
 * at a reset, counts wrong PINs and blocks for good when they are used up.
 *
 * ```ts
 * const card = new VirtualHpkiCard({ signing: { certificate, privateKey }, layout: 'annex-b' });
 * card.powerOn();
 * const fci = card.transmit(Buffer.from('00A4040010E828BD080FA00000039100000000000100', 'hex'));
 * ```
 */
export class VirtualHpkiCard extends VirtualCard {
  readonly atr = answerToReset();
  readonly #options: VirtualHpkiCardOptions;
  readonly #applications: readonly CardApplication[];
  #current: CardApplication | undefined;
  #chain: { readonly header: string; readonly data: Uint8Array } | undefined;

  constructor(options: VirtualHpkiCardOptions) {
    super(options);
    this.#options = options;
    const pin = options.pin ?? sandboxPin;
    this.#applications = [
      ...(options.signing === undefined ? [] : [new CardApplication('signing', options.signing, pin, options)]),
      ...(options.authentication === undefined
        ? []
        : [new CardApplication('authentication', options.authentication, pin, options)]),
    ];
  }

  /** Tries left of one application, as the card counts them itself. */
  triesLeft(purpose: 'signing' | 'authentication'): number | undefined {
    return this.#applications.find((application) => application.purpose === purpose)?.pin.triesLeft;
  }

  protected override forget(): void {
    for (const application of this.#applications) application.forget();
    this.#current = undefined;
    this.#chain = undefined;
  }

  protected override exchange(swap: CardSwap): void {
    for (const application of this.#applications) {
      const identity = swap[application.purpose];
      if (identity !== undefined) application.exchangeIdentity(identity);
    }
  }

  protected override execute(command: CardCommand): CardAnswer {
    if (command.ins === 0xa4) return this.#select(command);
    const application = this.#current;
    if (application === undefined) return { sw: knownInstructions.has(command.ins) ? 0x6985 : 0x6d00 };
    switch (command.ins) {
      case 0xb0:
        return this.#readBinary(application, command);
      case 0x20:
        return this.#verify(application, command);
      case 0x22:
        return this.#manageSecurityEnvironment(application, command);
      case 0x2a:
        return this.#computeSignature(application, command);
      default:
        return { sw: 0x6d00 };
    }
  }

  #select({ p1, p2, data }: CardCommand): CardAnswer {
    if (p1 === 0x04) return this.#selectApplication(p2, data);
    if (p1 !== 0x02 || p2 !== 0x0c || data.length !== 2) return { sw: 0x6a86 };
    const application = this.#current;
    const ef = ((data[0] ?? 0) << 8) | (data[1] ?? 0);
    if (application === undefined) return { sw: 0x6a82 };
    if (!application.files.readable.has(ef) && !application.files.hidden.has(ef)) return { sw: 0x6a82 };
    application.selectedFile = ef;
    return { sw: 0x9000 };
  }

  #selectApplication(p2: number, name: Uint8Array): CardAnswer {
    const next = (p2 & 0x03) === 0x02;
    const fitting = this.#applications.filter(({ purpose }) => {
      return name.length > 0 && Buffer.compare(aids[purpose].subarray(0, name.length), name) === 0;
    });
    const found = next && this.#current !== undefined ? fitting[fitting.indexOf(this.#current) + 1] : fitting[0];
    if (found === undefined) return { sw: 0x6a82 };
    for (const other of this.#applications) if (other !== found) other.forget();
    found.selectedFile = undefined;
    found.keyIsSet = false;
    this.#current = found;
    this.#chain = undefined;
    return (p2 & 0x0c) === 0x0c
      ? { sw: 0x9000 }
      : { data: Uint8Array.of(0x6f, 0x12, 0x84, 0x10, ...aids[found.purpose]), sw: 0x9000 };
  }

  #readBinary(application: CardApplication, { p1, p2, data, le }: CardCommand): CardAnswer {
    if (data.length > 0 || le === undefined) return { sw: 0x6700 };
    const bySfi = (p1 & 0x80) !== 0;
    const ef = bySfi ? p1 & 0x1f : application.selectedFile;
    if (ef === undefined) return { sw: 0x6986 };
    if (application.files.hidden.has(ef)) return { sw: 0x6981 };
    const file = application.files.readable.get(ef);
    if (file === undefined) return { sw: 0x6a82 };
    application.selectedFile = ef;
    const offset = bySfi ? p2 : (p1 << 8) | p2;
    return this.readFile(file, offset, le);
  }

  #verify(application: CardApplication, { cla, p1, p2, data }: CardCommand): CardAnswer {
    if (cla !== 0x00) return { sw: 0x6e00 };
    if (p1 !== 0x00) return { sw: 0x6a86 };
    if (p2 !== application.files.pinReference) return { sw: 0x6a88 };
    if (data.length === 0) return { sw: application.pin.counterStatus() };
    this.countPin();
    return { sw: application.pin.present(data) };
  }

  #manageSecurityEnvironment(application: CardApplication, { cla, p1, p2, data }: CardCommand): CardAnswer {
    const { files } = application;
    if (cla !== 0x00) return { sw: 0x6e00 };
    if (p1 !== 0x41 || p2 !== 0xb6) return { sw: 0x6a86 };
    const refusal = this.#refusal(application, 'digest-info', 'mse');
    if (refusal !== undefined) return refusal;
    if (files.keyMustBeSelectedForMse && application.selectedFile !== files.keyFile) return { sw: 0x6a88 };
    if (Buffer.compare(data, files.keyReference) !== 0) return { sw: 0x6a88 };
    application.keyIsSet = true;
    return { sw: 0x9000 };
  }

  #computeSignature(application: CardApplication, command: CardCommand): CardAnswer {
    const parameters = (command.p1 << 8) | command.p2;
    if (command.cla === 0x80 && parameters === 0x0080) {
      const refusal = this.#refusal(application, 'emsa-block', 'pso');
      if (refusal !== undefined) return refusal;
      if (application.selectedFile !== application.files.keyFile) return { sw: 0x6985 };
      return this.#sign(application, 'digest-info', command.data);
    }
    if (command.cla === 0x80) return { sw: 0x6e00 };
    if (parameters !== 0x9e9a) return { sw: 0x6a86 };
    const refusal = this.#refusal(application, 'digest-info', 'pso');
    if (refusal !== undefined) return refusal;
    const header = `${command.ins} ${parameters}`;
    const sofar = this.#chain?.header === header ? this.#chain.data : new Uint8Array();
    const data = Uint8Array.from([...sofar, ...command.data]);
    this.#chain = command.cla === 0x10 ? { header, data } : undefined;
    if (command.cla === 0x10) return { sw: 0x9000 };
    if (!application.keyIsSet) return { sw: 0x6985 };
    return this.#sign(application, 'block', data);
  }

  #sign(application: CardApplication, form: SignatureInput, input: Uint8Array): CardAnswer {
    if (!application.pin.verified) return { sw: 0x6982 };
    const data = application.sign(form, input);
    if (data === undefined) return { sw: 0x6a80 };
    this.countSignature();
    return { data, sw: 0x9000 };
  }

  /** How this card refuses a signing form, where it is a card that has only the `other` one. */
  #refusal(application: CardApplication, other: 'emsa-block' | 'digest-info', at: 'mse' | 'pso'): CardAnswer | undefined {
    const refusal = this.#options.refusal ?? { at: 'mse', status: 0x6a86 };
    // The older form has no MSE at which it could be refused.
    const refusedAt = other === 'emsa-block' ? 'pso' : refusal.at;
    if ((this.#options.signingForms ?? 'both') !== other) return undefined;
    if (refusedAt !== at) return at === 'pso' ? { sw: refusal.status } : undefined;
    if (refusal.dropsPin === true) application.pin.verified = false;
    return { sw: refusal.status };
  }
}

const knownInstructions: ReadonlySet<number> = new Set([0xb0, 0x20, 0x22, 0x2a]);
