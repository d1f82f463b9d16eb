/** Command and response APDUs of ISO/IEC 7816-4 §5, as bytes. */

export interface CommandApdu {
  readonly cla: number;
  readonly ins: number;
  readonly p1: number;
  readonly p2: number;
  /** Command data, at most 65,535 bytes; absent and empty mean the same. */
  readonly data?: Uint8Array;
  /** Most response bytes wanted, 1 to 65,536; absent: none. */
  readonly le?: number;
}

export interface ResponseApdu {
  readonly data: Uint8Array;
  /** SW1 SW2 as one number, 0x9000 for success. */
  readonly sw: number;
}

/** Most data that one short command carries, and most that a short answer brings. */
const shortDataLimit = 255;
export const shortAnswerLimit = 256;
export const extendedAnswerLimit = 65_536;

const chainingBit = 0x10;

/** True where {@link encodeCommand} has no short form for the command. */
function needsExtendedLength(command: CommandApdu): boolean {
  return (command.data?.length ?? 0) > shortDataLimit || (command.le ?? 0) > shortAnswerLimit;
}

/** Short form where it fits, extended form (three-byte Lc, two- or three-byte Le) where it does not. */
export function encodeCommand(command: CommandApdu): Uint8Array {
  const data = command.data ?? new Uint8Array();
  const le = command.le;
  if (data.length > 0xffff) throw new RangeError(`${data.length} bytes do not fit into one command APDU`);
  if (le !== undefined && (!Number.isInteger(le) || le < 1 || le > extendedAnswerLimit)) {
    throw new RangeError(`Le of ${le} is outside 1 to ${extendedAnswerLimit}`);
  }
  const extended = needsExtendedLength(command);
  const lc = data.length === 0 ? [] : extended ? [0, data.length >> 8, data.length & 0xff] : [data.length];
  // Le of 256 and of 65,536 are written as zeros; the extended Le has three bytes when no Lc stands before it.
  const leBytes =
    le === undefined ? [] : extended ? [...(data.length === 0 ? [0] : []), (le >> 8) & 0xff, le & 0xff] : [le & 0xff];
  const bytes = new Uint8Array(4 + lc.length + data.length + leBytes.length);
  bytes.set([command.cla, command.ins, command.p1, command.p2, ...lc]);
  bytes.set(data, 4 + lc.length);
  bytes.set(leBytes, 4 + lc.length + data.length);
  return bytes;
}

/** The same command as a chain of short ones (ISO/IEC 7816-4 §5.3.3): CLA bit 5 set on all but the last. */
export function chainCommand(command: CommandApdu): readonly CommandApdu[] {
  const data = command.data ?? new Uint8Array();
  if (data.length <= shortDataLimit) return [command];
  const { cla, ins, p1, p2, le } = command;
  const links: CommandApdu[] = [];
  for (let start = 0; start < data.length; start += shortDataLimit) {
    const part = data.subarray(start, start + shortDataLimit);
    const last = start + shortDataLimit >= data.length;
    if (!last) links.push({ cla: cla | chainingBit, ins, p1, p2, data: part });
    else links.push({ cla, ins, p1, p2, data: part, ...(le === undefined ? {} : { le: Math.min(le, shortAnswerLimit) }) });
  }
  return links;
}

/** Undefined for an answer that is no response APDU: shorter than its status word, or longer than any can be. */
export function decodeResponse(bytes: Uint8Array): ResponseApdu | undefined {
  const sw1 = bytes.at(-2);
  const sw2 = bytes.at(-1);
  if (sw1 === undefined || sw2 === undefined || bytes.length > extendedAnswerLimit + 2) return undefined;
  // A copy: a reader's buffer may be used again for the next answer.
  return { data: Uint8Array.from(bytes.subarray(0, -2)), sw: (sw1 << 8) | sw2 };
}
