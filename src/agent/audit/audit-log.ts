import type { Clock, SecretStore } from '../ports.ts';
import { AppendOnlyFile, systemIo, type AppendIo } from './append-only-file.ts';
import { chainEntry, genesis, writeEntry, type AuditEntry, type AuditHead, type AuditStatement } from './audit-entry.ts';
import { readAuditHead, saveAuditHead } from './audit-head.ts';
import { parseEntry } from './audit-verifier.ts';
import { linesOfFile } from './lines-of-file.ts';
import { OneAtATime } from './one-at-a-time.ts';
import { storageFailure } from './storage-failure.ts';

export interface AuditLogOptions {
  readonly file: string;
  readonly clock: Clock;
  /** Which terminal writes: host name and OS user. */
  readonly terminal: string;
  /** Keeps the head outside of the file, so that a cut tail can be noticed. */
  readonly secrets: SecretStore;
  /** Offset of this machine's clock to its time source, where known. */
  readonly clockOffsetMs?: () => number | null;
  readonly io?: AppendIo;
  /** At most one head is stored in this time; the entries after it are chained, not anchored. */
  readonly headIntervalMs?: number;
}

/** What the parts of the agent need of the log. */
export interface Audit {
  /** Resolves when the entry is on the disk. Throws STORAGE_FAILED. */
  append(statement: AuditStatement): Promise<AuditHead>;
  /** The entry by which a request was released, for an answer that is given again. */
  findReleased(request: string): Promise<AuditHead | undefined>;
}

/** The hash-chained log of one agent: JSON lines, one writer, fsync for each entry. */
export class AuditLog implements Audit {
  readonly #options: AuditLogOptions;
  #file: AppendOnlyFile | undefined;
  #head: AuditHead = genesis;
  readonly #turn = new OneAtATime();
  #headTimer: NodeJS.Timeout | undefined;
  #savedHead: AuditHead = genesis;

  constructor(options: AuditLogOptions) {
    this.#options = options;
  }

  append(statement: AuditStatement): Promise<AuditHead> {
    return this.#turn.run(async () => {
      const file = await this.#opened();
      return this.#write(file, statement);
    });
  }

  async findReleased(request: string): Promise<AuditHead | undefined> {
    await this.#turn.run(() => this.#opened());
    for await (const { text } of linesOfFile(this.#options.file)) {
      if (!text.includes(request)) continue;
      const entry = parseEntry(text);
      if (entry?.event === 'signature.released' && entry.request === request) return { seq: entry.seq, hash: entry.hash };
    }
    return undefined;
  }

  /** Last entry written. Throws STORAGE_FAILED where the log cannot be opened. */
  head(): Promise<AuditHead> {
    return this.#turn.run(async () => {
      await this.#opened();
      return this.#head;
    });
  }

  async close(): Promise<void> {
    clearTimeout(this.#headTimer);
    await this.#turn.run(async () => {
      await this.#saveHead();
      await this.#file?.close();
      this.#file = undefined;
    });
  }

  /** A log that could not be opened (read-only folder) is tried again at the next entry: no restart is needed. */
  async #opened(): Promise<AppendOnlyFile> {
    if (this.#file) return this.#file;
    let file: AppendOnlyFile | undefined;
    try {
      file = new AppendOnlyFile(this.#options.file, this.#options.io ?? systemIo);
      this.#head = lastHead(file);
      if (file.tornTail) {
        const { bytes, sha256 } = file.tornTail;
        await this.#write(file, { event: 'audit.torn_line_removed', result: 'ok', notes: [`bytes=${bytes}`, `sha256=${sha256}`] });
      }
      await this.#recordMissing(file);
    } catch (cause) {
      await file?.close();
      throw storageFailure(cause);
    }
    this.#file = file;
    return file;
  }

  /** The head that was kept outside names an entry that is not in the file, or another one: said in the log itself. */
  async #recordMissing(file: AppendOnlyFile): Promise<void> {
    const kept = await readAuditHead(this.#options.secrets).catch(() => undefined);
    if (kept === undefined || kept.seq < this.#head.seq || kept.hash === this.#head.hash) return;
    await this.#write(file, {
      event: 'audit.entries_missing',
      result: 'ok',
      notes: [`last=${this.#head.seq}`, `expected=${kept.seq}`, `expectedHash=${kept.hash}`],
    });
  }

  async #write(file: AppendOnlyFile, statement: AuditStatement): Promise<AuditHead> {
    const entry = chainEntry(this.#head, this.#complete(statement));
    try {
      await file.append(writeEntry(entry), true);
    } catch (cause) {
      throw storageFailure(cause);
    }
    this.#head = { seq: entry.seq, hash: entry.hash };
    this.#scheduleHead();
    return this.#head;
  }

  #complete(statement: AuditStatement): Omit<AuditEntry, 'v' | 'seq' | 'prev' | 'hash'> {
    return {
      time: new Date(this.#options.clock.now()).toISOString(),
      clockOffsetMs: this.#options.clockOffsetMs?.() ?? null,
      terminal: this.#options.terminal,
      event: statement.event,
      result: statement.result,
      caller: statement.caller ? pickCaller(statement.caller) : null,
      staffId: statement.staffId ?? null,
      request: statement.request ?? null,
      method: statement.method ?? null,
      signerName: statement.signerName ?? null,
      certificateSha256: statement.certificateSha256 ?? null,
      documents: statement.documents ?? [],
      startedAt: statement.startedAt?.toISOString() ?? null,
      notes: statement.notes ?? [],
    };
  }

  #scheduleHead(): void {
    this.#headTimer ??= setTimeout(() => void this.#saveHead(), this.#options.headIntervalMs ?? 1000).unref();
  }

  /** A head that cannot be stored makes the proof weaker, not the log wrong: verification then says so. */
  async #saveHead(): Promise<void> {
    this.#headTimer = undefined;
    const head = this.#head;
    if (head.seq === this.#savedHead.seq) return;
    try {
      await saveAuditHead(this.#options.secrets, head);
      this.#savedHead = head;
    } catch {
      return;
    }
  }
}

/** Callers may hand over more than these four fields; nothing else is ever written. */
function pickCaller(caller: NonNullable<AuditEntry['caller']>): AuditEntry['caller'] {
  return { clientId: caller.clientId, clientName: caller.clientName, origin: caller.origin, program: caller.program };
}

/**
 * A last line that has its newline but is no entry was changed by somebody, or by the disk: nothing can be chained to
 * it and it is evidence, so the log refuses to go on until an administrator has put the file aside.
 */
function lastHead(file: AppendOnlyFile): AuditHead {
  if (file.size === 0) return genesis;
  for (let length = 4096; ; length *= 4) {
    const start = Math.max(0, file.size - length);
    const text = file.read(start, file.size - start);
    const at = text.lastIndexOf('\n', text.length - 2);
    if (at === -1 && start > 0) continue;
    const entry = parseEntry(text.slice(at + 1, -1));
    if (entry === undefined) throw Object.assign(new Error('the last audit entry is not readable'), { code: 'EAUDIT' });
    return { seq: entry.seq, hash: entry.hash };
  }
}
