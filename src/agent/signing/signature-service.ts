import type { Caller, Staff } from '../ports.ts';
import type { Problem } from '../../contract/problem.ts';

/** A validated signature request. Bytes are decoded; the CSV is exactly what the caller sent. */
export interface SignatureRequest {
  readonly staff: Staff;
  readonly method: 'auto' | 'local' | 'remote';
  readonly documents: readonly DocumentToSign[];
  readonly partial: boolean;
}

export type DocumentToSign =
  | { readonly id: string; readonly type: 'prescription'; readonly csv: Uint8Array }
  | { readonly id: string; readonly type: 'dispensing'; readonly csv: Uint8Array; readonly prescription: Uint8Array };

export type RequestState =
  | 'received'
  | 'awaiting_card'
  | 'awaiting_consent'
  | 'awaiting_pin'
  | 'awaiting_phone'
  | 'signing'
  | 'signed'
  | 'failed'
  | 'cancelled'
  | 'expired';

export interface SignedDocument {
  readonly id: string;
  readonly state: 'signed';
  readonly xml: Uint8Array;
  /** SHA-256 of `xml`, lower-case hex. */
  readonly sha256: string;
  readonly warnings: readonly { readonly ja: string; readonly en: string }[];
}

export interface SignatureResult {
  readonly method: 'local' | 'remote';
  readonly signer: {
    readonly name: string;
    readonly role: string | null;
    readonly certificateSha256: string;
    readonly notAfter: Date;
  };
  readonly signedAt: Date;
  readonly audit: { readonly seq: number; readonly hash: string };
  readonly documents: readonly (SignedDocument | { readonly id: string; readonly state: 'failed'; readonly problem: Problem })[];
}

/** A request at one moment. `result` is there when signed and still held; `problem` when it ended otherwise. */
export interface SignatureSnapshot {
  readonly id: string;
  readonly state: RequestState;
  /** Why it waits, for people. */
  readonly reason: { readonly ja: string; readonly en: string } | null;
  readonly result: SignatureResult | null;
  readonly problem: Problem | null;
}

/** All requests of this agent. Ids of other clients are as good as unknown. */
export interface SignatureService {
  /**
   * Joins the request that this client already made under `idempotencyKey`, or begins it.
   * Throws ProblemError: DOCUMENT_INVALID, IDEMPOTENCY_CONFLICT, BUSY, STORAGE_FAILED.
   */
  submit(caller: Caller, idempotencyKey: string, request: SignatureRequest): Promise<SignatureSnapshot>;
  get(caller: Caller, id: string): SignatureSnapshot | undefined;
  /** Resolves when the request has ended, the time is up or the signal aborts; whichever is first. */
  settled(caller: Caller, id: string, waitMs: number, signal: AbortSignal): Promise<SignatureSnapshot | undefined>;
  cancel(caller: Caller, id: string): SignatureSnapshot | undefined;
  /** Every change of every request of one client. Returns the unsubscribe function. */
  subscribe(clientId: string, listener: (snapshot: SignatureSnapshot) => void): () => void;
  close(): Promise<void>;
}
