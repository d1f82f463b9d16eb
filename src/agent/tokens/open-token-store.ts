import { osLogin, type OsLogin } from '../../native/peer/os-login.ts';
import type { RemoteSettings } from '../config/remote-settings.ts';
import type { Log } from '../log.ts';
import type { Clock, SecretStore } from '../ports.ts';
import { memoryTokenStore } from './memory-token-store.ts';
import { SealedTokenStore } from './sealed-token-store.ts';
import type { LeftToken, TokenStore } from './token-store.ts';

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
    const here = sealingLogon(place.secrets, login());
    if (typeof here === 'object') return new SealedTokenStore({ ...place, login: here });
    place.log.warn(`token.${here}`);
  }
  return { ...memoryTokenStore(place.clock), takeLeft: () => takeAll(place) };
}

/** The logon for which tokens can be sealed, or why they cannot. `login` is null where the system does not tell it. */
export function sealingLogon({ protection }: Pick<SecretStore, 'protection'>, login: OsLogin | null): OsLogin | 'no_key_store' | 'logon_unknown' {
  return protection === 'os-keychain' ? (login ?? 'logon_unknown') : 'no_key_store';
}

/** NaN is near no start of a machine. */
const nobodysLogon: OsLogin = { bootedAt: Number.NaN, session: '' };

/**
 * Where nothing may lie on the disk, or nobody can say in whose logon an earlier run's tokens were sealed: all of them are
 * revoked, and the file goes.
 * SECURITY: test/unit/agent/tokens/token-stores.test.ts
 */
async function takeAll(place: TokenPlace): Promise<readonly LeftToken[]> {
  const earlier = new SealedTokenStore({ ...place, login: nobodysLogon });
  try {
    return await earlier.takeLeft();
  } finally {
    earlier.removeFromDisk();
  }
}
