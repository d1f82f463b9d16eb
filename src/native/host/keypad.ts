import { CardError, type CardErrorCode } from './card-host.ts';

/**
 * How long a reader waits for a person at its own keys, in seconds. Nothing ends that wait but the person, the card or this
 * time: PC/SC has no call for it. So a request that is cancelled meanwhile ends when the reader does.
 */
export const keypadSeconds = 30;

/** A PIN that is entered on the reader's own keys while the card is asked for it. Nobody holds it. */
export interface KeypadEntry {
  /**
   * The card has accepted the PIN; nothing is signed yet. Rejects when nobody wants the signature any more: then what the
   * PIN has opened is closed again, and nothing is signed.
   */
  readonly accepted: () => Promise<void>;
}

/** Codes of an entry that came to its end at the reader, with no PIN sent to the card. */
const entryEnds = ['KEYPAD_CANCELLED', 'KEYPAD_TIMED_OUT', 'KEYPAD_REFUSED', 'KEYPAD_UNUSABLE'] as const satisfies readonly CardErrorCode[];

export type KeypadEnd = (typeof entryEnds)[number];

export function isKeypadEnd(error: unknown): error is CardError & { readonly code: KeypadEnd } {
  return error instanceof CardError && entryEnds.some((code) => code === error.code);
}
