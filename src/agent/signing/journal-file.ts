import { AppendOnlyFile, systemIo, type AppendIo } from '../audit/append-only-file.ts';
import { OneAtATime } from '../audit/one-at-a-time.ts';
import { storageFailure } from '../audit/storage-failure.ts';
import type { Clock } from '../ports.ts';
import type { AnswerRecord, Journal, JournalEntry, JournalRecord, SignedInfoRecipe } from './journal.ts';

export interface JournalFileOptions {
  readonly file: string;
  readonly clock: Clock;
  readonly io?: AppendIo;
}

/** How long an Idempotency-Key is remembered. */
const retentionMs = 24 * 60 * 60 * 1000;
const compactionIntervalMs = 60 * 60 * 1000;

interface Span {
  readonly offset: number;
  readonly length: number;
}

/** Where the lines of one request stand. The lines themselves stay on the disk: memory does not grow with documents. */
interface Indexed {
  readonly id: string;
  readonly client: string;
  readonly key: string;
  readonly body: string;
  readonly at: number;
  recipe: Span | null;
  /** Set as long as a provider may have signed more than it has answered. */
  sending: Span | null;
  answers: readonly Span[];
  signed: Span | null;
  released: Span | null;
  ended: Span | null;
}

const nothingYet = { recipe: null, sending: null, answers: [], signed: null, released: null, ended: null };

/**
 * The journal as JSON lines in one file. A recipe costs one write and one fdatasync, however many documents it has.
 * The records after it are written without: losing them loses nothing but work, because the recipe gives the same
 * bytes again. Once an hour the lines of keys older than a day are left behind.
 */
export class JournalFile implements Journal {
  readonly #options: JournalFileOptions;
  readonly #turn = new OneAtATime();
  #file: AppendOnlyFile | undefined;
  #byId = new Map<string, Indexed>();
  #byKey = new Map<string, Indexed>();
  #compactedAt = 0;

  constructor(options: JournalFileOptions) {
    this.#options = options;
  }

  ready(): void {
    const file = this.#opened();
    try {
      file.checkRoom();
    } catch (cause) {
      throw storageFailure(cause);
    }
  }

  findByKey(key: string): JournalEntry | undefined {
    const file = this.#opened();
    return this.#entry(file, this.#byKey.get(key));
  }

  findById(id: string): JournalEntry | undefined {
    const file = this.#opened();
    return this.#entry(file, this.#byId.get(id));
  }

  recordDurably(record: Parameters<Journal['recordDurably']>[0]): Promise<void> {
    return this.#append(record, true);
  }

  record(record: Parameters<Journal['record']>[0]): Promise<void> {
    return this.#append(record, false);
  }

