import { CardError } from '../host/card-host.ts';
import { SmartCardError } from '../pcsc/smart-card-service.ts';

/** Every failure below a card operation as a {@link CardError}; what is none of ours is the driver's own fault. */
export function asCardError(error: unknown): CardError {
  if (error instanceof CardError) return error;
  if (!(error instanceof SmartCardError)) {
    return new CardError('CARD_MODULE_FAILED', 'the HPKI driver failed', undefined, { cause: error });
  }
  const options = { cause: error };
  switch (error.code) {
    case 'SERVICE_UNAVAILABLE':
      return new CardError('NO_CARD_SERVICE', error.status, undefined, options);
    case 'READER_UNAVAILABLE':
      return new CardError('NO_READER', error.status, undefined, options);
    case 'CARD_REMOVED':
      return new CardError('CARD_REMOVED', error.status, undefined, options);
    case 'CARD_RESET':
    case 'SHARING_VIOLATION':
      return new CardError('CARD_IN_USE', error.status, undefined, options);
    case 'CARD_MUTE':
    case 'COMMUNICATION':
      return new CardError('CARD_MODULE_FAILED', error.status, undefined, options);
  }
}
