import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AuditLog } from '../../../../src/agent/audit/audit-log.ts';
import { hashEntry, writeEntry, type AuditEntry, type AuditStatement } from '../../../../src/agent/audit/audit-entry.ts';
import { readAuditHead } from '../../../../src/agent/audit/audit-head.ts';
import { verifyAudit, verifyAuditFile, type AuditVerdict } from '../../../../src/agent/audit/audit-verifier.ts';
import { systemIo, type AppendIo } from '../../../../src/agent/audit/append-only-file.ts';
import type { SecretStore } from '../../../../src/agent/ports.ts';

let folder: string;
let file: string;
let secrets: SecretStore;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'hpki-audit-'));
  file = path.join(folder, 'audit.jsonl');
  secrets = memorySecrets();
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('the audit log', () => {
  it('chains entries, is readable by its user alone, and verifies', async () => {
    const log = openLog();
    const first = await log.append(released('a'));
    const second = await log.append(released('b'));
    await log.close();

    expect([first.seq, second.seq]).toEqual([1, 2]);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
    expect((JSON.parse(lines[1] ?? '') as { prev: string }).prev).toBe(first.hash);
    expect(await verifyAuditFile(file)).toMatchObject({ ok: true, entries: 2, head: second, anchored: false });
  });

  it('goes on with the same chain after a restart', async () => {
    const before = openLog();
    await before.append(released('a'));
    await before.close();
    const after = openLog();
    expect((await after.append(released('b'))).seq).toBe(2);
    await after.close();
    expect(await verifyAuditFile(file)).toMatchObject({ ok: true, entries: 2 });
  });

  it('keeps its order when many parts of the agent write at once', async () => {
    const log = openLog();
    const heads = await Promise.all(Array.from({ length: 50 }, (_, n) => log.append(released(`r${n}`))));
    await log.close();
    expect(heads.map((head) => head.seq)).toEqual(Array.from({ length: 50 }, (_, n) => n + 1));
    expect(await verifyAuditFile(file)).toMatchObject({ ok: true, entries: 50 });
  });

  it('has one writer: a second log on the same file is refused until the first is closed', async () => {
    const first = openLog();
    await first.append(released('a'));
    const second = openLog();
    await expect(second.append(released('b'))).rejects.toMatchObject({ problem: { code: 'STORAGE_FAILED' } });
    await first.close();
    expect((await second.append(released('b'))).seq).toBe(2);
    await second.close();
  });

  it('removes a torn last line and records that it did', async () => {
    const log = openLog();
    await log.append(released('a'));
    await log.close();
    appendFileSync(file, '{"v":1,"seq":2,"ti');

    const after = openLog();
    expect((await after.append(released('b'))).seq).toBe(3);
    await after.close();
    const verdict = await verifyAuditFile(file);
    expect(verdict).toMatchObject({ ok: true, entries: 3, remarks: [{ line: 2 }] });
    expect(readFileSync(file, 'utf8')).toContain('"bytes=18"');
  });

  it('finds a released request again by its id', async () => {
    const log = openLog();
    await log.append({ ...released('a'), event: 'signature.failed', result: 'CARD_REMOVED' });
    const head = await log.append(released('a'));
    await log.append(released('b'));
    expect(await log.findReleased('a')).toEqual(head);
    expect(await log.findReleased('c')).toBeUndefined();
    await log.close();
  });

  it('leaves nothing of an entry that could not be made durable, and goes on when the disk does', async () => {
    let failing = false;
    const io: AppendIo = {
      ...systemIo,
      sync: (fd) => (failing ? Promise.reject(Object.assign(new Error('full'), { code: 'ENOSPC' })) : systemIo.sync(fd)),
    };
    const log = openLog(io);
    await log.append(released('a'));
    const size = statSync(file).size;
    failing = true;
    await expect(log.append(released('b'))).rejects.toMatchObject({
      problem: { code: 'STORAGE_FAILED', detail: { en: 'The disk is full.' } },
    });
    expect(statSync(file).size).toBe(size);
    failing = false;
    expect((await log.append(released('c'))).seq).toBe(2);
    await log.close();
    expect(await verifyAuditFile(file)).toMatchObject({ ok: true, entries: 2 });
  });
});

describe('the head outside of the log', () => {
  it('is kept when the log closes, and proves that no tail was cut', async () => {
    const log = openLog();
    await log.append(released('a'));
    const last = await log.append(released('b'));
    await log.close();
    const head = await readAuditHead(secrets);
    expect(head).toEqual(last);
    expect(await verifyAuditFile(file, [last])).toMatchObject({ ok: true, anchored: true });

    cutLastLine();
    expect(await verifyAuditFile(file, [last])).toMatchObject({ ok: false, broken: { line: 2 } });
    const blind = await verifyAuditFile(file);
    expect(blind).toMatchObject({ ok: true, anchored: false });
    expect(blind.text.en).toContain('A cut tail cannot be excluded');
  });

  it('makes the agent record the loss itself when it opens a log whose tail was cut', async () => {
    const log = openLog();
    await log.append(released('a'));
    await log.append(released('b'));
    await log.close();
    cutLastLine();
    const after = openLog();
    await after.append(released('c'));
    await after.close();
    const verdict = await verifyAuditFile(file);
    expect(verdict.remarks).toMatchObject([{ line: 2, text: { en: 'the agent found entries missing here' } }]);
  });

  it('an answer that an EHR kept is an anchor too', async () => {
    const log = openLog();
    const answer = await log.append(released('a'));
    await log.append(released('b'));
    await log.close();
    expect(await verifyAuditFile(file, [answer])).toMatchObject({ ok: true, anchored: true });
    expect(await verifyAuditFile(file, [{ seq: 1, hash: 'f'.repeat(64) }])).toMatchObject({ ok: false, broken: { line: 1 } });
  });
});

