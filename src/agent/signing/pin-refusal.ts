import type { CardError } from '../../native/host/card-host.ts';
import type { PinRefusal } from '../ports.ts';

/** Why a person is asked for a PIN again after this error; null where no PIN is the reason. */
export function whyRefused({ code }: CardError): PinRefusal | null {
  switch (code) {
    case 'PIN_INCORRECT':
      return 'incorrect';
    case 'KEYPAD_CANCELLED':
      return 'keypad_cancelled';
    case 'KEYPAD_TIMED_OUT':
      return 'keypad_timed_out';
    case 'KEYPAD_REFUSED':
      return 'keypad_refused';
    case 'KEYPAD_UNUSABLE':
      return 'keypad_unusable';
    default:
      return null;
  }
}
