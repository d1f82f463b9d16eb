import type { ErrorCode } from '../../contract/error-codes.ts';
import type { SignatureProfile } from '../../formats/xades/signature-profile.ts';
import type { SignatureIds } from '../../formats/xades/signature-ids.ts';

interface AnyRecipe {
  readonly type: 'recipe';
  /** Milliseconds since 1970; the 24 hours of the key count from here. */
  readonly at: number;
  readonly id: string;
  readonly client: string;
  /** See request-fingerprint.ts. */
  readonly key: string;
  readonly body: string;
  /** Milliseconds since 1970, whole seconds. The time for which the signature is verified before it is released. */
  readonly signingTime: number;
}

/**
 * All that is needed to make the same SignedInfo again from the same body. It is on the disk before a key is used, so
 * that one idempotency key never has two signatures. Of the documents only digests are in it.
 */
export interface SignedInfoRecipe extends AnyRecipe {
  /** Where the key is that signs: on a card, or in the cloud of `provider`. */
  readonly form: 'card' | 'value';
  readonly provider: string | null;
  readonly profile: SignatureProfile;
  /** DER in base64. */
  readonly certificate: string;
  readonly documents: readonly (RecipeDocument & {
    readonly ids: SignatureIds;
    /** SHA-256 of SignedInfo as signed, lower-case hex. */
    readonly signedInfoSha256: string;
  })[];
}

/** What a provider is asked that makes whole signature elements. By which certificate is known when they come back. */
export interface DigestRecipe extends AnyRecipe {
  readonly form: 'element';
  readonly provider: string;
  readonly reference1: SignatureProfile['reference1'];
  readonly documents: readonly RecipeDocument[];
}

export interface RecipeDocument {
  readonly id: string;
  readonly type: 'prescription' | 'dispensing';
  /** SHA-256 of the first reference, lower-case hex. */
  readonly documentDigest: string;
}

export type Recipe = SignedInfoRecipe | DigestRecipe;

/**
 * Remote signing: from here on the provider may have signed every document without an {@link AnswerRecord}. On the disk
 * before anything is sent, because what a service signs once more is another signature in its books.
 */
export interface SendingRecord {
  readonly type: 'sending';
  readonly id: string;
}

/** What the provider answered for one document, as it came: a signature value, or an element. */
export interface AnswerRecord {
  readonly type: 'answer';
  readonly id: string;
  readonly document: string;
  /** Base64. */
  readonly answer: string;
}

/** The provider certainly signed none of the documents that have no answer. Without any answer the recipe goes too. */
export interface NotSentRecord {
  readonly type: 'not_sent';
  readonly id: string;
}

/** Answers of the documents that were signed and self-verified; the rest, with `partial`, by its code. */
export interface SignedRecord {
  readonly type: 'signed';
  readonly id: string;
  /** Of a {@link DigestRecipe}: DER in base64. */
  readonly certificate?: string;
  /** Signature values, or elements. Base64 by document id. */
  readonly values: Readonly<Record<string, string>>;
  readonly failed: Readonly<Record<string, ErrorCode>>;
  /** By document id, as they were answered: later checks might word them differently. They hold no value of a CSV. */
  readonly warnings: Readonly<Record<string, readonly { readonly ja: string; readonly en: string }[]>>;
}

export interface ReleasedRecord {
  readonly type: 'released';
  readonly id: string;
  readonly audit: { readonly seq: number; readonly hash: string };
}

/** A request that ended without a signature. With `keyUsed` its recipe stays in force; without, the key runs anew. */
export interface EndedRecord {
  readonly type: 'ended';
  readonly at: number;
  readonly id: string;
  readonly client: string;
  readonly key: string;
  readonly body: string;
  readonly state: 'failed' | 'cancelled' | 'expired';
  readonly code: ErrorCode;
  readonly keyUsed: boolean;
}

export type JournalRecord = Recipe | SendingRecord | AnswerRecord | NotSentRecord | SignedRecord | ReleasedRecord | EndedRecord;

/** What the journal knows of one request. */
export interface JournalEntry {
  readonly id: string;
  readonly client: string;
  readonly body: string;
  /** In force until the key was certainly not used. */
  readonly recipe: Recipe | null;
  /** Remote signing: what has come back so far, base64 by document id. */
  readonly answers: ReadonlyMap<string, string>;
  /** Documents without an answer, should there be any, may have been signed by the provider all the same. */
  readonly inDoubt: boolean;
  readonly signed: SignedRecord | null;
  readonly released: ReleasedRecord | null;
  readonly ended: EndedRecord | null;
}

/** Whether the provider may have signed a document whose answer never came. */
export function isAnswerLost({ recipe, answers, inDoubt }: JournalEntry): boolean {
  return inDoubt && recipe?.documents.every(({ id }) => answers.has(id)) === false;
}

/** Memory of requests across restarts. Every method throws STORAGE_FAILED where the records cannot be reached. */
export interface Journal {
  /** Makes sure that records can be written, before a person is bothered. */
  ready(): void;
  /** The latest request under this key within its 24 hours. */
  findByKey(key: string): JournalEntry | undefined;
  findById(id: string): JournalEntry | undefined;
  /** Resolves when the record is on the disk: a recipe, and whatever a card could not make again. */
  recordDurably(record: Recipe | SendingRecord | SignedRecord): Promise<void>;
  /** In the file, not necessarily on the disk: if it is lost, nothing is that could not be made or named again. */
  record(record: Exclude<JournalRecord, Recipe | SendingRecord>): Promise<void>;
  close(): Promise<void>;
}
