import type { CardHost, PinOrder, PinSessionId, TypedPin } from '../../native/host/card-host.ts';
import type { HoldPin } from '../ports.ts';
import { reasonOfAbort } from './lane.ts';

/**
 * How a window hands a typed PIN over for one question. Every session that comes of it is in `held`, so that those which
 * are not the answer can be ended; one that comes after the question is over ends at once.
 */
export function holderOf(
  cards: Pick<CardHost, 'holdPin' | 'holdPinFrom' | 'endPinSession'>,
  order: () => PinOrder,
  held: Set<PinSessionId>,
  question: AbortSignal,
  /** Where the reader has keys of its own: the sessions whose PIN is entered there. */
  atKeypad?: Set<PinSessionId>,
): HoldPin {
  const keep = async (holding: Promise<PinSessionId>): Promise<PinSessionId> => {
    const session = await holding;
    held.add(session);
    if (question.aborted) await cards.endPinSession(session).catch(() => undefined);
    return session;
  };
  const hold = ({ pin, spendLastTries }: Parameters<HoldPin>[0]): Promise<PinSessionId> => {
    if (question.aborted) return Promise.reject(reasonOfAbort(question));
    return keep(cards.holdPin({ ...order(), pin, spendLastTries }));
  };
  const atReader = async ({ spendLastTries }: Pick<TypedPin, 'spendLastTries'>): Promise<PinSessionId> => {
    if (question.aborted) throw reasonOfAbort(question);
    const session = await keep(cards.holdPin({ ...order(), pin: 'keypad', spendLastTries }));
    atKeypad?.add(session);
    return session;
  };
  const ways = atKeypad === undefined ? {} : { atReader };
  if (cards.holdPinFrom === undefined) return Object.assign(hold, ways);
  const fromPort: HoldPin['fromPort'] = (port, until) => {
    if (question.aborted) return Promise.reject(reasonOfAbort(question));
    const holding = cards.holdPinFrom?.(order(), port, AbortSignal.any([question, until]));
    return holding === undefined ? Promise.reject(new Error('the card host takes no ports')) : keep(holding);
  };
  return Object.assign(hold, { fromPort, ...ways });
}
