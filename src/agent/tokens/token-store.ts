import type { RemoteToken } from '../remote/remote-provider.ts';

/** A token serves one program for one staff member at one provider, nobody else. */
export interface TokenOwner {
  readonly clientId: string;
  readonly staffId: string;
  readonly provider: string;
}

/** A token without what only its provider may see. */
export interface KeptToken extends Omit<RemoteToken, 'secret'> {
  readonly owner: TokenOwner;
}

/** A token that an earlier run has left and that serves no more. `secret` is null where it has expired or cannot be opened. */
export interface LeftToken extends KeptToken {
  /** It expired, its logon ended without removing it, or it is from the future, where nobody can say how long it still lives. */
  readonly why: 'expired' | 'log_off' | 'clock_set_back';
  readonly secret: Uint8Array | null;
}

/**
 * Where tokens of remote signing are kept: in memory, in a sealed file of this terminal, or (another adapter) in a
 * hospital's hub. None is kept longer than it is valid, and a secret is opened only for its use.
 */
export interface TokenStore {
  /** Whether tokens are still there when the agent starts again. Not after {@link removeFromDisk}. */
  readonly survivesRestart: boolean;
  get(owner: TokenOwner): Promise<RemoteToken | undefined>;
  /** Takes the place of the owner's token before. Resolves when it is as durable as this store makes it. Throws STORAGE_FAILED. */
  put(owner: TokenOwner, token: RemoteToken): Promise<void>;
  delete(owner: TokenOwner): Promise<void>;
  list(): Promise<readonly KeptToken[]>;
  /** Removes what serves no more, and hands it out once: for the record, and what its provider still accepts for its revocation. */
  takeLeft(): Promise<readonly LeftToken[]>;
  /**
   * What lies on the disk is gone before it returns, and nothing is kept there again; tokens can still be got and deleted, to
   * be revoked.
   */
  removeFromDisk(): void;
}

/** One text for one owner, for maps. */
export function ownerKey({ clientId, staffId, provider }: TokenOwner): string {
  return JSON.stringify([clientId, staffId, provider]);
}
