import { answerToReset } from './answer-to-reset.ts';
import { CardApplication } from './card-application.ts';
import { parseCommand, type CardCommand } from './card-command.ts';
import { VirtualCardEvent, type CardFault } from './card-faults.ts';
import { aids } from './card-files.ts';
import { sandboxPin, type VirtualHpkiCardOptions } from './card-options.ts';

/** What a card has been through, for tests that count. */
export interface CardStatistics {
  /** All command APDUs, links of chains and GET RESPONSE included. */
  readonly commands: number;
  readonly commandsByIns: ReadonlyMap<number, number>;
  /** VERIFYs that carried a PIN, right or wrong. */
  readonly pinsPresented: number;
  readonly signatures: number;
}

interface Answer {
  readonly data?: Uint8Array;
  readonly sw: number;
}

/**
 * A virtual HPKI card: command APDU in, response APDU out, without clock, sockets or threads. It is written from
 * JAHIS 24-002 "HPKI対応ICカードガイドライン" and from public programs that drive real cards; no real card was
 * compared with it. Put it into {@link VirtualReaders} for programs of this project, or into a PC/SC reader with
 * `connectToVpcd` for any other program.
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
export class VirtualHpkiCard {
  readonly atr = answerToReset();
  readonly #options: VirtualHpkiCardOptions;
  readonly #applications: readonly CardApplication[];
  #current: CardApplication | undefined;
  #powered = false;
  #muted = false;
  #pulled = false;
  #chain: { readonly header: string; readonly data: Uint8Array } | undefined;
  #waiting = new Uint8Array();
  #faults: CardFault[] = [];
  #commandsSinceFaults = 0;
  #commandsByIns = new Map<number, number>();
  #pinsPresented = 0;
  #signatures = 0;

  constructor(options: VirtualHpkiCardOptions) {
    this.#options = options;
    const pin = options.pin ?? sandboxPin;
    this.#applications = [
      ...(options.signing === undefined ? [] : [new CardApplication('signing', options.signing, pin, options)]),
      ...(options.authentication === undefined
        ? []
        : [new CardApplication('authentication', options.authentication, pin, options)]),
    ];
  }

  /** A fault took the card out of its reader; {@link powerOn} puts it back. */
  get pulled(): boolean {
    return this.#pulled;
  }

  get muted(): boolean {
    return this.#muted;
  }

  get statistics(): CardStatistics {
    const commandsByIns = new Map(this.#commandsByIns);
    const commands = [...commandsByIns.values()].reduce((sum, count) => sum + count, 0);
    return { commands, commandsByIns, pinsPresented: this.#pinsPresented, signatures: this.#signatures };
  }

  resetStatistics(): void {
    this.#commandsByIns = new Map();
    this.#pinsPresented = 0;
    this.#signatures = 0;
  }

  /** Tries left of one application, as the card counts them itself. */
  triesLeft(purpose: 'signing' | 'authentication'): number | undefined {
    return this.#applications.find((application) => application.purpose === purpose)?.triesLeft;
  }

  /** Replaces all faults that have not struck yet. Commands are counted from here. */
  setFaults(...faults: readonly CardFault[]): void {
    this.#faults = [...faults];
    this.#commandsSinceFaults = 0;
  }

  powerOn(): void {
    this.#pulled = false;
    this.reset();
  }

  powerOff(): void {
    this.#forget();
    this.#powered = false;
  }

  reset(): void {
    this.#forget();
    this.#muted = false;
    this.#powered = true;
  }

  /** Throws {@link VirtualCardEvent} where there is no answer: the card is gone, mute or was reset. */
  transmit(apdu: Uint8Array): Uint8Array {
    if (this.#pulled) throw new VirtualCardEvent('removed');
    if (!this.#powered || this.#muted) throw new VirtualCardEvent('mute');
    const fault = this.#takeFault(apdu);
    this.#commandsSinceFaults += 1;
    if (fault === undefined) return this.#answer(apdu);
    if (fault.when === 'before') {
      const instead = this.#strike(fault, true);
      return instead ?? this.#answer(apdu);
    }
    const answer = this.#answer(apdu);
    return this.#strike(fault, fault.when === 'during') ?? answer;
  }

  #takeFault(apdu: Uint8Array): CardFault | undefined {
    const ins = apdu[1];
    // The last link of a chain makes the signature.
    const signs = ins === 0x2a && ((apdu[0] ?? 0) & 0x10) === 0;
    const index = this.#faults.findIndex(({ at }) => {
      if (at === 'signature') return signs;
      return 'ins' in at ? at.ins === ins : at.command === this.#commandsSinceFaults;
    });
    return index < 0 ? undefined : this.#faults.splice(index, 1)[0];
  }

  /** Returns the bytes that are answered instead, if any; throws where `answerLost`. */
  #strike({ what }: CardFault, answerLost: boolean): Uint8Array | undefined {
    switch (what.kind) {
      case 'answer':
        return what.bytes;
      case 'swap':
        this.#applications.find(({ purpose }) => purpose === 'signing')?.exchangeIdentity(what.signing);
        return undefined;
      case 'remove':
        this.powerOff();
        this.#pulled = true;
        break;
      case 'mute':
        this.#muted = true;
        break;
      case 'reset':
        this.reset();
        break;
    }
    if (answerLost) throw new VirtualCardEvent(what.kind === 'remove' ? 'removed' : what.kind);
    return undefined;
  }

  #forget(): void {
    for (const application of this.#applications) application.forget();
    this.#current = undefined;
    this.#chain = undefined;
    this.#waiting = new Uint8Array();
  }

  #answer(apdu: Uint8Array): Uint8Array {
    const ins = apdu[1] ?? 0;
    this.#commandsByIns.set(ins, (this.#commandsByIns.get(ins) ?? 0) + 1);
    const command = parseCommand(apdu);
    if (command === undefined || (command.extended && this.#options.extendedLength === false)) return encode({ sw: 0x6700 });
    if (command.cla !== 0x00 && command.cla !== 0x10 && command.cla !== 0x80) return encode({ sw: 0x6e00 });
    if (ins === 0xc0) return encode(this.#getResponse(command));
    this.#waiting = new Uint8Array();
    return encode(this.#split(command, this.#execute(command)));
  }

  /** What of an answer goes out now, and what waits for GET RESPONSE. */
  #split(command: CardCommand, answer: Answer): Answer {
    const data = answer.data ?? new Uint8Array();
    const asUnderT0 = this.#options.extendedLength === false && command.data.length > 0;
    const now = asUnderT0 ? 0 : command.le ?? 0;
    if (answer.sw !== 0x9000 || data.length <= now) return answer;
    this.#waiting = data.slice(now);
    return { data: data.slice(0, now), sw: 0x6100 | announced(this.#waiting.length) };
  }

  #getResponse(command: CardCommand): Answer {
    if (this.#waiting.length === 0 || command.le === undefined) return { sw: 0x6985 };
    const data = this.#waiting.slice(0, command.le);
    this.#waiting = this.#waiting.slice(command.le);
    return { data, sw: this.#waiting.length === 0 ? 0x9000 : 0x6100 | announced(this.#waiting.length) };
  }

  #execute(command: CardCommand): Answer {
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

  #select({ p1, p2, data }: CardCommand): Answer {
    if (p1 === 0x04) return this.#selectApplication(p2, data);
    if (p1 !== 0x02 || p2 !== 0x0c || data.length !== 2) return { sw: 0x6a86 };
    const application = this.#current;
    const ef = ((data[0] ?? 0) << 8) | (data[1] ?? 0);
    if (application === undefined) return { sw: 0x6a82 };
    if (!application.files.readable.has(ef) && !application.files.hidden.has(ef)) return { sw: 0x6a82 };
    application.selectedFile = ef;
    return { sw: 0x9000 };
  }

  #selectApplication(p2: number, name: Uint8Array): Answer {
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

  #readBinary(application: CardApplication, { p1, p2, data, le }: CardCommand): Answer {
    if (data.length > 0 || le === undefined) return { sw: 0x6700 };
    const bySfi = (p1 & 0x80) !== 0;
    const ef = bySfi ? p1 & 0x1f : application.selectedFile;
    if (ef === undefined) return { sw: 0x6986 };
    if (application.files.hidden.has(ef)) return { sw: 0x6981 };
    const file = application.files.readable.get(ef);
    if (file === undefined) return { sw: 0x6a82 };
    application.selectedFile = ef;
    const offset = bySfi ? p2 : (p1 << 8) | p2;
    if (offset >= file.length) return { sw: 0x6b00 };
    const left = file.length - offset;
    if (left >= le) return { data: file.slice(offset, offset + le), sw: 0x9000 };
    if (this.#options.strictReadLength === true) return { sw: left > 0xff ? 0x6700 : 0x6c00 | left };
    return { data: file.slice(offset), sw: 0x6282 };
  }

  #verify(application: CardApplication, { cla, p1, p2, data }: CardCommand): Answer {
    if (cla !== 0x00) return { sw: 0x6e00 };
    if (p1 !== 0x00) return { sw: 0x6a86 };
    if (p2 !== application.files.pinReference) return { sw: 0x6a88 };
    if (data.length === 0) return { sw: application.counterStatus() };
    this.#pinsPresented += 1;
    return { sw: application.present(data) };
  }

  #manageSecurityEnvironment(application: CardApplication, { cla, p1, p2, data }: CardCommand): Answer {
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

  #computeSignature(application: CardApplication, command: CardCommand): Answer {
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

  #sign(application: CardApplication, form: 'block' | 'digest-info', input: Uint8Array): Answer {
    if (!application.verified) return { sw: 0x6982 };
    const data = application.sign(form, input);
    if (data === undefined) return { sw: 0x6a80 };
    this.#signatures += 1;
    return { data, sw: 0x9000 };
  }

  /** How this card refuses a signing form, where it is a card that has only the `other` one. */
  #refusal(application: CardApplication, other: 'emsa-block' | 'digest-info', at: 'mse' | 'pso'): Answer | undefined {
    const refusal = this.#options.refusal ?? { at: 'mse', status: 0x6a86 };
    // The older form has no MSE at which it could be refused.
    const refusedAt = other === 'emsa-block' ? 'pso' : refusal.at;
    if ((this.#options.signingForms ?? 'both') !== other) return undefined;
    if (refusedAt !== at) return at === 'pso' ? { sw: refusal.status } : undefined;
    if (refusal.dropsPin === true) application.verified = false;
    return { sw: refusal.status };
  }
}

const knownInstructions: ReadonlySet<number> = new Set([0xb0, 0x20, 0x22, 0x2a]);

/** SW2 of 61xx: 00 stands for 256 and more. */
function announced(length: number): number {
  return length > 0xff ? 0 : length;
}

function encode({ data, sw }: Answer): Uint8Array {
  return Uint8Array.of(...(data ?? []), sw >> 8, sw & 0xff);
}
