import type { Audit } from './audit/audit-log.ts';
import type { AuditStatement } from './audit/audit-entry.ts';
import type { Clock } from './ports.ts';

/** One released request, for a person who looks at what was signed. No patient, no document. */
export interface RecentSignature {
  readonly at: Date;
  readonly type: 'prescription' | 'dispensing';
  readonly count: number;
  readonly caller: string;
  /** `ok`, or the code of the first document that was left out. */
  readonly result: string;
}

const remembered = 20;

/** The last signatures since the start, taken from what goes to the audit log: the two can never tell differently. */
export class RecentSignatures {
  readonly #clock: Clock;
  readonly #listeners = new Set<() => void>();
  #list: readonly RecentSignature[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Newest first. */
  list(): readonly RecentSignature[] {
    return this.#list;
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The same log; what it accepts about signatures is remembered here. */
  noting(audit: Audit): Audit {
    return {
      append: async (statement) => {
        const head = await audit.append(statement);
        this.#note(statement);
        return head;
      },
      findReleased: (request) => audit.findReleased(request),
    };
  }

  #note({ event, caller, documents = [] }: AuditStatement): void {
    if (!event.startsWith('signature.')) return;
    if (event === 'signature.released') {
      const at = new Date(this.#clock.now());
      const rows = (['dispensing', 'prescription'] as const).flatMap((type) => {
        const ofType = documents.filter((document) => document.type === type);
        const result = ofType.find((document) => document.result !== 'ok')?.result ?? 'ok';
        return ofType.length === 0 ? [] : [{ at, type, count: ofType.length, caller: caller?.clientName ?? '', result }];
      });
      this.#list = [...rows, ...this.#list].slice(0, remembered);
    }
    for (const listener of [...this.#listeners]) listener();
  }
}
