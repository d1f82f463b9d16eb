import type { AuditEntry } from './audit-entry.ts';
import { parseEntry } from './audit-verifier.ts';
import type { FileLine } from './lines-of-file.ts';

const columns: readonly (readonly [heading: string, cell: (entry: AuditEntry) => string])[] = [
  ['seq', (e) => String(e.seq)],
  ['time', (e) => e.time],
  ['clock_offset_ms', (e) => (e.clockOffsetMs === null ? '' : String(e.clockOffsetMs))],
  ['terminal', (e) => e.terminal],
  ['event', (e) => e.event],
  ['result', (e) => e.result],
  ['client', (e) => e.caller?.clientName ?? ''],
  ['client_id', (e) => e.caller?.clientId ?? ''],
  ['origin', (e) => e.caller?.origin ?? ''],
  ['program', (e) => e.caller?.program ?? ''],
  ['staff_id', (e) => e.staffId ?? ''],
  ['request', (e) => e.request ?? ''],
  ['method', (e) => e.method ?? ''],
  ['signer', (e) => e.signerName ?? ''],
  ['certificate_sha256', (e) => e.certificateSha256 ?? ''],
  ['documents', (e) => e.documents.map((d) => [d.id, d.type, d.digest ?? '-', d.result, ...d.warnings].join(' ')).join('; ')],
  ['started_at', (e) => e.startedAt ?? ''],
  ['notes', (e) => e.notes.join('; ')],
  ['hash', (e) => e.hash],
];

/**
 * The log as CSV (RFC 4180, UTF-8 without BOM, CRLF), one row an entry. A line that is no entry is exported as such,
 * so that nothing is lost from sight.
 */
export async function* exportAuditCsv(lines: AsyncIterable<FileLine> | Iterable<FileLine>): AsyncGenerator<string> {
  yield row(columns.map(([heading]) => heading));
  for await (const line of lines) {
    const entry = parseEntry(line.text);
    yield row(entry ? columns.map(([, cell]) => cell(entry)) : [`line ${line.number}: not an audit entry`]);
  }
}

function row(cells: readonly string[]): string {
  return `${cells.map(quote).join(',')}\r\n`;
}

/**
 * SECURITY: a spreadsheet runs a cell that begins like a formula, quoted or not; client names come from outside.
 * test/unit/agent/audit/audit-csv.test.ts
 */
function quote(cell: string): string {
  const inert = /^[\s\p{Cc}=+\-@＝＋－＠]/u.test(cell) ? `'${cell}` : cell;
  return `"${inert.replaceAll('"', '""')}"`;
}
