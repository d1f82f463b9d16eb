import type { Problem } from '../../contract/problem.ts';
import type { Caller, Staff } from '../ports.ts';
import { reasonOf } from './request-reasons.ts';
import { advance, initialPhase, isEnded, type Phase, type RequestEvent } from './request-state.ts';
import type { SignatureResult, SignatureSnapshot } from './signature-service.ts';

export interface LiveRequestIdentity {
  readonly id: string;
  readonly caller: Caller;
  readonly staff: Staff;
  /** See request-fingerprint.ts. */
  readonly key: string;
  readonly body: string;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
}

/** One request of this process's life: its phase, and who wants to know when it changes. Holds no document. */
export class LiveRequest {
  readonly identity: LiveRequestIdentity;
  /** Set as soon as a key may have signed: from then on the recipe stays in force. */
  keyUsed = false;
  /** Which way it goes now, for the audit log. */
  method: 'local' | 'remote' = 'local';
  readonly #abort = new AbortController();
  readonly #listeners = new Set<(snapshot: SignatureSnapshot) => void>();
  #phase: Phase = initialPhase;
  #result: SignatureResult | null = null;

  constructor(identity: LiveRequestIdentity) {
    this.identity = identity;
  }

  /** Aborts with the reason for which the request is stopped. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  get phase(): Phase {
    return this.#phase;
  }

  get hasEnded(): boolean {
    return isEnded(this.#phase.state);
  }

  get result(): SignatureResult | null {
    return this.#result;
  }

  dispatch(event: RequestEvent): void {
    this.#phase = advance(this.#phase, event);
    const snapshot = this.snapshot();
    for (const listener of [...this.#listeners]) listener(snapshot);
  }

  release(result: SignatureResult): void {
    this.#result = result;
    this.dispatch({ type: 'released' });
  }

  stop(reason: Error): void {
    if (!this.hasEnded) this.#abort.abort(reason);
  }

  onChange(listener: (snapshot: SignatureSnapshot) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  snapshot(): SignatureSnapshot {
    const phase = this.#phase;
    const problem: Problem | null = 'problem' in phase ? phase.problem : null;
    return { id: this.identity.id, state: phase.state, reason: reasonOf(phase), result: this.#result, problem };
  }
}
