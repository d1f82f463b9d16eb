/** The whole agent, killed with SIGKILL at every one of its effects on files, card and socket, and started again. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { verifyAuditFile } from '../../src/agent/audit/audit-verifier.ts';
import type { AuditHead } from '../../src/agent/audit/audit-entry.ts';
import { samplePrescriptionCsv } from '../../src/sandbox/samples/prescription.ts';
import { MortalAgent, type Lost } from '../support/mortal-agent/mortal-agent.ts';
import type { HttpAnswer } from '../support/running-api.ts';
import { TestClinic } from '../support/test-clinic.ts';

let clinic: TestClinic;
let agent: MortalAgent;

beforeAll(async () => {
  clinic = await TestClinic.open();
});
afterEach(async () => {
  await agent.dispose();
});

interface Signed {
  readonly id: string;
  readonly state: string;
  readonly audit: AuditHead;
  readonly documents: readonly { readonly id: string; readonly xml: string }[];
}

/** An EHR that keeps what it was given for a key, and what it was told of the audit log. */
class RememberingEhr {
  readonly given = new Map<string, Signed>();
  readonly anchors: AuditHead[] = [];

  /** Whatever was given out before for this key must be given again, byte for byte; anything else has a name. */
  take(key: string, answer: HttpAnswer | Lost): 'signed' | 'running' | 'named' | 'lost' {
    if (answer === 'lost') return 'lost';
    if (answer.status === 202) return 'running';
    const { state, documents } = answer.json as Partial<Signed>;
    if (state === 'signed' && documents !== undefined) {
      const signed = answer.json as Signed;
      expect(this.given.get(key) ?? signed).toEqual(signed);
      this.given.set(key, signed);
      this.anchors.push(signed.audit);
      return 'signed';
    }
    const { code, problem } = answer.json as { code?: string; problem?: { code: string } };
    expect(code ?? problem?.code).toMatch(/^[A-Z_]+$/);
    return 'named';
  }

  /** Posts, and where the answer is only that it runs, asks until it has ended. */
  async sign(key: string, documents: number, wait: number): Promise<'signed' | 'named' | 'lost'> {
    const answer = await agent.post(key, request(key, documents), wait);
    const known = this.take(key, answer);
    if (known !== 'running' || answer === 'lost') return known === 'running' ? 'lost' : known;
    const { id } = answer.json as Signed;
    const later = this.take(key, await agent.get(id));
    if (later === 'running') throw new Error('a request that waits for nobody has not ended');
    return later;
  }
}

/** The staff id is new for each key: every first request also binds the card, at which the agent may be killed too. */
function request(key: string, documents: number): unknown {
  return {
    staff: { id: `D-${key}`, name: '医者 三郎' },
    documents: Array.from({ length: documents }, (_, n) => ({
      id: `rx-${n}`,
      type: 'prescription',
      csv: Buffer.from(samplePrescriptionCsv({ patient: { name: `患者\u3000${key}の${n}`, kana: 'ｶﾝｼﾞｬ' } })).toString('base64'),
    })),
  };
}

function readIfThere(file: string): string {
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}

/** SHA-256 of what a kill has left behind the last whole line of the audit log, or null. */
function tornLine(): string | null {
  const log = existsSync(agent.data.audit) ? readFileSync(agent.data.audit) : Buffer.alloc(0);
  const tail = log.subarray(log.lastIndexOf(0x0a) + 1);
  return tail.length === 0 ? null : createHash('sha256').update(tail).digest('hex');
}

/** After a start the log verifies, holds every entry that the EHR was ever told of, and says what was repaired. */
async function expectAuditStands(ehr: RememberingEhr, torn: string | null): Promise<void> {
  const verdict = await verifyAuditFile(agent.data.audit, ehr.anchors);
  expect(verdict).toMatchObject({ ok: true, broken: null, anchored: ehr.anchors.length > 0 });
  expect(tornLine()).toBeNull();
  if (torn !== null) expect(auditEntries().filter(({ event }) => event === 'audit.torn_line_removed').at(-1)?.notes).toContain(`sha256=${torn}`);
}

