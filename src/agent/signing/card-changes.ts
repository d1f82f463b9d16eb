import type { CardHost } from '../../native/host/card-host.ts';

/** Resolves when the cards have changed so that `happened`; at once if it has, never once the signal has aborted. */
export function cardsChanged(cards: Pick<CardHost, 'subscribe'>, signal: AbortSignal, happened: () => boolean): Promise<'changed'> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (!happened()) return;
      unsubscribe();
      resolve('changed');
    };
    const unsubscribe = cards.subscribe(look);
    signal.addEventListener('abort', unsubscribe, { once: true });
    look();
  });
}
