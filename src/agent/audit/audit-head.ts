import type { SecretStore } from '../ports.ts';
import type { AuditHead } from './audit-entry.ts';

const secretName = 'audit-head';

/** The last entry that the agent remembers outside of the log's own file. */
export async function readAuditHead(secrets: SecretStore): Promise<AuditHead | undefined> {
  const kept = await secrets.get(secretName);
  if (kept === undefined) return undefined;
  const [, seq, hash] = /^(\d{1,15}) ([0-9a-f]{64})$/.exec(Buffer.from(kept).toString('utf8')) ?? [];
  return seq === undefined || hash === undefined ? undefined : { seq: Number(seq), hash };
}

export async function saveAuditHead(secrets: SecretStore, head: AuditHead): Promise<void> {
  await secrets.set(secretName, Buffer.from(`${head.seq} ${head.hash}`, 'utf8'));
}
