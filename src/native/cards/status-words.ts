/** Status words (ISO/IEC 7816-4 §5.6) as HPKI cards use them. */

export const sw = {
  ok: 0x9000,
  endOfFile: 0x6282,
  wrongPinWithoutCount: 0x6300,
  wrongLength: 0x6700,
  securityNotSatisfied: 0x6982,
  blocked: 0x6983,
  referenceDataUnusable: 0x6984,
} as const;

/** What a try counter says: a number that was read, `unknown`, or no tries left because the PIN is blocked. */
export type CounterReading = number | 'unknown' | 'blocked';

export type PinVerdict =
  | { readonly verdict: 'accepted' }
  | { readonly verdict: 'incorrect'; readonly triesLeft: number | 'unknown' }
  | { readonly verdict: 'blocked' }
  /** The card said something that is neither yes nor no; the try may be spent. */
  | { readonly verdict: 'unclear' };

function isBlocked(status: number): boolean {
  return status === sw.blocked || status === sw.referenceDataUnusable;
}

/** X of 63CX, or undefined for another status. */
function triesIn(status: number): number | undefined {
  return (status & 0xfff0) === 0x63c0 ? status & 0x0f : undefined;
}

/** What an empty VERIFY answered: 9000 only says that the PIN is verified already, so the count stays unknown. */
export function readCounter(status: number): CounterReading {
  if (isBlocked(status)) return 'blocked';
  return triesIn(status) ?? 'unknown';
}

/** What a VERIFY with a PIN answered. */
export function judgePin(status: number): PinVerdict {
  if (status === sw.ok) return { verdict: 'accepted' };
  if (isBlocked(status)) return { verdict: 'blocked' };
  const tries = triesIn(status);
  if (tries === 0) return { verdict: 'blocked' };
  if (tries !== undefined) return { verdict: 'incorrect', triesLeft: tries };
  // 6700 and 6A80: a PIN of a length or form that this card does not take.
  if (status === sw.wrongPinWithoutCount || status === sw.wrongLength || status === 0x6a80) {
    return { verdict: 'incorrect', triesLeft: 'unknown' };
  }
  return { verdict: 'unclear' };
}

/** 6A8x or 6700: the card does not know this way of signing. Nothing else lets the driver try another one. */
export function refusesForm(status: number): boolean {
  return (status & 0xfff0) === 0x6a80 || status === sw.wrongLength;
}

/** `SW 6982`, for logs. */
export function showStatus(status: number): string {
  return `SW ${status.toString(16).toUpperCase().padStart(4, '0')}`;
}
