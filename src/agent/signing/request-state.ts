import type { Problem } from '../../contract/problem.ts';
import type { CardNeed } from '../ports.ts';
import type { RequestState } from './signature-service.ts';

/** `authentication`: how to authenticate for remote signing. `content`: whether to sign, where no PIN says so. */
export type ConsentQuestionKind = 'card_choice' | 'binding' | 'authentication' | 'content';

/** One request at one moment, with what belongs to that moment and to no other. */
export type Phase =
  | { readonly state: 'received' }
  | { readonly state: 'awaiting_card'; readonly need: CardNeed }
  | { readonly state: 'awaiting_consent'; readonly question: ConsentQuestionKind }
  | { readonly state: 'awaiting_pin'; readonly refused: boolean }
  | { readonly state: 'awaiting_phone' }
  | { readonly state: 'signing'; readonly done: number; readonly total: number }
  | { readonly state: 'signed' }
  | { readonly state: 'failed' | 'cancelled' | 'expired'; readonly problem: Problem };

export type RequestEvent =
  | { readonly type: 'card_needed'; readonly need: CardNeed }
  | { readonly type: 'consent_asked'; readonly question: ConsentQuestionKind }
  | { readonly type: 'pin_asked'; readonly refused: boolean }
  | { readonly type: 'phone_asked' }
  | { readonly type: 'signing_began'; readonly total: number }
  | { readonly type: 'document_signed' }
  /** Self-verified, journalled and audited: the bytes may leave. */
  | { readonly type: 'released' }
  | { readonly type: 'failed' | 'cancelled' | 'expired'; readonly problem: Problem };

export const initialPhase: Phase = { state: 'received' };

const waiting = ['received', 'awaiting_card', 'awaiting_consent', 'awaiting_pin', 'awaiting_phone'] as const;
const live = [...waiting, 'signing'] as const;

/** From which states an event may come. What is not listed is a fault of the program and throws. */
export const legalFrom: Readonly<Record<RequestEvent['type'], readonly RequestState[]>> = {
  // Whatever is waited for, a person may turn to the other way of signing, and with it to any of its questions. From
  // `signing`: the card refused the PIN or was pulled, or the token is not accepted any more, and a person is asked again.
  card_needed: live,
  consent_asked: live,
  pin_asked: live,
  phone_asked: live,
  // From `received`: an open PIN session or a live token, or a journalled signature that is put together again. From
  // `signing`: what is left of a batch goes on after an interruption.
  signing_began: live,
  document_signed: ['signing'],
  released: ['signing'],
  failed: live,
  cancelled: live,
  expired: waiting,
};

export function isEnded(state: RequestState): state is 'signed' | 'failed' | 'cancelled' | 'expired' {
  return state === 'signed' || state === 'failed' || state === 'cancelled' || state === 'expired';
}

/** The state machine of one request. Pure; throws on an event that this state does not know. */
export function advance(phase: Phase, event: RequestEvent): Phase {
  if (!legalFrom[event.type].includes(phase.state)) {
    throw new Error(`a request that is ${phase.state} knows no event ${event.type}`);
  }
  switch (event.type) {
    case 'card_needed':
      return { state: 'awaiting_card', need: event.need };
    case 'consent_asked':
      return { state: 'awaiting_consent', question: event.question };
    case 'pin_asked':
      return { state: 'awaiting_pin', refused: event.refused };
    case 'phone_asked':
      return { state: 'awaiting_phone' };
    case 'signing_began':
      return { state: 'signing', done: 0, total: event.total };
    case 'document_signed':
      return countOne(phase);
    case 'released':
      return { state: 'signed' };
    case 'failed':
    case 'cancelled':
    case 'expired':
      return { state: event.type, problem: event.problem };
  }
}

function countOne(phase: Phase): Phase {
  if (phase.state !== 'signing' || phase.done >= phase.total) throw new Error('more signatures than documents');
  return { ...phase, done: phase.done + 1 };
}
