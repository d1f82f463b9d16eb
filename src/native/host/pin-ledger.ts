import type { CardKind, CertificateSha256, Tries } from './card-host.ts';

/** What this agent itself has seen of a card's PIN since the card last accepted one. */
export interface PinRecord {
  readonly failures: number;
  /** An unproven PIN went out and no verdict came back yet: after a crash, a spent try. */
  readonly inFlight: boolean;
}

/** Keeps one {@link PinRecord} per certificate across restarts. Holds no PIN and no name. */
export interface PinLedger {
  load(card: CertificateSha256): Promise<PinRecord>;
  /** Durable when it resolves. Rejects when it cannot be; then no PIN may be presented. */
  save(card: CertificateSha256, record: PinRecord): Promise<void>;
}

export const cleanRecord: PinRecord = { failures: 0, inFlight: false };

/** At this many tries or fewer a person has to say "go on". */
export const lastTries = 2;

/**
 * The same for a counter that the card does not tell: after so many failures. A My Number card has three tries in all, so
 * that one failure leaves the last two.
 */
const failuresBeforeConsent: Readonly<Record<CardKind, number>> = { hpki: 2, jpki: 1 };

/** A PIN that went out without an answer counts as refused: the card may have counted it. */
export function failuresSeen(record: PinRecord): number {
  return record.failures + (record.inFlight ? 1 : 0);
}

/** Whether a person has to say "go on" before the next PIN that the card has not accepted yet. */
export function consentNeeded(kind: CardKind, tries: Tries, failures: number): boolean {
  return tries === 'unknown' ? failures >= failuresBeforeConsent[kind] : tries <= lastTries;
}

/** A ledger that forgets with the process: tests and the demo. */
export function createMemoryPinLedger(): PinLedger {
  const records = new Map<CertificateSha256, PinRecord>();
  return {
    load: (card) => Promise.resolve(records.get(card) ?? cleanRecord),
    save: (card, record) => {
      records.set(card, record);
      return Promise.resolve();
    },
  };
}
