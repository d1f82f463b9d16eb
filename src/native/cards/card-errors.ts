import { CardError, type CardErrorCode } from '../host/card-host.ts';
import { isKeypadEnd } from '../host/keypad.ts';
import { SmartCardError } from '../pcsc/smart-card-service.ts';

/**
 * Every failure below a card operation as a {@link CardError} that says whether a PIN may have reached the card.
 * What is none of ours is the driver's own fault.
 */
export function asCardError(error: unknown, pinNotPresented: boolean): CardError {
  if (error instanceof CardError) {
    // The reader was armed, so a PIN was on its way; it says itself that none went to the card.
    if (isKeypadEnd(error)) return error;
    if (error.pinNotPresented === pinNotPresented) return error;
    return new CardError(error.code, error.detail, error.triesLeft, { cause: error, pinNotPresented });
  }
  const [code, detail] =
    error instanceof SmartCardError ? [codeOf(error), error.status] : (['CARD_MODULE_FAILED', 'the card driver failed'] as const);
  return new CardError(code, detail, undefined, { cause: error, pinNotPresented });
}

function codeOf(error: SmartCardError): CardErrorCode {
  switch (error.code) {
    case 'SERVICE_UNAVAILABLE':
      return 'NO_CARD_SERVICE';
    case 'READER_UNAVAILABLE':
      return 'NO_READER';
    case 'CARD_REMOVED':
      return 'CARD_REMOVED';
    case 'CARD_RESET':
    case 'SHARING_VIOLATION':
      return 'CARD_IN_USE';
    case 'CARD_MUTE':
    case 'COMMUNICATION':
      return 'CARD_MODULE_FAILED';
  }
}
