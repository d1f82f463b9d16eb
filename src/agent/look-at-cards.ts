import type { CardHost, CardStackState } from '../native/host/card-host.ts';
import type { Settings } from './config/settings.ts';
import { openCardHosts } from './open-card-hosts.ts';
import type { DataDirectory } from './storage/data-directory.ts';

/** Longest time for which a first look waits. Reading a card takes under a second, a vendor module's start takes more. */
const longestLookMs = 20_000;

/** A look that takes longer than this is worth a word to the person who waits. */
const shortLookMs = 1000;

/**
 * One look at the readers from a process of its own; null where policy has switched cards off. Presents no PIN.
 * `onWait` is called once when the look takes longer than a second.
 */
export async function lookAtCards(
  settings: Pick<Settings, 'cards' | 'deadlines'>,
  data: DataDirectory,
  onWait: () => void = () => undefined,
): Promise<CardStackState | null> {
  const host = openCardHosts(settings, data);
  if (host === undefined) return null;
  const wait = setTimeout(onWait, shortLookMs);
  try {
    await settled(host);
    return host.state();
  } finally {
    clearTimeout(wait);
    await host.close();
  }
}

/** Waits until every service has answered, or has said that it is not there, and every card is read. */
function settled(host: CardHost): Promise<void> {
  const isSettled = (): boolean => {
    const state = host.state();
    return !host.isStarting() && (state.service === 'unavailable' || state.readers.every((reader) => reader.state !== 'reading'));
  };
  return new Promise((resolve) => {
    const finish = (): void => {
      clearTimeout(patience);
      forget();
      resolve();
    };
    const forget = host.subscribe(() => {
      if (isSettled()) finish();
    });
    const patience = setTimeout(finish, longestLookMs);
    if (isSettled()) finish();
  });
}