function auditEntries(): { event: string; request: string | null; notes: string[] }[] {
  const lines = readIfThere(agent.data.audit).split('\n').filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line) as ReturnType<typeof auditEntries>[number]);
}

/** Every request once: a release that a kill has interrupted is neither lost nor written twice. */
function expectReleasedOnce(ehr: RememberingEhr): void {
  const released = auditEntries().filter(({ event }) => event === 'signature.released').map((entry) => entry.request);
  expect([...released].sort()).toEqual([...ehr.given.values()].map(({ id }) => id).sort());
}

describe('an agent killed with SIGKILL', () => {
  it('after each of its effects in turn gives the same bytes, has signed one SignedInfo for each document, and keeps its log whole', async () => {
    agent = await MortalAgent.make(clinic);
    const ehr = new RememberingEhr();
    const documents = 2;
    await agent.boot();
    for (let diesAfter = 1; ; diesAfter += 1) {
      const key = `k${diesAfter}`;
      const signedBefore = agent.signedHashes().length;
      await agent.arm(diesAfter);
      const known = await ehr.sign(key, documents, 60);
      if ((await agent.diedAfter()) === null) {
        expect(known).toBe('signed');
        break;
      }
      const torn = tornLine();
      await agent.boot();
      await expectAuditStands(ehr, torn);
      expect(await ehr.sign(key, documents, 60)).toBe('signed');
      expect(new Set(agent.signedHashes().slice(signedBefore)).size).toBe(documents);
    }
    await expectAuditStands(ehr, null);
    expectReleasedOnce(ehr);
    expect(new Set(agent.deaths())).toEqual(
      new Set([
        ...['journal: opened', 'journal: half a line', 'journal: line', 'journal: fdatasync', 'pin-tries.json: replaced', 'card: signature'],
        ...['staff.json: replaced', 'audit: half a line', 'audit: line', 'audit: fdatasync', 'answer: ready', 'answer: sent'],
      ]),
    );
  }, 300_000);

  it('again and again, while it starts, signs, repeats or signs for two, never signs a document twice', async () => {
    let deaths = 0;
    const life = fc.record({
      diesAfter: fc.integer({ min: 1, max: 45 }),
      from: fc.constantFrom('the start', 'the first request'),
      posts: fc.array(fc.record({ key: fc.constantFrom('a', 'b'), wait: fc.constantFrom(0, 60) }), { minLength: 1, maxLength: 3 }),
    });
    const documents = { a: 1, b: 2 } as const;
    // However few of the random lives end early, these do: a request has more effects than that.
    const shortLives = ([['the start', 1], ['the start', 4], ['the first request', 2], ['the first request', 7]] as const)
      .map(([from, diesAfter]) => ({ diesAfter, from, posts: [{ key: 'a' as const, wait: 60 as const }] }));
    await fc.assert(
      fc.asyncProperty(fc.array(life, { minLength: 1, maxLength: 4 }), async (lives) => {
        agent = await MortalAgent.make(clinic);
        const ehr = new RememberingEhr();
        try {
          for (const { diesAfter, from, posts } of lives) {
            const torn = tornLine();
            const started = await agent.boot(from === 'the start' ? diesAfter : null);
            if (started) {
              await expectAuditStands(ehr, torn);
              if (from === 'the first request') await agent.arm(diesAfter);
              await Promise.all(posts.map(({ key, wait }) => ehr.sign(key, documents[key], wait)));
            }
            if ((await agent.diedAfter()) !== null) deaths += 1;
            await agent.kill();
          }
          const torn = tornLine();
          await agent.boot();
          await expectAuditStands(ehr, torn);
          const ends = await Promise.all((['a', 'b'] as const).map((key) => ehr.sign(key, documents[key], 60)));
          expect(ends).toEqual(['signed', 'signed']);
          expect(new Set(agent.signedHashes()).size).toBe(documents.a + documents.b);
          await expectAuditStands(ehr, null);
          expectReleasedOnce(ehr);
        } finally {
          await agent.dispose();
        }
      }),
      { numRuns: 9, examples: [[shortLives]] },
    );
    expect(deaths).toBeGreaterThanOrEqual(shortLives.length);
  }, 300_000);
});
