/**
 * PC/SC part 10 (v2.02.09), "IFDs with secure PIN entry capabilities": a reader with keys of its own puts what a person
 * enters there into a VERIFY and sends that to the card. Pure bytes; the same on every platform, little-endian and packed.
 */
import type { KeypadOrder } from './smart-card-service.ts';

/** Part 10 §2.3. */
const FEATURE_VERIFY_PIN_DIRECT = 0x06;

/** PCSC_TLV_STRUCTURE: tag, length 4, a control code with its most significant byte first. */
const featureBytes = 6;

/** The control code by which the reader takes a PIN, from its answer to CM_IOCTL_GET_FEATURE_REQUEST. */
export function verifyPinDirectCode(features: Uint8Array): number | undefined {
  const view = new DataView(features.buffer, features.byteOffset, features.length);
  for (let at = 0; at + featureBytes <= features.length; at += featureBytes) {
    if (view.getUint8(at + 1) !== 4) return undefined;
    if (view.getUint8(at) === FEATURE_VERIFY_PIN_DIRECT) return view.getUint32(at + 2, false);
  }
  return undefined;
}

/** Digits are ASCII (01x), the system unit is the byte (1xx): the PIN stands left-justified at the start of the data. */
const asciiInBytes = 0x82;
/** The entry ends with the reader's OK key. A PIN of one length only also ends with its last digit. */
const okKey = 0x02;
const lastDigit = 0x01;
/** The reader's own text, in its own language. */
const readersOwnMessage = 0xff;

const headerBytes = 19;

/**
 * PIN_VERIFY_STRUCTURE (part 10 §2.5.2) for a PIN of ASCII digits that is neither padded nor preceded by its length: the
 * reader writes Lc. Offsets: bTimeOut 0, bTimeOut2 1, bmFormatString 2, bmPINBlockString 3, bmPINLengthFormat 4,
 * wPINMaxExtraDigit 5, bEntryValidationCondition 7, bNumberMessage 8, wLangId 9, bMsgIndex 11, bTeoPrologue 12,
 * ulDataLength 15, abData 19. Throws RangeError for an order that no reader could carry out.
 */
export function encodePinVerify({ header, shortest, longest, timeoutSeconds }: KeypadOrder): Uint8Array {
  if (header.length !== 4) throw new RangeError('CLA INS P1 P2 are four bytes');
  if (!(shortest >= 1 && shortest <= longest && longest <= 255)) throw new RangeError(`a PIN of ${shortest} to ${longest} digits`);
  // 0 would be the reader's own idea of a time.
  if (!(timeoutSeconds >= 1 && timeoutSeconds <= 255)) throw new RangeError(`a timeout of ${timeoutSeconds} s`);
  const command = Uint8Array.of(...header, 0);
  const bytes = Buffer.alloc(headerBytes + command.length);
  bytes.writeUInt8(timeoutSeconds, 0);
  bytes.writeUInt8(timeoutSeconds, 1);
  bytes.writeUInt8(asciiInBytes, 2);
  bytes.writeUInt16LE((shortest << 8) | longest, 5);
  bytes.writeUInt8(shortest === longest ? okKey | lastDigit : okKey, 7);
  bytes.writeUInt8(readersOwnMessage, 8);
  bytes.writeUInt32LE(command.length, 15);
  bytes.set(command, headerBytes);
  return Uint8Array.from(bytes);
}
