import { CardError } from './card-host.ts';
import type { CardErrorMessage } from './host-messages.ts';

/** Anything that is no CardError came out of our own code or a library: the module failed, by its error's name only. */
export function describeError(error: unknown): CardErrorMessage {
  if (!(error instanceof CardError)) {
    const name = error instanceof Error ? error.name : typeof error;
    return { code: 'CARD_MODULE_FAILED', detail: `unexpected ${name} in the card host`, pinNotPresented: false };
  }
  return {
    code: error.code,
    detail: error.detail.slice(0, 4096),
    pinNotPresented: error.pinNotPresented,
    ...(error.triesLeft === undefined ? {} : { triesLeft: error.triesLeft }),
  };
}

export function rebuildError(message: CardErrorMessage): CardError {
  return new CardError(message.code, message.detail, message.triesLeft, { pinNotPresented: message.pinNotPresented });
}
