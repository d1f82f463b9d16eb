import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { CardError } from '../../../../src/native/host/card-host.ts';
import type { SignatureSnapshot } from '../../../../src/agent/signing/signature-service.ts';
import { samplePrescriptionCsv } from '../../../../src/sandbox/samples/prescription.ts';
import { MortalDesk } from './mortal-desk.ts';
import { createCast, ehr, requestFor, xmlOf, type Cast } from './signing-desk.ts';

let cast: Cast;

beforeAll(async () => {
  cast = await createCast();
});

/** Also killed at a signature asked of the card, and at one given by it. */
class MortalAgent extends MortalDesk {
  /** Every hash that the card has ever signed. */
  readonly signedHashes = new Set<string>();

  constructor() {
    super(cast);
    this.desk.cards.insert(cast.doctor);
    this.#watchCards();
  }

  override async restart(powerCut: number | null): Promise<void> {
    await super.restart(powerCut);
    this.#watchCards();
  }

  #watchCards(): void {
    const { cards } = this.desk;
    const sign = cards.sign.bind(cards);
    cards.sign = async (session, hash) => {
      if (this.step() === 'dying') throw new CardError('CARD_MODULE_FAILED', 'killed before the signature');
      const value = await sign(session, hash);
      this.signedHashes.add(Buffer.from(hash).toString('hex'));
      if (this.step() === 'dying') throw new CardError('CARD_MODULE_FAILED', 'killed after the signature');
      return value;
    };
  }
}

const powerCut = fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { nil: null });
const death = fc.record({ after: fc.integer({ min: 1, max: 18 }), powerCut });

describe('an agent that is killed at any point', () => {
  it('gives the same bytes or a named state, never a second signature, and an audit log that verifies', async () => {
    let killed = 0;
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 3 }), fc.array(death, { minLength: 1, maxLength: 3 }), async (documents, deaths) => {
        const agent = new MortalAgent();
        const request = requestFor([], {
          documents: Array.from({ length: documents }, (_, n) => ({
            id: `rx-${n}`,
            type: 'prescription',
            csv: samplePrescriptionCsv({ patient: { name: `患者${n}`, kana: 'ｶﾝｼﾞｬ' } }),
          })),
        });
        const answers: SignatureSnapshot[] = [];
        try {
          for (const { after, powerCut: cut } of deaths) {
            agent.stepsLeft = after;
            const before = await agent.desk.sign('k1', request).catch(() => null);
            // What a dying agent says in its own memory reaches nobody; what it answered alive counts.
            if (before?.state === 'signed' && !agent.isDead()) answers.push(before);
            if (agent.isDead()) killed += 1;
            await agent.restart(cut);
            agent.desk.clock.advance(5000);
            expectNamed(before === null ? undefined : agent.desk.agent.get(ehr, before.id));
          }
          const last = await agent.desk.sign('k1', request);
          answers.push(last);

          expect(last.state).toBe('signed');
          for (const answer of answers) expect(answer).toEqual(last);
          expect(xmlOf(last).size).toBe(documents);
          expect(agent.signedHashes.size).toBe(documents);
          await agent.desk.stop();
          expect(await agent.desk.verifyAudit()).toMatchObject({ ok: true });
          const releases = agent.desk.auditEntries().filter(({ event }) => event === 'signature.released');
          expect(releases.map((entry) => entry.request)).toEqual([last.id]);
        } finally {
          await agent.dispose();
        }
      }),
      { numRuns: 60 },
    );
    expect(killed).toBeGreaterThan(30);
  }, 120_000);

  it('relies on no line that a power cut could still take: killed in the fsync of a recipe, started again, and cut off at each step', async () => {
    const killedInFsync = 2;
    for (let after = 1, isOver = false; !isOver; after += 1) {
      const agent = new MortalAgent();
      try {
        agent.stepsLeft = killedInFsync;
        await agent.desk.sign('k1').catch(() => null);
        await agent.restart(null);
        agent.stepsLeft = after;
        await agent.desk.sign('k1').catch(() => null);
        isOver = !agent.isDead();
        await agent.restart(0);
        agent.desk.clock.advance(5000);
        expect(await agent.desk.sign('k1')).toMatchObject({ state: 'signed' });
        expect({ after, signed: agent.signedHashes.size }).toEqual({ after, signed: 1 });
      } finally {
        await agent.dispose();
      }
    }
  });

  it('is really killed at each of its effects, one after another', async () => {
    const agent = new MortalAgent();
    let deaths = 0;
    try {
      for (let after = 1; ; after += 1) {
        agent.stepsLeft = after;
        const key = `k${after}`;
        const snapshot = await agent.desk.sign(key).catch(() => null);
        if (!agent.isDead()) {
          expect(snapshot?.state).toBe('signed');
          break;
        }
        deaths += 1;
        await agent.restart(null);
        expect(await agent.desk.sign(key)).toMatchObject({ state: 'signed' });
      }
    } finally {
      await agent.dispose();
    }
    // recipe write and fsync, signature before and after, journal, audit write and fsync, journal: and the first binding's entry once.
    expect(deaths).toBeGreaterThanOrEqual(8);
  });
});

function expectNamed(snapshot: SignatureSnapshot | undefined): void {
  if (snapshot === undefined) return;
  expect(['signed', 'failed', 'cancelled', 'expired']).toContain(snapshot.state);
  expect(snapshot.problem).not.toBeNull();
}
