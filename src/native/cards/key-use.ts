import type { KeyObject } from 'node:crypto';
import { rsaModulusLength, signatureHolds } from '../../formats/pki/emsa-pkcs1.ts';
import { CardError } from '../host/card-host.ts';
import type { KeyUse } from './card-key.ts';
import type { CardSession } from './card-session.ts';
import { judgePin, showStatus } from './status-words.ts';

/** VERIFY (ISO/IEC 7816-4 §11.6.6), once. Throws CardError unless the card has accepted the PIN. */
export async function presentPin(session: CardSession, pinReference: number, { pin, presenting }: KeyUse): Promise<void> {
  presenting();
  const answer = await session.sendSecret({ cla: 0x00, ins: 0x20, p1: 0x00, p2: pinReference, data: pin });
  const judged = judgePin(answer.sw);
  switch (judged.verdict) {
    case 'accepted':
      return;
    case 'incorrect':
      throw new CardError('PIN_INCORRECT', `VERIFY: ${showStatus(answer.sw)}`, judged.triesLeft);
    case 'blocked':
      throw new CardError('PIN_LOCKED', `VERIFY: ${showStatus(answer.sw)}`, 0);
    case 'unclear':
      throw keyFailed(`VERIFY: ${showStatus(answer.sw)}; the try may be spent`);
  }
}

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
