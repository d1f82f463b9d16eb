/** Waiting for what a card stack says, by its events and with a deadline. */
import type { AuthenticationCard, CardStackState, ReaderState, SigningCard } from '../../src/native/host/card-host.ts';
import { authenticationCardIn } from '../../src/native/host/card-place.ts';
import type { CardStack } from '../../src/native/host/card-stack.ts';

/** Resolves with the first state that fits, now or later; rejects with the last one seen. */
export async function stateWhere(
  stack: Pick<CardStack, 'state' | 'subscribe'>,
  fits: (state: CardStackState) => boolean,
  deadlineMs = 20_000,
): Promise<CardStackState> {
  if (fits(stack.state())) return stack.state();
  const { promise, resolve, reject } = Promise.withResolvers<CardStackState>();
  const unsubscribe = stack.subscribe((state) => {
    if (fits(state)) resolve(state);
  });
  const timer = setTimeout(() => {
    reject(new Error(`the card stack stays in ${JSON.stringify(withoutBytes(stack.state()))}`));
  }, deadlineMs);
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    unsubscribe();
  }
}

/** The state of one reader, once it is the one named. */
export async function readerIn<S extends ReaderState['state']>(
  stack: Pick<CardStack, 'state' | 'subscribe'>,
  wanted: S,
  reader?: string,
  deadlineMs?: number,
): Promise<Extract<ReaderState, { state: S }>> {
  const find = (state: CardStackState): ReaderState | undefined =>
    state.service === 'running'
      ? state.readers.find((each) => each.state === wanted && (reader === undefined || each.reader === reader))
      : undefined;
  const state = await stateWhere(stack, (each) => find(each) !== undefined, deadlineMs);
  return find(state) as Extract<ReaderState, { state: S }>;
}

/** The signing card, once the rest of it has been read too: no command of ours comes any more by itself. */
export async function readyCard(
  stack: Pick<CardStack, 'state' | 'subscribe'>,
  reader?: string,
  deadlineMs?: number,
): Promise<SigningCard> {
  const { card } = await readerIn(stack, 'ready', reader, deadlineMs);
  const isRead = (place: ReaderState): boolean => place.state !== 'ready' || place.reader !== card.reader || place.authentication !== 'reading';
  await stateWhere(stack, (state) => state.service !== 'running' || state.readers.every(isRead), deadlineMs);
  return card;
}

/** A card that authenticates, of whatever kind. */
export async function authenticationCard(
  stack: Pick<CardStack, 'state' | 'subscribe'>,
  reader?: string,
  deadlineMs?: number,
): Promise<AuthenticationCard> {
  const find = (state: CardStackState): AuthenticationCard | undefined =>
    state.service !== 'running' ? undefined : state.readers.map(authenticationCardIn).find((card) => card !== undefined && (reader === undefined || card.reader === reader));
  const found = find(await stateWhere(stack, (state) => find(state) !== undefined, deadlineMs));
  if (found === undefined) throw new Error('the card left again');
  return found;
}

function withoutBytes(state: CardStackState): unknown {
  if (state.service === 'unavailable') return state;
  return state.readers.map((reader) => (reader.state === 'ready' ? { ...reader, card: reader.card.certificateSha256 } : reader));
}
