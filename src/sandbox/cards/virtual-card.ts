import { parseCommand, type CardCommand } from './card-command.ts';
import { VirtualCardEvent, type CardFault, type CardSwap } from './card-faults.ts';
import type { VirtualCardOptions } from './card-options.ts';

/** What a card has been through, for tests that count. */
export interface CardStatistics {
  /** All command APDUs, links of chains and GET RESPONSE included. */
  readonly commands: number;
  readonly commandsByIns: ReadonlyMap<number, number>;
  /** VERIFYs that carried a PIN, right or wrong. */
  readonly pinsPresented: number;
  readonly signatures: number;
}

export interface CardAnswer {
  readonly data?: Uint8Array;
  readonly sw: number;
}

/**
 * What virtual cards have in common: command APDU in, response APDU out, without clock, sockets or threads; power, faults,
 * counting, GET RESPONSE. What a command does is the kind of card's own. Put one into {@link VirtualReaders} for programs of
 * this project, or into a PC/SC reader with `connectToVpcd` for any other program.
 */
export abstract class VirtualCard {
  abstract readonly atr: Uint8Array;
  readonly #options: VirtualCardOptions;
  #powered = false;
  #muted = false;
  #pulled = false;
  #waiting = new Uint8Array();
  #faults: CardFault[] = [];
  #commandsSinceFaults = 0;
  #commandsByIns = new Map<number, number>();
  #pinsPresented = 0;
  #signatures = 0;

  protected constructor(options: VirtualCardOptions) {
    this.#options = options;
  }

  /** One command of a class that cards know, as far as it is well-formed. */
  protected abstract execute(command: CardCommand): CardAnswer;
  /** All state that a reset drops. */
  protected abstract forget(): void;
  /** The card becomes another one, unnoticed. */
  protected abstract exchange(swap: CardSwap): void;

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
    this.#forgetAll();
    this.#powered = false;
  }

  reset(): void {
    this.#forgetAll();
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

  protected countPin(): void {
    this.#pinsPresented += 1;
  }

  protected countSignature(): void {
    this.#signatures += 1;
  }

  /** READ BINARY at an offset of a file (ISO/IEC 7816-4 §11.2.3). */
  protected readFile(file: Uint8Array, offset: number, le: number): CardAnswer {
    if (offset >= file.length) return { sw: 0x6b00 };
    const left = file.length - offset;
    if (left >= le) return { data: file.slice(offset, offset + le), sw: 0x9000 };
    if (this.#options.strictReadLength === true) return { sw: left > 0xff ? 0x6700 : 0x6c00 | left };
    return { data: file.slice(offset), sw: 0x6282 };
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
        this.exchange(what);
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

  #forgetAll(): void {
    this.forget();
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
    return encode(this.#split(command, this.execute(command)));
  }

  /** What of an answer goes out now, and what waits for GET RESPONSE. */
  #split(command: CardCommand, answer: CardAnswer): CardAnswer {
    const data = answer.data ?? new Uint8Array();
    const asUnderT0 = this.#options.extendedLength === false && command.data.length > 0;
    const now = asUnderT0 ? 0 : command.le ?? 0;
    if (answer.sw !== 0x9000 || data.length <= now) return answer;
    this.#waiting = data.slice(now);
    return { data: data.slice(0, now), sw: 0x6100 | announced(this.#waiting.length) };
  }

  #getResponse(command: CardCommand): CardAnswer {
    if (this.#waiting.length === 0 || command.le === undefined) return { sw: 0x6985 };
    const data = this.#waiting.slice(0, command.le);
    this.#waiting = this.#waiting.slice(command.le);
    return { data, sw: this.#waiting.length === 0 ? 0x9000 : 0x6100 | announced(this.#waiting.length) };
  }
}

/** SW2 of 61xx: 00 stands for 256 and more. */
function announced(length: number): number {
  return length > 0xff ? 0 : length;
}

function encode({ data, sw }: CardAnswer): Uint8Array {
  return Uint8Array.of(...(data ?? []), sw >> 8, sw & 0xff);
}
