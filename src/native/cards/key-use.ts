import type { KeyObject } from 'node:crypto';
import { rsaModulusLength, signatureHolds } from '../../formats/pki/emsa-pkcs1.ts';
import { CardError, type CardErrorCode, type CardKind } from '../host/card-host.ts';
import { keypadSeconds } from '../host/keypad.ts';
import { pinForms } from '../host/pin-form.ts';
import type { KeyUse } from './card-key.ts';
import type { CardSession } from './card-session.ts';
import { judgePin, showStatus } from './status-words.ts';

/** VERIFY (ISO/IEC 7816-4 §11.6.6), once. Throws CardError unless the card has accepted the PIN. */
export async function presentPin(session: CardSession, kind: CardKind, pinReference: number, { pin, presenting }: KeyUse): Promise<void> {
  const verify = { cla: 0x00, ins: 0x20, p1: 0x00, p2: pinReference };
  if (pin instanceof Uint8Array) {
    presenting();
    acceptVerdict((await session.sendSecret({ ...verify, data: pin })).sw);
    return;
  }
  const keypad = await session.keypad();
  if (keypad === undefined) throw new CardError('KEYPAD_UNUSABLE', 'the reader takes no PIN on its own keys any more', undefined, { pinNotPresented: true });
  presenting();
  const { shortest, longest } = pinForms[kind];
  const status = await keypad.verify(verify, { shortest, longest, timeoutSeconds: keypadSeconds });
  refuseUnentered(status);
  acceptVerdict(status);
  await pin.accepted();
}

function acceptVerdict(status: number): void {
  const judged = judgePin(status);
  switch (judged.verdict) {
    case 'accepted':
      return;
    case 'incorrect':
      throw new CardError('PIN_INCORRECT', `VERIFY: ${showStatus(status)}`, judged.triesLeft);
    case 'blocked':
      throw new CardError('PIN_LOCKED', `VERIFY: ${showStatus(status)}`, 0);
    case 'unclear':
      throw keyFailed(`VERIFY: ${showStatus(status)}; the try may be spent`);
  }
}

/** Status words of the reader itself (PC/SC part 10 §2.5.2), which has sent nothing to the card then. */
function refuseUnentered(status: number): void {
  const end = keypadEnds.get(status);
  if (end !== undefined) throw new CardError(end, `the reader's keypad: ${showStatus(status)}`, undefined, { pinNotPresented: true });
}

const keypadEnds: ReadonlyMap<number, CardErrorCode> = new Map([
  [0x6400, 'KEYPAD_TIMED_OUT'],
  [0x6401, 'KEYPAD_CANCELLED'],
  // Two entries that differ, and one that is too short or too long.
  [0x6402, 'KEYPAD_REFUSED'],
  [0x6403, 'KEYPAD_REFUSED'],
  [0x6b80, 'KEYPAD_UNUSABLE'],
]);

/** What the card calls its signature. Throws CardError where it is none. */
export function checkSignature(publicKey: KeyObject, hash: Uint8Array, value: Uint8Array): void {
  const length = rsaModulusLength(publicKey);
  if (value.length !== length) throw keyFailed(`a signature of ${value.length} bytes instead of ${length ?? 0}`);
  // SECURITY: what leaves the driver holds under the certificate that was shown (test/unit/native/cards/hpki-signature.test.ts,
  // test/unit/native/cards/authentication-key.test.ts).
  if (!signatureHolds(publicKey, hash, value)) throw keyFailed("the signature does not hold under the card's certificate");
}

export function keyFailed(detail: string): CardError {
  return new CardError('CARD_MODULE_FAILED', detail);
}
