import { CardError, type CertificateSha256, type PinTries, type Tries } from './card-host.ts';
import { findKey, whyNoCard } from './card-place.ts';
import type { CardStack } from './card-stack.ts';
import { consentNeeded, failuresSeen, type PinLedger, type PinRecord } from './pin-ledger.ts';

/** How many tries a card has left: by its own counter, and by the record of failures that is written around each PIN. */
export class TriesOnRecord {
  readonly #stack: CardStack;
  readonly #ledger: PinLedger;

  constructor(stack: CardStack, ledger: PinLedger) {
    this.#stack = stack;
    this.#ledger = ledger;
  }

  /** Throws CardError, STORAGE_FAILED where the record cannot be read. */
  async read(card: CertificateSha256): Promise<PinTries> {
    const key = findKey(this.#stack.state(), card);
    if (key === undefined) throw whyNoCard(this.#stack.state());
    const triesLeft = await this.counter(card);
    const failures = failuresSeen(await this.#ledger.load(card).catch(storageFailed));
    return { triesLeft, failuresSeen: failures, consentNeeded: consentNeeded(key.kind, triesLeft, failures) };
  }

  async counter(card: CertificateSha256): Promise<Tries> {
    try {
      return await this.#stack.triesLeft(card);
    } catch (error) {
      if (error instanceof CardError && error.code === 'PIN_LOCKED') return 0;
      throw error;
    }
  }

  /** On the disk before the PIN goes out; STORAGE_FAILED where it cannot be, and then no PIN may. */
  async markInFlight(card: CertificateSha256, failures: number): Promise<void> {
    await this.#ledger.save(card, { failures, inFlight: true }).catch(storageFailed);
  }

  /** A verdict that cannot be written leaves the mark of a PIN in flight, which counts as a failure: the safe side. */
  async settle(card: CertificateSha256, failures: number): Promise<void> {
    const record: PinRecord = { failures, inFlight: false };
    await this.#ledger.save(card, record).catch(() => undefined);
  }

  /** A PIN that the card had accepted before was refused. */
  async countRefusal(card: CertificateSha256): Promise<void> {
    await this.settle(card, failuresSeen(await this.#ledger.load(card)) + 1);
  }

  /** A refusal always says how many tries are left, or that this is unknown. */
  async named(card: CertificateSha256, error: unknown): Promise<unknown> {
    if (!isRefusal(error) || error.triesLeft !== undefined) return error;
    const triesLeft = error.code === 'PIN_LOCKED' ? 0 : await this.counter(card).catch(() => 'unknown' as const);
    return new CardError(error.code, error.detail, triesLeft, { cause: error });
  }
}

export function isRefusal(error: unknown): error is CardError {
  return error instanceof CardError && (error.code === 'PIN_INCORRECT' || error.code === 'PIN_LOCKED');
}

function storageFailed(cause: unknown): never {
  throw new CardError('STORAGE_FAILED', 'the record of PIN failures cannot be read or written', undefined, { cause, pinNotPresented: true });
}
