import type { CardHost } from '../../native/host/card-host.ts';
import type { Authentications } from '../remote/authentications.ts';
import type { RemoteSessionDesk } from '../remote/remote-session-desk.ts';
import type { SigningMethod } from '../signers/signer.ts';
import { askUntil, DeadlinePassed } from './ask-until.ts';
import { cardsChanged } from './card-changes.ts';
import { lookForCard, type CardQuestion } from './card-question.ts';
import type { Recipe } from './journal.ts';
import type { LiveRequest } from './live-request.ts';
import type { SignatureRequest } from './signature-service.ts';

export interface WayParts {
  readonly cards: CardHost;
  /** Null where no provider is configured: then everything goes to the card. */
  readonly remote: { readonly sessions: RemoteSessionDesk; readonly authentications: Authentications } | null;
}

/** Cards that are just being read are waited for: a card in the reader is worth more than a quick window. */
const readingMs = 3000;

/**
 * Which way a request goes. A recipe of an earlier run decides. Else, for `auto`: a live token, then a card of this person
 * in a reader, then an authentication, where this terminal offers one.
 */
export async function chooseWay(
  { cards, remote }: WayParts,
  request: LiveRequest,
  method: SignatureRequest['method'],
  recipe: Recipe | null,
  question: () => CardQuestion,
): Promise<SigningMethod> {
  if (recipe !== null) return recipe.form === 'card' ? 'local' : 'remote';
  if (method !== 'auto') return method;
  const { caller, staff } = request.identity;
  if (remote === null) return 'local';
  if (remote.sessions.find(caller.clientId, staff.id)) return 'remote';
  if (remote.authentications.methods.length === 0) return 'local';
  await cardsAreRead(cards, request.signal);
  return lookForCard(cards, question()).kind === 'fits' ? 'local' : 'remote';
}

async function cardsAreRead(cards: CardHost, signal: AbortSignal): Promise<void> {
  const isReading = (): boolean => {
    const state = cards.state();
    return cards.isStarting() || (state.service === 'running' && state.readers.some((reader) => reader.state === 'reading'));
  };
  if (!isReading()) return;
  try {
    await askUntil(signal, readingMs, (question) => cardsChanged(cards, question, () => !isReading()));
  } catch (error) {
    if (!(error instanceof DeadlinePassed)) throw error;
  }
}
