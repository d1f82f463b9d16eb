import { CardError } from '../host/card-host.ts';
import type { CardChannel, KeypadOrder } from '../pcsc/smart-card-service.ts';
import {
  decodeResponse,
  encodeCommand,
  extendedAnswerLimit,
  shortAnswerLimit,
  type CommandApdu,
  type ResponseApdu,
} from './apdu.ts';

/**
 * The most commands that one transaction may take. Reading four certificates of the largest size
 * in short steps takes about 140; a card that asks for more is hostile or broken.
 */
export const commandBudget = 192;

const getResponse = 0xc0;

/** VERIFY with the PIN from the reader's keys. Returns SW1 SW2, of the card or of the reader. */
export interface SessionKeypad {
  verify(command: Pick<CommandApdu, 'cla' | 'ins' | 'p1' | 'p2'>, order: Omit<KeypadOrder, 'header'>): Promise<number>;
}

/**
 * One transaction's talk with one card: commands and whole answers, in bounded number and size.
 * Throws {@link CardError} CARD_MODULE_FAILED for answers that are no APDUs, and passes on the
 * channel's SmartCardError.
 */
export class CardSession {
  readonly #channel: CardChannel;
  #commandsLeft = commandBudget;

  constructor(channel: CardChannel) {
    this.#channel = channel;
  }

  /** One command, with GET RESPONSE on 61xx and one repetition of a read with the length that 6Cxx names. */
  async send(command: CommandApdu): Promise<ResponseApdu> {
    let answer = await this.#transmit(encodeCommand(command));
    // SECURITY: only a command without data is ever repeated, so that a VERIFY or a signature is not
    // sent twice because of a 6Cxx (test/unit/native/cards/card-session.test.ts).
    if (answer.sw >> 8 === 0x6c && command.le !== undefined && (command.data?.length ?? 0) === 0) {
      const le = answer.sw & 0xff || shortAnswerLimit;
      answer = await this.#transmit(encodeCommand({ ...command, le }));
    }
    return command.le === undefined ? answer : await this.#completed(answer);
  }

  /** Sends a command that holds a PIN, once, and zeroes its bytes whatever happens. */
  async sendSecret(command: CommandApdu): Promise<ResponseApdu> {
    const bytes = encodeCommand(command);
    try {
      return await this.#transmit(bytes);
    } finally {
      // SECURITY: the only copy that we made of the PIN (test/unit/native/cards/card-session.test.ts).
      bytes.fill(0);
    }
  }

  /** Whatever was verified in this transaction is forgotten with it. */
  resetCardAtEnd(): void {
    this.#channel.resetCardAtEnd?.();
  }

  /** The reader's own keys, where it has some that present a PIN by themselves. */
  async keypad(): Promise<SessionKeypad | undefined> {
    const keypad = await this.#channel.keypad?.();
    if (keypad === undefined) return undefined;
    return {
      verify: async ({ cla, ins, p1, p2 }, order) => {
        this.#countCommand();
        return readAnswer(await keypad.verify({ header: Uint8Array.of(cla, ins, p1, p2), ...order })).sw;
      },
    };
  }

  async #completed(first: ResponseApdu): Promise<ResponseApdu> {
    const parts = [first.data];
    let length = first.data.length;
    let answer = first;
    while (answer.sw >> 8 === 0x61) {
      const le = answer.sw & 0xff || shortAnswerLimit;
      answer = await this.#transmit(encodeCommand({ cla: 0x00, ins: getResponse, p1: 0, p2: 0, le }));
      length += answer.data.length;
      if (answer.sw >> 8 === 0x61 && answer.data.length === 0) throw broken('the card announces data and sends none');
      if (length > extendedAnswerLimit) throw broken('the card sends without end');
      parts.push(answer.data);
    }
    return parts.length === 1 ? answer : { data: Buffer.concat(parts), sw: answer.sw };
  }

  async #transmit(bytes: Uint8Array): Promise<ResponseApdu> {
    this.#countCommand();
    return readAnswer(await this.#channel.transmit(bytes));
  }

  #countCommand(): void {
    if (this.#commandsLeft === 0) throw broken(`the card needs more than ${commandBudget} commands`);
    this.#commandsLeft -= 1;
  }
}

function readAnswer(bytes: Uint8Array): ResponseApdu {
  const answer = decodeResponse(bytes);
  if (answer === undefined) throw broken('the card answered something that is no response APDU');
  return answer;
}

function broken(detail: string): CardError {
  return new CardError('CARD_MODULE_FAILED', detail);
}
