/** From PC/SC's reader states to what a person would say stands in a reader. Pure. */
import type { ReaderAnswer } from './memory-layout.ts';
import type { ReaderPresence } from './smart-card-service.ts';

export const SCARD_STATE_UNAWARE = 0;
export const SCARD_STATE_CHANGED = 0x02;
export const SCARD_STATE_UNKNOWN = 0x04;
export const SCARD_STATE_PRESENT = 0x20;
const SCARD_STATE_EXCLUSIVE = 0x80;
const SCARD_STATE_MUTE = 0x200;

export interface TrackedReader {
  readonly presence: ReaderPresence;
  /** To be given back as `currentState`. */
  readonly seen: number;
}

/** PC/SC counts insertions and removals in the upper 16 bits, so that a quick swap is seen although a card is there before and after. */
function eventCount(state: number): number {
  return state >>> 16;
}

/**
 * `before` is what this context saw last, or undefined for its first answer: then the card, if any,
 * counts as newly inserted, because nobody watched while there was no context.
 * `insertion` is the reader's number so far.
 */
export function trackReader(answer: ReaderAnswer, before: TrackedReader | undefined, insertion: number): TrackedReader {
  const state = answer.eventState;
  const present = (state & SCARD_STATE_PRESENT) !== 0;
  const moved = before === undefined
    ? present
    : before.presence.present !== present || eventCount(before.seen) !== eventCount(state);
  return {
    presence: {
      reader: answer.reader,
      present,
      atr: present ? answer.atr : new Uint8Array(),
      exclusive: present && (state & SCARD_STATE_EXCLUSIVE) !== 0,
      mute: present && (state & SCARD_STATE_MUTE) !== 0,
      insertion: moved ? insertion + 1 : insertion,
    },
    seen: (state & ~SCARD_STATE_CHANGED) >>> 0,
  };
}

export function samePresence(a: ReaderPresence, b: ReaderPresence): boolean {
  return a.reader === b.reader && a.present === b.present && a.exclusive === b.exclusive && a.mute === b.mute
    && a.insertion === b.insertion && Buffer.compare(a.atr, b.atr) === 0;
}
