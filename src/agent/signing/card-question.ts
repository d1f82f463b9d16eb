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
}

export type CardAnswer =
  | { readonly kind: 'fits'; readonly cards: readonly [ReadCard, ...ReadCard[]] }
  /** Something a person at the desk can put right; `code` is what the request ends with when nobody does. */
  | { readonly kind: 'wait'; readonly need: CardNeed; readonly code: ErrorCode }
  /** Waiting would not help. */
  | { readonly kind: 'refuse'; readonly code: Unfitness };

/** The same for a card host, which may not have looked everywhere yet: nothing is refused while it has not. */
export function lookForCard(cards: Pick<CardHost, 'state' | 'isStarting'>, question: CardQuestion): CardAnswer {
  const answer = answerCardQuestion(cards.state(), question);
  if (answer.kind !== 'refuse' || !cards.isStarting()) return answer;
  return { kind: 'wait', need: 'no_card', code: answer.code };
}

/** Which of the inserted cards may sign, or why none. Chosen by certificate, never by slot or reader. */
export function answerCardQuestion(state: CardStackState, question: CardQuestion): CardAnswer {
  if (state.service === 'unavailable') {
    const need = state.code === 'NO_CARD_SERVICE' ? 'no_service' : 'module_failed';
    return { kind: 'wait', need, code: state.code };
  }
  const fitting: ReadCard[] = [];
  const refusals = new Set<Unfitness | 'STAFF_MISMATCH'>();
  for (const reader of state.readers) {
    if (reader.state !== 'ready') continue;
    const card = readCard(reader.card);
    const refusal = card === null ? 'CARD_UNKNOWN' : refuse(card, question);
    if (refusal === null && card !== null) fitting.push(card);
    else refusals.add(refusal ?? 'CARD_UNKNOWN');
  }
  const [first, ...more] = preferBound(fitting, question);
  if (first) return { kind: 'fits', cards: [first, ...more] };
  return whyNone(state.readers, refusals);
}

function refuse(card: ReadCard, question: CardQuestion): Unfitness | 'STAFF_MISMATCH' | null {
  const { certificateSha256, types, partial, at } = question;
  const unfit = judgeCertificate(card.certificate, types, partial, at);
  // A card that is no signing card at all is named so, whoever it belongs to; for the rest the owner comes first.
  if (unfit === 'CARD_UNKNOWN') return unfit;
  if (certificateSha256 !== null && card.certificate.sha256 !== certificateSha256) return 'STAFF_MISMATCH';
  return question.ownership(card) === 'other' ? 'STAFF_MISMATCH' : unfit;
}

/** A card that is known to be this person's leaves no choice to make beside one that nobody has claimed. */
function preferBound(cards: readonly ReadCard[], question: CardQuestion): readonly ReadCard[] {
  const bound = cards.filter((card) => question.ownership(card) === 'bound');
  return bound.length > 0 ? bound : cards;
}

function whyNone(readers: readonly ReaderState[], refusals: ReadonlySet<Unfitness | 'STAFF_MISMATCH'>): CardAnswer {
  const isReading = readers.some(({ state }) => state === 'reading');
  if (!isReading && refusals.has('CERTIFICATE_EXPIRED')) return { kind: 'refuse', code: 'CERTIFICATE_EXPIRED' };
  if (refusals.has('STAFF_MISMATCH')) return { kind: 'wait', need: 'other_doctor', code: 'STAFF_MISMATCH' };
  if (!isReading && refusals.has('ROLE_NOT_ALLOWED')) return { kind: 'refuse', code: 'ROLE_NOT_ALLOWED' };
  if (!isReading && refusals.has('CARD_UNKNOWN')) return { kind: 'refuse', code: 'CARD_UNKNOWN' };
  if (readers.length === 0) return { kind: 'wait', need: 'no_reader', code: 'NO_READER' };
  if (isReading) return { kind: 'wait', need: 'no_card', code: 'NO_CARD' };
  if (readers.some(({ state }) => state === 'in_use')) return { kind: 'wait', need: 'card_in_use', code: 'CARD_IN_USE' };
  if (readers.some(({ state }) => state === 'unknown_card' || state === 'identity_card')) return { kind: 'wait', need: 'unknown_card', code: 'CARD_UNKNOWN' };
  return { kind: 'wait', need: 'no_card', code: 'NO_CARD' };
}
