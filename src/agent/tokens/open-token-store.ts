import { osLogin, type OsLogin } from '../../native/peer/os-login.ts';
import type { RemoteSettings } from '../config/remote-settings.ts';
import type { Log } from '../log.ts';
import type { Clock, SecretStore } from '../ports.ts';
import { memoryTokenStore } from './memory-token-store.ts';
import { SealedTokenStore } from './sealed-token-store.ts';
import type { TokenStore } from './token-store.ts';

export interface TokenPlace {
  readonly file: string;
  readonly secrets: SecretStore;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Where this agent keeps tokens. A seal whose key lies in a file beside it seals nothing, and one whose key goes with the
 * process opens nothing: without the system's key store tokens stay in memory, and `doctor` says so. They do too where the
 * system does not tell one logon from the next.
 */
export function openTokenStore(wanted: RemoteSettings['keepTokens'], place: TokenPlace, login: () => OsLogin | null = osLogin): TokenStore {
  if (wanted === 'sealed') {
    const here = canSeal(place.secrets) ? login() : null;
    if (here !== null) return new SealedTokenStore({ ...place, login: here });
    place.log.warn(canSeal(place.secrets) ? 'token.logon_unknown' : 'token.no_key_store');
  }
  return memoryTokenStore(place.clock);
}

export function canSeal({ protection }: Pick<SecretStore, 'protection'>): boolean {
  return protection === 'os-keychain';
}
