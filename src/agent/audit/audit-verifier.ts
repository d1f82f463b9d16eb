import { genesis, hashEntry, writeEntry, type AuditEntry, type AuditHead } from './audit-entry.ts';
import { linesOfFile, type FileLine } from './lines-of-file.ts';

interface Said {
  readonly ja: string;
  readonly en: string;
}

export interface AuditVerdict {
  readonly ok: boolean;
  /** Entries that stand, counted from the first, up to the first break. */
  readonly entries: number;
  /** Last entry of the unbroken part. */
  readonly head: AuditHead;
  /** First line that is not what was written, 1-based. */
  readonly broken: { readonly line: number; readonly reason: Said } | null;
  /** An anchor from outside was found in the log: a tail cut at or before it is excluded. */
  readonly anchored: boolean;
  /** What the agent itself recorded about its log: torn lines and missing entries, with their line. */
  readonly remarks: readonly { readonly line: number; readonly text: Said }[];
  readonly text: Said;
}

/**
 * Checks that nothing inside the log was edited, deleted, inserted or reordered. `anchors` are heads from outside: the
 * one of SecretStore, or `audit` of an answer that an EHR has kept.
 */
export async function verifyAudit(
  lines: AsyncIterable<FileLine> | Iterable<FileLine>,
  anchors: readonly AuditHead[] = [],
): Promise<AuditVerdict> {
  let head = genesis;
  let broken: AuditVerdict['broken'] = null;
  const remarks: { line: number; text: Said }[] = [];
  const waiting = new Map(anchors.map((anchor) => [anchor.seq, anchor.hash]));
  let lastLine = 0;

  for await (const line of lines) {
    lastLine = line.number;
    if (!line.complete) {
      remarks.push({ line: line.number, text: tornText });
      continue;
    }
    const entry = parseEntry(line.text);
    const reason = entry === undefined ? unreadable : findBreak(entry, line.text, head);
    if (entry === undefined || reason !== null) {
      broken = { line: line.number, reason: reason ?? unreadable };
      break;
    }
    head = { seq: entry.seq, hash: entry.hash };
    const expected = waiting.get(head.seq);
    if (expected !== undefined && expected !== head.hash) {
      broken = { line: line.number, reason: otherThanAnchor };
      break;
    }
    waiting.delete(head.seq);
    const remark = remarkOf(entry);
    if (remark) remarks.push({ line: line.number, text: remark });
  }

  waiting.delete(0);
  const missing = Math.max(0, ...waiting.keys());
  if (broken === null && missing > head.seq) broken = { line: lastLine + 1, reason: tailMissing(head.seq, missing) };
  const anchored = broken === null && anchors.length > 0;
  return { ok: broken === null, entries: head.seq, head, broken, anchored, remarks, text: summarize(head, broken, anchored, remarks) };
}

export function verifyAuditFile(file: string, anchors: readonly AuditHead[] = []): Promise<AuditVerdict> {
  return verifyAudit(linesOfFile(file), anchors);
}

/** An entry as JSON, or undefined for whatever is not one. Its hash is not checked here. */
export function parseEntry(text: string): AuditEntry | undefined {
  try {
    const value = JSON.parse(text) as unknown;
    return isEntry(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isEntry(value: unknown): value is AuditEntry {
  if (typeof value !== 'object' || value === null) return false;
  const { v, seq, prev, hash } = value as Partial<Record<keyof AuditEntry, unknown>>;
  return v === 1 && Number.isSafeInteger(seq) && typeof prev === 'string' && typeof hash === 'string';
}

function findBreak(entry: AuditEntry, text: string, after: AuditHead): Said | null {
  if (entry.seq !== after.seq + 1) return outOfOrder(after.seq + 1, entry.seq);
  if (entry.prev !== after.hash) return notChained;
  const { hash, ...unhashed } = entry;
  try {
    // The exact bytes are compared too: a member written twice, or white space, would pass a hash over the parsed value.
    return hashEntry(unhashed) === hash && writeEntry(entry) === `${text}\n` ? null : edited;
  } catch {
    return edited;
  }
}

const unreadable: Said = { ja: '監査記録として読めません', en: 'not an audit entry' };
const edited: Said = { ja: '内容が書き換えられています', en: 'its content was changed' };
const notChained: Said = { ja: '直前の記録とつながりません', en: 'it does not follow the entry before it' };
const otherThanAnchor: Said = { ja: '外部に控えたハッシュと一致しません', en: 'it differs from the hash that was kept outside' };
const tornText: Said = {
  ja: '最後の行が途中で終わっています（書き込み中か、異常終了の跡）',
  en: 'the last line is incomplete: it is being written, or the agent was killed',
};

function outOfOrder(expected: number, found: number): Said {
  return { ja: `番号 ${expected} があるべき所に ${found} があります`, en: `entry ${found} stands where ${expected} belongs` };
}

function tailMissing(last: number, expected: number): Said {
  return {
    ja: `番号 ${last + 1} から ${expected} までの記録が末尾から失われています`,
    en: `entries ${last + 1} to ${expected} are missing from the end`,
  };
}

function remarkOf(entry: AuditEntry): Said | null {
  if (entry.event === 'audit.torn_line_removed') {
    return { ja: 'エージェントが途中で終わった行を取り除きました', en: 'the agent removed a torn line here' };
  }
  if (entry.event === 'audit.entries_missing') {
    return { ja: 'エージェントが記録の欠落を検出しました', en: 'the agent found entries missing here' };
  }
  return null;
}

function summarize(head: AuditHead, broken: AuditVerdict['broken'], anchored: boolean, remarks: AuditVerdict['remarks']): Said {
  if (broken) {
    return {
      ja: `${broken.line}行目: ${broken.reason.ja}。番号 ${head.seq} までは改ざんがありません。`,
      en: `Line ${broken.line}: ${broken.reason.en}. Entries up to ${head.seq} are intact.`,
    };
  }
  const tail = anchored
    ? { ja: '末尾は外部の控えと一致しています。', en: 'The end agrees with what was kept outside.' }
    : { ja: '末尾が切り取られた可能性は否定できません。', en: 'A cut tail cannot be excluded.' };
  const noted = remarks.length === 0 ? { ja: '', en: '' } : { ja: `注意が${remarks.length}件あります。`, en: ` ${remarks.length} remark(s).` };
  return {
    ja: `番号 ${head.seq} まで改ざんはありません。${tail.ja}${noted.ja}`,
    en: `Intact up to entry ${head.seq}. ${tail.en}${noted.en}`,
  };
}
