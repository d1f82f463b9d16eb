import type { Caller } from '../../src/agent/ports.ts';
import type {
  SignatureRequest,
  SignatureResult,
  SignatureService,
  SignatureSnapshot,
} from '../../src/agent/signing/signature-service.ts';

interface Kept {
  readonly clientId: string;
  snapshot: SignatureSnapshot;
}

/** A signature service that a test drives: it records what it is asked and ends requests when told to. */
export class ScriptedSignatures implements SignatureService {
  readonly submitted: { readonly caller: Caller; readonly key: string; readonly request: SignatureRequest }[] = [];
  readonly cancelled: string[] = [];
  /** What the next submit answers; thrown where it is an error. */
  next: ((id: string) => SignatureSnapshot) | Error | null = null;
  /** A card that is at work is not stopped: a cancelled request ends when the test moves it on. */
  cardWorks = false;
  readonly #kept = new Map<string, Kept>();
  readonly #listeners = new Map<string, Set<(snapshot: SignatureSnapshot) => void>>();

  submit(caller: Caller, key: string, request: SignatureRequest): Promise<SignatureSnapshot> {
    this.submitted.push({ caller, key, request });
    if (this.next instanceof Error) return Promise.reject(this.next);
    const id = `req-${this.submitted.length}`;
    const snapshot = this.next === null ? waiting(id) : this.next(id);
    this.#kept.set(id, { clientId: caller.clientId, snapshot });
    this.#tell(caller.clientId, snapshot);
    return Promise.resolve(snapshot);
  }

  get(caller: Caller, id: string): SignatureSnapshot | undefined {
    const kept = this.#kept.get(id);
    return kept?.clientId === caller.clientId ? kept.snapshot : undefined;
  }

  settled(caller: Caller, id: string, waitMs: number, signal: AbortSignal): Promise<SignatureSnapshot | undefined> {
    return new Promise((resolve) => {
      const finish = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', finish);
        this.#listeners.get(caller.clientId)?.delete(look);
        resolve(this.get(caller, id));
      };
      const look = (snapshot: SignatureSnapshot): void => {
        if (snapshot.id === id && (snapshot.result !== null || snapshot.problem !== null)) finish();
      };
      const timer = setTimeout(finish, waitMs);
      signal.addEventListener('abort', finish);
      this.#listenersOf(caller.clientId).add(look);
      if (signal.aborted) finish();
    });
  }

  cancel(caller: Caller, id: string): SignatureSnapshot | undefined {
    if (this.get(caller, id) === undefined) return undefined;
    this.cancelled.push(id);
    // As in the agent, the window closes before the request ends.
    if (!this.cardWorks) setImmediate(() => this.become({ id, state: 'cancelled', reason: null, result: null, problem: { code: 'CANCELLED_BY_USER', detail: null } }));
    return this.get(caller, id);
  }

  subscribe(clientId: string, listener: (snapshot: SignatureSnapshot) => void): () => void {
    this.#listenersOf(clientId).add(listener);
    return () => this.#listenersOf(clientId).delete(listener);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  /** Moves a request on. */
  become(snapshot: SignatureSnapshot): void {
    const kept = this.#kept.get(snapshot.id);
    if (kept === undefined) throw new Error(`no request ${snapshot.id}`);
    kept.snapshot = snapshot;
    this.#tell(kept.clientId, snapshot);
  }

  listeners(clientId: string): number {
    return this.#listenersOf(clientId).size;
  }

  #tell(clientId: string, snapshot: SignatureSnapshot): void {
    for (const listener of [...this.#listenersOf(clientId)]) listener(snapshot);
  }

  #listenersOf(clientId: string): Set<(snapshot: SignatureSnapshot) => void> {
    let listeners = this.#listeners.get(clientId);
    if (listeners === undefined) {
      listeners = new Set();
      this.#listeners.set(clientId, listeners);
    }
    return listeners;
  }
}

export function waiting(id: string): SignatureSnapshot {
  return { id, state: 'awaiting_pin', reason: { ja: 'PINの入力を待っています', en: 'Waiting for the PIN' }, result: null, problem: null };
}

export function signed(id: string, xml = '<signed/>'): SignatureSnapshot {
  const result: SignatureResult = {
    method: 'local',
    signer: { name: '医者 三郎', role: 'Medical Doctor', certificateSha256: 'cd'.repeat(32), notAfter: new Date(Date.UTC(2028, 0, 1)) },
    signedAt: new Date(Date.UTC(2026, 3, 1)),
    audit: { seq: 7, hash: 'ef'.repeat(32) },
    documents: [
      { id: 'rx-1', state: 'signed', xml: Buffer.from(xml), sha256: '12'.repeat(32), warnings: [{ ja: '注意', en: 'note' }] },
    ],
  };
  return { id, state: 'signed', reason: null, result, problem: null };
}
