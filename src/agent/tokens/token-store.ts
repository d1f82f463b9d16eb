import type { RemoteToken } from '../remote/remote-provider.ts';

/** A token serves one program for one staff member at one provider, nobody else. */
export interface TokenOwner {
  readonly clientId: string;
  readonly staffId: string;
  readonly provider: string;
}

/**
 * Where tokens of remote signing are kept: in memory, in a sealed file of this terminal, or (another adapter) in a
 * hospital's hub. None is kept longer than it is valid.
 */
export interface TokenStore {
  get(owner: TokenOwner): Promise<RemoteToken | undefined>;
  /** Resolves when the token is as durable as this store makes it. Throws STORAGE_FAILED. */
  put(owner: TokenOwner, token: RemoteToken): Promise<void>;
  delete(owner: TokenOwner): Promise<void>;
  list(): Promise<readonly { readonly owner: TokenOwner; readonly token: RemoteToken }[]>;
}
