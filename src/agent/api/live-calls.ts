type Kind = 'poll' | 'stream';

export interface LiveCall {
  /** Aborts when the caller hangs up, its pairing is revoked or the agent ends. */
  readonly signal: AbortSignal;
  readonly endedBy: () => LiveCallEnd | null;
  hangUp(): void;
  /** Must be called when the answer is complete. */
  release(): void;
}

export type LiveCallEnd = 'caller' | 'revoked' | 'agent';

interface Entry {
  readonly clientId: string;
  readonly kind: Kind;
  readonly end: (by: LiveCallEnd) => void;
}

/** Calls that stay open: long polls and event streams. They end with their client. */
export class LiveCalls {
  readonly #entries = new Set<Entry>();

  begin(clientId: string, kind: Kind): LiveCall {
    const abort = new AbortController();
    let endedBy: LiveCallEnd | null = null;
    const entry: Entry = {
      clientId,
      kind,
      end: (by) => {
        endedBy ??= by;
        abort.abort();
      },
    };
    this.#entries.add(entry);
    return {
      signal: abort.signal,
      endedBy: () => endedBy,
      hangUp: () => entry.end('caller'),
      release: () => this.#entries.delete(entry),
    };
  }

  count(clientId: string, kind: Kind): number {
    let count = 0;
    for (const entry of this.#entries) if (entry.clientId === clientId && entry.kind === kind) count += 1;
    return count;
  }

  /** SECURITY: a revoked client hears nothing more. test/unit/agent/api/revocation.test.ts */
  revoke(clientId: string): void {
    for (const entry of this.#entries) if (entry.clientId === clientId) entry.end('revoked');
  }

  endAll(): void {
    for (const entry of this.#entries) entry.end('agent');
  }
}