describe('verification of the audit log', () => {
  it('names the first line that was edited, deleted, inserted or moved', async () => {
    const log = openLog();
    for (let n = 0; n < 8; n += 1) await log.append(released(`r${n}`));
    await log.close();
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
    const tampering = fc.oneof(
      fc.record({ kind: fc.constant('edit' as const), at: fc.nat(7), offset: fc.nat(400), byte: fc.integer({ min: 32, max: 126 }) }),
      fc.record({ kind: fc.constant('delete' as const), at: fc.nat(6) }),
      fc.record({ kind: fc.constant('swap' as const), at: fc.nat(6) }),
      fc.record({ kind: fc.constant('repeat' as const), at: fc.nat(7) }),
      fc.record({ kind: fc.constant('space' as const), at: fc.nat(7) }),
    );
    await fc.assert(
      fc.asyncProperty(tampering, async (how) => {
        const forged = [...lines];
        const line = lines[how.at] ?? '';
        let expectedLine = how.at + 1;
        switch (how.kind) {
          case 'edit': {
            const offset = how.offset % line.length;
            const byte = String.fromCharCode(how.byte);
            fc.pre(line[offset] !== byte);
            forged[how.at] = line.slice(0, offset) + byte + line.slice(offset + 1);
            break;
          }
          case 'delete':
            forged.splice(how.at, 1);
            break;
          case 'swap':
            forged.splice(how.at, 2, lines[how.at + 1] ?? '', line);
            break;
          case 'repeat':
            forged.splice(how.at, 0, line);
            expectedLine = how.at + 2;
            break;
          case 'space':
            forged[how.at] = line.replace(',', ', ');
            break;
        }
        expect((await verifyLines(forged)).broken?.line).toBe(expectedLine);
      }),
      { numRuns: 300 },
    );
  });

  it('counts: an entry that follows by its hashes and not by its number is the first break', async () => {
    const log = openLog();
    await log.append(released('a'));
    await log.append(released('b'));
    await log.close();
    const [first = '', second = ''] = readFileSync(file, 'utf8').trimEnd().split('\n');
    const { hash, ...unhashed } = JSON.parse(second) as AuditEntry;
    expect(hashEntry(unhashed)).toBe(hash);
    const renumbered = { ...unhashed, seq: 3 };
    const written = writeEntry({ ...renumbered, hash: hashEntry(renumbered) }).trimEnd();
    expect(await verifyLines([first, second])).toMatchObject({ ok: true });
    expect((await verifyLines([first, written])).broken).toMatchObject({ line: 2, reason: { en: 'entry 3 stands where 2 belongs' } });
  });

  it('finds an entry whose member was written twice, which a parsed value would hide', async () => {
    const log = openLog();
    await log.append(released('a'));
    await log.close();
    const line = readFileSync(file, 'utf8').trimEnd();
    const doubled = line.replace('"result":"ok"', '"result":"PIN_LOCKED","result":"ok"');
    expect(doubled).not.toBe(line);
    expect(await verifyLines([doubled])).toMatchObject({ ok: false, broken: { line: 1, reason: { en: 'its content was changed' } } });
  });

  it('calls a last line without its newline a remark, not a break', async () => {
    const log = openLog();
    await log.append(released('a'));
    await log.close();
    writeFileSync(file, `${readFileSync(file, 'utf8')}{"v":1,`);
    expect(await verifyAuditFile(file)).toMatchObject({ ok: true, entries: 1, remarks: [{ line: 2 }] });
  });

  it('takes line separators inside a name for text', async () => {
    const log = openLog();
    await log.append({ ...released('a'), caller: { clientId: 'c', clientName: 'a\u2028b\r\nc', origin: null, program: null } });
    await log.append(released('b'));
    await log.close();
    expect(await verifyAuditFile(file)).toMatchObject({ ok: true, entries: 2 });
  });
});

function openLog(io?: AppendIo): AuditLog {
  return new AuditLog({
    file,
    secrets,
    terminal: 'clinic-1/doctor',
    clock: { now: () => 1_770_000_000_000, monotonic: () => 0 },
    ...(io ? { io } : {}),
  });
}

function cutLastLine(): void {
  writeFileSync(file, `${readFileSync(file, 'utf8').trimEnd().split('\n').slice(0, -1).join('\n')}\n`);
}

function verifyLines(lines: readonly string[]): Promise<AuditVerdict> {
  return verifyAudit(lines.map((text, index) => ({ number: index + 1, text, complete: true })));
}

function released(request: string): AuditStatement {
  return {
    event: 'signature.released',
    result: 'ok',
    request,
    staffId: 'D0012',
    method: 'local',
    caller: { clientId: 'client-1', clientName: 'サンプル電子カルテ', origin: null, program: '/opt/ehr' },
    certificateSha256: 'ab'.repeat(32),
    documents: [{ id: 'rx-1', type: 'prescription', digest: 'cd'.repeat(32), result: 'signed', warnings: [] }],
    startedAt: new Date(1_770_000_000_000),
  };
}

function memorySecrets(): SecretStore {
  const kept = new Map<string, Uint8Array>();
  return {
    protection: 'memory',
    get: (name) => Promise.resolve(kept.get(name)),
    set: (name, secret) => {
      kept.set(name, secret);
      return Promise.resolve();
    },
  };
}