  close(): Promise<void> {
    return this.#turn.run(async () => {
      await this.#file?.close();
      this.#file = undefined;
    });
  }

  #append(record: JournalRecord, durable: boolean): Promise<void> {
    return this.#turn.run(async () => {
      const file = this.#opened();
      const line = `${JSON.stringify(record)}\n`;
      try {
        const offset = await file.append(line, durable);
        this.#apply(record, { offset, length: Buffer.byteLength(line) });
      } catch (cause) {
        throw storageFailure(cause);
      }
      if (record.type !== 'recipe') await this.#compactIfDue(file);
    });
  }

  /** A journal that could not be opened (read-only folder) is tried again at the next request: no restart is needed. */
  #opened(): AppendOnlyFile {
    if (this.#file) return this.#file;
    let file: AppendOnlyFile | undefined;
    try {
      file = new AppendOnlyFile(this.#options.file, this.#options.io ?? systemIo);
      this.#index(file.read(0, file.size));
    } catch (cause) {
      void file?.close();
      throw storageFailure(cause);
    }
    this.#compactedAt = 0;
    this.#file = file;
    return file;
  }

  #index(text: string): void {
    this.#byId = new Map();
    this.#byKey = new Map();
    let offset = 0;
    for (const line of text.split('\n').slice(0, -1)) {
      const length = Buffer.byteLength(line) + 1;
      this.#apply(parseRecord(line), { offset, length });
      offset += length;
    }
  }

  #apply(record: JournalRecord, span: Span): void {
    switch (record.type) {
      case 'recipe': {
        const { id, client, key, body, at } = record;
        this.#put({ ...nothingYet, id, client, key, body, at, recipe: span });
        return;
      }
      case 'sending':
      case 'answer':
      case 'not_sent': {
        const known = this.#byId.get(record.id);
        if (known) noteRemote(known, record.type, span);
        return;
      }
      case 'ended': {
        const known = this.#byId.get(record.id);
        const { id, client, key, body, at } = record;
        if (known === undefined) this.#put({ ...nothingYet, id, client, key, body, at, ended: span });
        else {
          known.ended = span;
          if (!record.keyUsed) known.recipe = null;
        }
        return;
      }
      case 'signed':
      case 'released': {
        const known = this.#byId.get(record.id);
        if (known) known[record.type] = span;
        // The signed record holds them too.
        if (known && record.type === 'signed') known.answers = [];
      }
    }
  }

  #put(entry: Indexed): void {
    this.#byId.set(entry.id, entry);
    this.#byKey.set(entry.key, entry);
  }

  #entry(file: AppendOnlyFile, indexed: Indexed | undefined): JournalEntry | undefined {
    if (indexed === undefined || this.#isExpired(indexed)) return undefined;
    const { id, client, body } = indexed;
    return {
      id,
      client,
      body,
      recipe: readSpan(file, indexed.recipe, 'recipe'),
      answers: new Map(indexed.answers.flatMap((span) => answerIn(readSpan(file, span, 'answer')))),
      inDoubt: indexed.sending !== null,
      signed: readSpan(file, indexed.signed, 'signed'),
      released: readSpan(file, indexed.released, 'released'),
      ended: readSpan(file, indexed.ended, 'ended'),
    };
  }

  #isExpired(entry: Indexed): boolean {
    return entry.at + retentionMs <= this.#options.clock.now();
  }

  async #compactIfDue(file: AppendOnlyFile): Promise<void> {
    const now = this.#options.clock.now();
    if (now - this.#compactedAt < compactionIntervalMs) return;
    this.#compactedAt = now;
    const all = [...this.#byId.values()];
    const kept = all.filter((entry) => !this.#isExpired(entry));
    if (kept.length === all.length) return;
    const spans = kept.flatMap(({ recipe, sending, answers, signed, released, ended }) => [recipe, sending, ...answers, signed, released, ended]);
    // The order of the file is the order of time: of two requests under one key the later one counts.
    const lines = spans.filter((span) => span !== null).sort((a, b) => a.offset - b.offset).map((span) => file.read(span.offset, span.length));
    try {
      await file.replace(lines);
    } catch {
      // The old file stands as it was; a full disk is reported by the next append, not by tidying up.
      return;
    }
    this.#index(lines.join(''));
  }
}

function noteRemote(entry: Indexed, type: 'sending' | 'answer' | 'not_sent', span: Span): void {
  if (type === 'answer') entry.answers = [...entry.answers, span];
  else entry.sending = type === 'sending' ? span : null;
  if (type === 'not_sent' && entry.answers.length === 0) entry.recipe = null;
}

function answerIn(record: AnswerRecord | null): readonly (readonly [string, string])[] {
  return record === null ? [] : [[record.document, record.answer]];
}

type RecordOf<Type extends JournalRecord['type']> = Extract<JournalRecord, { readonly type: Type }>;

function readSpan<Type extends JournalRecord['type']>(file: AppendOnlyFile, span: Span | null, type: Type): RecordOf<Type> | null {
  if (span === null) return null;
  const record = parseRecord(file.read(span.offset, span.length));
  return isOfType(record, type) ? record : null;
}

function isOfType<Type extends JournalRecord['type']>(record: JournalRecord, type: Type): record is RecordOf<Type> {
  return record.type === type;
}

/**
 * A whole line that cannot be read may have been a recipe. Passing over it could let one key have two signatures, so
 * the journal refuses to go on until a person has put the file aside.
 */
function parseRecord(line: string): JournalRecord {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    throw Object.assign(new Error('a line of the journal is not readable', { cause }), { code: 'EJOURNAL' });
  }
  if (!isRecord(value)) throw Object.assign(new Error('a line of the journal is no record'), { code: 'EJOURNAL' });
  // Recipes from before remote signing are those of cards.
  return value.type === 'recipe' && !('form' in value) ? { ...(value as object as SignedInfoRecipe), form: 'card', provider: null } : value;
}

const recordTypes: ReadonlySet<unknown> = new Set<JournalRecord['type']>(['recipe', 'sending', 'answer', 'not_sent', 'signed', 'released', 'ended']);

function isRecord(value: unknown): value is JournalRecord {
  if (typeof value !== 'object' || value === null) return false;
  const { type, id } = value as { type?: unknown; id?: unknown };
  return typeof id === 'string' && recordTypes.has(type);
}
