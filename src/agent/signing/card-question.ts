import type { ErrorCode } from '../../contract/error-codes.ts';
import type { DocumentType } from '../../formats/prescription/document.ts';
import type { CardHost, CardStackState, ReaderState } from '../../native/host/card-host.ts';
import type { CardNeed } from '../ports.ts';
import { judgeCertificate, readCard, type ReadCard, type Unfitness } from './card-fitness.ts';

/** Whose card is it, as far as the bindings tell. */
export type Ownership = 'bound' | 'unbound' | 'other';

export interface CardQuestion {
  readonly types: readonly DocumentType[];
  readonly partial: boolean;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Only this certificate will do: a recipe names it. */
  readonly certificateSha256: string | null;
  readonly ownership: (card: ReadCard) => Ownership;
  /** Bound to another staff id, whoever else may use it. */
  readonly isColleagues: (card: ReadCard) => boolean;
}

export type CardAnswer =
  | { readonly kind: 'fits'; readonly cards: readonly [ReadCard, ...ReadCard[]] }
  /** Something a person at the desk can put right; `code` is what the request ends with when nobody does. */
  | { readonly kind: 'wait'; readonly need: CardNeed; readonly code: ErrorCode }
  /** Waiting would not help. */
  | { readonly kind: 'refuse'; readonly code: Unfitness };

/**
 * The same for a card host, which may not have looked everywhere yet: nothing is refused while it has not. `wasAsked`:
 * a window has asked for a card, and somebody is at the desk.
 */
export function lookForCard(cards: Pick<CardHost, 'state' | 'isStarting'>, question: CardQuestion, wasAsked = false): CardAnswer {
  const answer = answerCardQuestion(cards.state(), question, wasAsked);
  if (answer.kind !== 'refuse' || !cards.isStarting()) return answer;
  return { kind: 'wait', need: 'no_card', code: answer.code };
}

/**
 * Which of the inserted cards may sign, or why none. Chosen by certificate, never by slot or reader.
 *
 * A card that could sign this for nobody (no signing card, expired, another profession's) is named by that before whose it
 * is, and the request ends at once: the EHR shows why in the same second, and no window opens that asks for a PIN.
 * It is waited for instead, with the same code in the end, where the person's own card may still come:
 * - it is a colleague's, and another reader is free: a card that a pharmacist left in the second reader was not offered;
 * - it is known to be somebody else's, and a window has asked for a card: a slip at the desk is put right there.
 * A card that could sign this for its owner is always waited for (STAFF_MISMATCH).
 */
function answerCardQuestion(state: CardStackState, question: CardQuestion, wasAsked = false): CardAnswer {
  if (state.service === 'unavailable') {
    const need = state.code === 'NO_CARD_SERVICE' ? 'no_service' : 'module_failed';
    return { kind: 'wait', need, code: state.code };
  }
  const fitting: ReadCard[] = [];
  const refusals = new Set<Unfitness | 'STAFF_MISMATCH'>();
  let passedOver: Unfitness | null = null;
  const isReaderFree = state.readers.some(({ state: reader }) => reader === 'empty' || reader === 'in_use');
  for (const reader of state.readers) {
    if (reader.state !== 'ready') continue;
    const card = readCard(reader.card);
    if (card === null) {
      refusals.add('CARD_UNKNOWN');
      continue;
    }
    const refusal = refuse(card, question);
    if (refusal === null) fitting.push(card);
    else if (refusal !== 'STAFF_MISMATCH' && mayBePassedOver(card, question, wasAsked, isReaderFree)) passedOver ??= refusal;
    else refusals.add(refusal);
  }
  const [first, ...more] = preferBound(fitting, question);
  if (first) return { kind: 'fits', cards: [first, ...more] };
  return whyNone(state.readers, refusals, passedOver);
}

function mayBePassedOver(card: ReadCard, { ownership, isColleagues }: CardQuestion, wasAsked: boolean, isReaderFree: boolean): boolean {
  const whose = ownership(card);
  if (whose === 'bound') return false;
  const colleagues = isColleagues(card);
  return (colleagues && isReaderFree) || (wasAsked && (colleagues || whose === 'other'));
}

function refuse(card: ReadCard, question: CardQuestion): Unfitness | 'STAFF_MISMATCH' | null {
  const { certificateSha256, types, partial, at } = question;
  const unfit = judgeCertificate(card.certificate, types, partial, at);
  if (unfit !== null) return unfit;
  if (certificateSha256 !== null && card.certificate.sha256 !== certificateSha256) return 'STAFF_MISMATCH';
  return question.ownership(card) === 'other' ? 'STAFF_MISMATCH' : null;
}

/** A card that is known to be this person's leaves no choice to make beside one that nobody has claimed. */
function preferBound(cards: readonly ReadCard[], question: CardQuestion): readonly ReadCard[] {
  const bound = cards.filter((card) => question.ownership(card) === 'bound');
  return bound.length > 0 ? bound : cards;
}

function whyNone(readers: readonly ReaderState[], refusals: ReadonlySet<Unfitness | 'STAFF_MISMATCH'>, passedOver: Unfitness | null): CardAnswer {
  const isReading = readers.some(({ state }) => state === 'reading');
  if (!isReading && refusals.has('CERTIFICATE_EXPIRED')) return { kind: 'refuse', code: 'CERTIFICATE_EXPIRED' };
  if (refusals.has('STAFF_MISMATCH')) return { kind: 'wait', need: 'other_doctor', code: 'STAFF_MISMATCH' };
  if (!isReading && refusals.has('ROLE_NOT_ALLOWED')) return { kind: 'refuse', code: 'ROLE_NOT_ALLOWED' };
  if (!isReading && refusals.has('CARD_UNKNOWN')) return { kind: 'refuse', code: 'CARD_UNKNOWN' };
  if (passedOver !== null && !isReading) return { kind: 'wait', need: 'other_doctor', code: passedOver };
  if (readers.length === 0) return { kind: 'wait', need: 'no_reader', code: 'NO_READER' };
  if (isReading) return { kind: 'wait', need: 'no_card', code: 'NO_CARD' };
  if (readers.some(({ state }) => state === 'in_use')) return { kind: 'wait', need: 'card_in_use', code: 'CARD_IN_USE' };
  if (readers.some(({ state }) => state === 'unknown_card' || state === 'identity_card')) return { kind: 'wait', need: 'unknown_card', code: 'CARD_UNKNOWN' };
  return { kind: 'wait', need: 'no_card', code: 'NO_CARD' };
}
