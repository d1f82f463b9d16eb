import type { CardHost, CardStackState } from '../native/host/card-host.ts';
import type { Settings } from './config/settings.ts';
import { openCardHosts } from './open-card-hosts.ts';
import type { DataDirectory } from './storage/data-directory.ts';

/** Longest time for which a first look waits: reading a card takes under a second, a module that starts takes more. */
const longestLookMs = 5000;

/** One look at the readers from a process of its own; null where policy has switched cards off. Presents no PIN. */
export async function lookAtCards(settings: Pick<Settings, 'cards' | 'deadlines'>, data: DataDirectory): Promise<CardStackState | null> {
  const host = openCardHosts(settings, data);
  if (host === undefined) return null;
  try {
    await settled(host);
    return host.state();
  } finally {
    await host.close();
  }
}

/** Waits until the service has answered and every card is read. */
function settled(host: CardHost): Promise<void> {
  const isSettled = (): boolean => {
    const state = host.state();
    return state.service === 'running' && state.readers.every((reader) => reader.state !== 'reading');
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
