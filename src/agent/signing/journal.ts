import type { ErrorCode } from '../../contract/error-codes.ts';
import type { SignatureProfile } from '../../formats/xades/signature-profile.ts';
import type { SignatureIds } from '../../formats/xades/signature-ids.ts';

/**
 * All that is needed to make the same SignedInfo again from the same body. It is on the disk before a key is used, so
 * that one idempotency key never has two signatures. Of the documents only digests are in it.
 */
export interface Recipe {
  readonly type: 'recipe';
  /** Milliseconds since 1970; the 24 hours of the key count from here. */
  readonly at: number;
  readonly id: string;
  readonly client: string;
  /** See request-fingerprint.ts. */
  readonly key: string;
  readonly body: string;
  /** Milliseconds since 1970, whole seconds. */
  readonly signingTime: number;
  readonly profile: SignatureProfile;
  /** DER in base64. */
  readonly certificate: string;
  readonly documents: readonly RecipeDocument[];
}

export interface RecipeDocument {
  readonly id: string;
  readonly type: 'prescription' | 'dispensing';
  readonly ids: SignatureIds;
  /** SHA-256 of the first reference, lower-case hex. */
  readonly documentDigest: string;
  /** SHA-256 of SignedInfo as signed, lower-case hex. */
  readonly signedInfoSha256: string;
}

/** Signature values of the documents that were signed and self-verified; the rest, with `partial`, by its code. */
export interface SignedRecord {
  readonly type: 'signed';
  readonly id: string;
  /** Base64 by document id. */
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

export type JournalRecord = Recipe | SignedRecord | ReleasedRecord | EndedRecord;

/** What the journal knows of one request. */
export interface JournalEntry {
  readonly id: string;
  readonly client: string;
  readonly body: string;
  /** In force until the key was certainly not used. */
  readonly recipe: Recipe | null;
  readonly signed: SignedRecord | null;
  readonly released: ReleasedRecord | null;
  readonly ended: EndedRecord | null;
}

/** Memory of requests across restarts. Every method throws STORAGE_FAILED where the records cannot be reached. */
export interface Journal {
  /** Makes sure that records can be written, before a person is bothered. */
  ready(): void;
  /** The latest request under this key within its 24 hours. */
  findByKey(key: string): JournalEntry | undefined;
  findById(id: string): JournalEntry | undefined;
  /** Resolves when the recipe is on the disk. */
  recordRecipe(recipe: Recipe): Promise<void>;
  /** In the file, not necessarily on the disk: if it is lost, the same recipe gives the same bytes again. */
  record(record: SignedRecord | ReleasedRecord | EndedRecord): Promise<void>;
  close(): Promise<void>;
}
