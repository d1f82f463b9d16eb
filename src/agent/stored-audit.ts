import { existsSync } from 'node:fs';
import { exportAuditCsv } from './audit/audit-csv.ts';
import { readAuditHead } from './audit/audit-head.ts';
import { verifyAudit, verifyAuditFile, type AuditVerdict } from './audit/audit-verifier.ts';
import { linesOfFile } from './audit/lines-of-file.ts';
import type { SecretStore } from './ports.ts';
import { dataDirectory, defaultDataRoot } from './storage/data-directory.ts';
import { fileSecretStore } from './storage/file-secret-store.ts';

/**
 * Verifies the audit log on disk against the head that was kept outside of it. Reads only; the agent may be running.
 * A log that is not there is a new one, unless a head says that it had entries: then they are missing.
 */
export async function verifyStoredAudit(
  dataRoot: string = defaultDataRoot(),
  secrets: SecretStore = fileSecretStore(dataDirectory(dataRoot).secrets),
): Promise<AuditVerdict> {
  const data = dataDirectory(dataRoot);
  const head = await readAuditHead(secrets);
  const anchors = head === undefined ? [] : [head];
  if (existsSync(data.audit)) return verifyAuditFile(data.audit, anchors);
  const verdict = await verifyAudit([], anchors);
  return verdict.ok ? { ...verdict, text: { ja: '記録はまだありません。', en: 'There are no entries yet.' } } : verdict;
}

/** The audit log on disk as CSV, row by row. */
export async function exportStoredAudit(dataRoot: string = defaultDataRoot()): Promise<string> {
  const { audit } = dataDirectory(dataRoot);
  if (!existsSync(audit)) return '';
  let csv = '';
  for await (const row of exportAuditCsv(linesOfFile(audit))) csv += row;
  return csv;
}
