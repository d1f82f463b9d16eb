import { createHash } from 'node:crypto';
import { canonicalJson, type CanonicalValue } from './canonical-json.ts';

/**
 * What happened, as the guideline on medical information systems (医療情報システムの安全管理に関するガイドライン 6.0) wants it
 * told: who, when, from where, which document by type and identifier. Never its content, a patient, a PIN, a token or
 * the 引換番号. SECURITY: test/unit/agent/signing/canaries.test.ts
 */
export type AuditEvent =
  | 'signature.released'
  | 'signature.failed'
  | 'signature.cancelled'
  | 'signature.expired'
  | 'authentication.started'
  | 'authentication.approved'
  | 'authentication.refused'
  | 'authentication.mismatch'
  | 'authentication.ended'
  | 'token.stored'
  | 'token.used'
  | 'token.refused'
  | 'token.revoked'
  | 'staff.bound'
  | 'staff.unbound'
  | 'staff.new_certificate'
  | 'client.paired'
  | 'client.pairing_failed'
  | 'client.revoked'
  | 'network.certificate_imported'
  | 'network.proxy_credentials_set'
  | 'agent.started'
  | 'agent.stopped'
  | 'audit.torn_line_removed'
  | 'audit.entries_missing';

export interface AuditCaller {
  readonly clientId: string;
  readonly clientName: string;
  readonly origin: string | null;
  readonly program: string | null;
}

export interface AuditedDocument {
  readonly id: string;
  readonly type: 'prescription' | 'dispensing';
  /** SHA-256 of the signed XML, lower-case hex; null where nothing was released. */
  readonly digest: string | null;
  readonly result: string;
  /** Ids of checks that were INDETERMINATE or warned. */
  readonly warnings: readonly string[];
}

/** What a caller of the log states. Whatever is not said is recorded as null or empty. */
export interface AuditStatement {
  readonly event: AuditEvent;
  /** `ok` or an error code. */
  readonly result: string;
  readonly caller?: AuditCaller | null;
  readonly staffId?: string | null;
  readonly request?: string | null;
  readonly method?: 'local' | 'remote' | null;
  readonly signerName?: string | null;
  readonly certificateSha256?: string | null;
  readonly documents?: readonly AuditedDocument[];
  readonly startedAt?: Date | null;
  /** Facts of our own making: counts, lengths, digests. Never text from a document. */
  readonly notes?: readonly string[];
}

/** One line of the log. `hash` is SHA-256 over the canonical JSON of everything else; `prev` is the hash of the line before. */
export interface AuditEntry {
  readonly v: 1;
  readonly seq: number;
  readonly time: string;
  /** Offset of this clock to its time source in milliseconds, where the machine tells. */
  readonly clockOffsetMs: number | null;
  readonly terminal: string;
  readonly event: string;
  readonly result: string;
  readonly caller: AuditCaller | null;
  readonly staffId: string | null;
  readonly request: string | null;
  readonly method: string | null;
  readonly signerName: string | null;
  readonly certificateSha256: string | null;
  readonly documents: readonly AuditedDocument[];
  readonly startedAt: string | null;
  readonly notes: readonly string[];
  readonly prev: string;
  readonly hash: string;
}

export interface AuditHead {
  readonly seq: number;
  readonly hash: string;
}

/** `prev` of the first entry, and the head of an empty log. */
export const genesis: AuditHead = { seq: 0, hash: '0'.repeat(64) };

export function chainEntry(after: AuditHead, entry: Omit<AuditEntry, 'v' | 'seq' | 'prev' | 'hash'>): AuditEntry {
  const unhashed = { v: 1 as const, ...entry, seq: after.seq + 1, prev: after.hash };
  return { ...unhashed, hash: hashEntry(unhashed) };
}

export function hashEntry(unhashed: Omit<AuditEntry, 'hash'>): string {
  return createHash('sha256').update(canonicalJson(asValue(unhashed)), 'utf8').digest('hex');
}

export function writeEntry(entry: AuditEntry): string {
  return `${canonicalJson(asValue(entry))}\n`;
}

function asValue(entry: object): CanonicalValue {
  return entry as { readonly [key: string]: CanonicalValue };
}
