import { readFileSync, statSync } from 'node:fs';
import { z } from 'zod';
import type { Certificate } from '../../formats/pki/certificate.ts';
import { OneAtATime } from '../audit/one-at-a-time.ts';
import { storageFailure } from '../audit/storage-failure.ts';
import { writeFileDurably } from '../storage/write-file-durably.ts';
import { addAccount, addBinding, removeBinding, type BoundAccount, type BoundSubject, type ProviderAccount, type StaffBinding, type StaffBindings } from './staff-bindings.ts';

const sha256Hex = z.string().regex(/^[0-9a-f]{64}$/);

const bindingsSchema = z.array(
  z.strictObject({
    staffId: z.string().min(1).max(64),
    subjects: z.array(
      z.strictObject({
        issuerSha256: sha256Hex,
        subjectSha256: sha256Hex,
        issuer: z.string(),
        subject: z.string(),
        boundAt: z.string(),
        by: z.enum(['person', 'administrator']),
        certificates: z.array(sha256Hex),
      }),
    ),
    accounts: z.array(z.strictObject({ provider: z.string(), subject: z.string(), boundAt: z.string() })).default([]),
  }),
);

function bindingsOf(text: string): readonly StaffBinding[] {
  try {
    return bindingsSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw Object.assign(new Error('staff.json is not readable', { cause }), { code: 'ESTAFF' });
  }
}

/**
 * The bindings as one JSON file. `hpki-agent staff bind` writes it from another process, so it is read again whenever
 * it has changed.
 */
export class StaffBindingsFile implements StaffBindings {
  readonly #file: string;
  readonly #turn = new OneAtATime();
  #bindings: readonly StaffBinding[] = [];
  #stamp: string | null = null;

  constructor(file: string) {
    this.#file = file;
  }

  list(): readonly StaffBinding[] {
    this.#refresh();
    return this.#bindings;
  }

  subjectsOf(staffId: string): readonly BoundSubject[] {
    return this.list().find((binding) => binding.staffId === staffId)?.subjects ?? [];
  }

  accountsOf(staffId: string): readonly BoundAccount[] {
    return this.list().find((binding) => binding.staffId === staffId)?.accounts ?? [];
  }

  bindAccount(staffId: string, account: ProviderAccount, at: number): Promise<void> {
    return this.#turn.run(async () => {
      const bindings = addAccount(this.list(), staffId, account, at);
      if (bindings !== this.list()) await this.#write(bindings);
    });
  }

  bind(staffId: string, certificate: Certificate, by: BoundSubject['by'], at: number): Promise<void> {
    return this.#turn.run(() => this.#write(addBinding(this.list(), staffId, certificate, by, at)));
  }

  unbind(staffId: string, subjectSha256?: string): Promise<boolean> {
    return this.#turn.run(async () => {
      const rest = removeBinding(this.list(), staffId, subjectSha256);
      if (rest !== null) await this.#write(rest);
      return rest !== null;
    });
  }

  async #write(bindings: readonly StaffBinding[]): Promise<void> {
    try {
      await writeFileDurably(this.#file, `${JSON.stringify(bindings, null, 2)}\n`);
    } catch (cause) {
      throw storageFailure(cause);
    }
    this.#stamp = null;
  }

  /**
   * SECURITY: a file that cannot be read is an error, not an empty list: an empty one would ask every doctor to bind
   * anew (test/unit/agent/signing/staff-bindings.test.ts).
   */
  #refresh(): void {
    try {
      const stats = statSync(this.#file, { throwIfNoEntry: false, bigint: true });
      const stamp = stats === undefined ? 'none' : `${stats.ino} ${stats.size} ${stats.mtimeNs}`;
      if (stamp === this.#stamp) return;
      this.#bindings = stats === undefined ? [] : bindingsOf(readFileSync(this.#file, 'utf8'));
      this.#stamp = stamp;
    } catch (cause) {
      throw storageFailure(cause);
    }
  }
}
