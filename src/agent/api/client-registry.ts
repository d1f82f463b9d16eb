/** A program or web site that may call the agent. Its token is known by hash only. */
export interface Client {
  readonly id: string;
  readonly name: string;
  /** Exact Origin of a web client; null for a native one. */
  readonly origin: string | null;
  readonly source: 'paired' | 'policy';
  /** Null for clients of machine policy. */
  readonly createdAt: Date | null;
  /** Null: until policy drops it. */
  readonly expiresAt: Date | null;
  readonly lastUsedAt: Date | null;
  readonly revoked: boolean;
}

export interface NewClient {
  readonly name: string;
  readonly origin: string | null;
  /** 64 lower-case hex digits. */
  readonly tokenSha256: string;
}

/** Who may call. Policy's clients stand beside the paired ones and cannot be revoked here. */
export interface ClientRegistry {
  /** The live client whose token has this SHA-256 (32 bytes). Takes as long for a wrong one. */
  findByToken(tokenSha256: Uint8Array): Client | undefined;
  /** Whether a live web client has exactly this Origin. */
  knowsOrigin(origin: string): boolean;
  /** Neither revoked nor expired. */
  isLive(id: string): boolean;
  list(): readonly Client[];
  /** Durable before it resolves. Throws ProblemError STORAGE_FAILED, REQUEST_INVALID (a token that is in use). */
  add(client: NewClient): Promise<Client>;
  /** Counts at once, even where it cannot be written (then STORAGE_FAILED). False: no such paired client. */
  revoke(id: string): Promise<boolean>;
  /** Calls `listener` with the id of each client that is revoked. Returns the unsubscribe function. */
  onRevoked(listener: (clientId: string) => void): () => void;
  /** Notes that the client called now. */
  touch(id: string): void;
  /** Writes what is not yet written. */
  close(): Promise<void>;
}

/** A client as machine policy names it. */
export type PolicyClient =
  | { readonly name: string; readonly origin: string; readonly tokenSha256: string }
  | { readonly name: string; readonly native: true; readonly tokenSha256: string };
