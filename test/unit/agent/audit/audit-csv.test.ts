import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { exportAuditCsv } from '../../../../src/agent/audit/audit-csv.ts';
import { chainEntry, genesis, writeEntry } from '../../../../src/agent/audit/audit-entry.ts';

describe('the audit log as CSV', () => {
  it('has a heading, one row an entry, CRLF, no BOM', async () => {
    const csv = await exported('サンプル電子カルテ');
    const rows = csv.split('\r\n');
    expect(rows).toHaveLength(3);
    expect(rows[0]).toMatch(/^"seq","time",/);
    expect(rows[1]).toContain('"サンプル電子カルテ"');
    expect(rows[1]).toContain('"rx-1 prescription - CARD_REMOVED"');
    expect(csv.charCodeAt(0)).not.toBe(0xfeff);
  });

  it('doubles quotes and keeps line breaks inside a cell', async () => {
    expect(await exported('a"b\nc')).toContain('"a""b\nc"');
  });

  it('never lets a cell begin like a formula', async () => {
    const beginnings = ['=', '+', '-', '@', '\t', '\r', '\n', ' ', '\u0000', '＝', '＋', '－', '＠'];
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...beginnings), fc.string(), async (beginning, rest) => {
        expect(await exported(beginning + rest)).toContain(`"'${(beginning + rest).replaceAll('"', '""')}"`);
      }),
    );
  });

  it('shows a line that is no entry instead of dropping it', async () => {
    expect(await joined([{ number: 1, text: 'rubbish', complete: true }])).toContain('"line 1: not an audit entry"');
  });
});

function exported(clientName: string): Promise<string> {
  const entry = chainEntry(genesis, {
    time: '2026-02-02T00:00:00.000Z',
    clockOffsetMs: null,
    terminal: 'clinic-1',
    event: 'signature.failed',
    result: 'CARD_REMOVED',
    caller: { clientId: 'c', clientName, origin: null, program: null },
    staffId: 'D1',
    request: 'r',
    method: 'local',
    signerName: null,
    certificateSha256: null,
    documents: [{ id: 'rx-1', type: 'prescription', digest: null, result: 'CARD_REMOVED', warnings: [] }],
    startedAt: null,
    notes: [],
  });
  return joined([{ number: 1, text: writeEntry(entry).slice(0, -1), complete: true }]);
}

async function joined(lines: Parameters<typeof exportAuditCsv>[0]): Promise<string> {
  const rows: string[] = [];
  for await (const row of exportAuditCsv(lines)) rows.push(row);
  return rows.join('');
}
