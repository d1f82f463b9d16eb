import type { RemoteToken } from '../remote/remote-provider.ts';
import type { Clock } from '../ports.ts';
import { ownerKey, type TokenOwner, type TokenStore } from './token-store.ts';

/** Tokens that go with the process. */
export function memoryTokenStore(clock: Pick<Clock, 'now'>): TokenStore {
  const kept = new Map<string, { readonly owner: TokenOwner; readonly token: RemoteToken }>();
  const forget = (key: string): void => {
    kept.get(key)?.token.secret.fill(0);
    kept.delete(key);
  };
  const forgetExpired = (): void => {
    for (const [key, { token }] of kept) if (token.expiresAt.getTime() <= clock.now()) forget(key);
  };
  return {
    survivesRestart: false,
    get(owner) {
      forgetExpired();
      const token = kept.get(ownerKey(owner))?.token;
      return Promise.resolve(token && { ...token, secret: token.secret.slice() });
    },
    put(owner, token) {
      forget(ownerKey(owner));
      kept.set(ownerKey(owner), { owner, token: { ...token, secret: token.secret.slice() } });
      return Promise.resolve();
    },
    delete(owner) {
      forget(ownerKey(owner));
      return Promise.resolve();
    },
    takeLeft: () => Promise.resolve([]),
    removeFromDisk: () => undefined,
    list() {
      forgetExpired();
      return Promise.resolve([...kept.values()].map(({ owner, token: { subject, method, expiresAt } }) => ({ owner, subject, method, expiresAt })));
    },
  };
}
