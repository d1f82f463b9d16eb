import type { JournalEntry, Journal } from './journal.ts';

/** What a provider has answered for one request, in this run or in one before it: each answer is written down as it comes. */
export class RemoteAnswers {
  readonly #journal: Journal;
  readonly #id: string;
  readonly #byDocument: Map<string, Uint8Array>;

  constructor(journal: Journal, id: string, entry: Pick<JournalEntry, 'answers'> | null) {
    this.#journal = journal;
    this.#id = id;
    this.#byDocument = new Map([...(entry?.answers ?? [])].map(([document, answer]) => [document, new Uint8Array(Buffer.from(answer, 'base64'))]));
  }

  get all(): ReadonlyMap<string, Uint8Array> {
    return this.#byDocument;
  }

  async keep(document: string, answer: Uint8Array): Promise<void> {
    this.#byDocument.set(document, answer);
    await this.#journal.record({ type: 'answer', id: this.#id, document, answer: Buffer.from(answer).toString('base64') });
  }
}
