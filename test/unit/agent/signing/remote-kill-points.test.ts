import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import type { SignatureRequest, SignatureSnapshot } from '../../../../src/agent/signing/signature-service.ts';
import { samplePrescriptionCsv } from '../../../../src/sandbox/samples/prescription.ts';
import { MortalDesk } from './mortal-desk.ts';
import { createCast, ehr, requestFor, xmlOf, type Cast } from './signing-desk.ts';

let cast: Cast;

beforeAll(async () => {
  cast = await createCast();
});

type Form = 'value' | 'element';

/** Also killed at a call that is about to leave for the service, and at an answer that the service has just given. */
class MortalAgent extends MortalDesk {
  constructor(form: Form, hashesAtOnce: number) {
    super(cast, { remote: { form } });
    const { provider } = this.desk;
    provider.hashesAtOnce = hashesAtOnce;
    provider.beforeCall = () => {
      if (this.step() === 'dying') throw new Error('killed before the call left');
    };
    provider.afterCall = () => {
      if (this.step() === 'dying') throw new Error('killed as the answer came');
    };
  }
}

function batchOf(documents: number, partial = false): SignatureRequest {
  return requestFor([], {
    method: 'remote',
    partial,
    documents: Array.from({ length: documents }, (_, n) => ({
      id: `rx-${n}`,
      type: 'prescription' as const,
      csv: samplePrescriptionCsv({ issued: '20260401', expires: '20260404', patient: { name: `患者${n}`, kana: 'ｶﾝｼﾞｬ' } }),
    })),
  });
}

/** Signed once and released once, or a name for what nobody knows; never asked of the service twice. */
async function expectNothingTwice(agent: MortalAgent, documents: number, last: SignatureSnapshot): Promise<void> {
  const { desk } = agent;
  if (last.state === 'signed') expect(xmlOf(last).size).toBe(documents);
  else expect(last).toMatchObject({ state: 'failed', problem: { code: 'REMOTE_ANSWER_LOST' }, result: null });
  expect(desk.provider.signed.length).toBeLessThanOrEqual(documents);
  if (last.state === 'signed') expect(desk.provider.signed).toHaveLength(documents);
  await desk.stop();
  expect(await desk.verifyAudit()).toMatchObject({ ok: true });
  const releases = desk.auditEntries().filter(({ event }) => event === 'signature.released');
  expect(releases.map(({ request }) => request)).toEqual(last.state === 'signed' ? [last.id] : []);
}

const powerCut = fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { nil: null });
const death = fc.record({ after: fc.integer({ min: 1, max: 30 }), powerCut });

describe.each(['value', 'element'] as const)('an agent that is killed while the cloud signs (%s)', (form) => {
  it('gives the same bytes or a named failure, asks the service for nothing twice, and has an audit log that verifies', async () => {
    const ends = { killed: 0, signed: 0, lost: 0 };
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 3 }), fc.constantFrom(1, 100), fc.array(death, { minLength: 1, maxLength: 3 }), async (documents, atOnce, deaths) => {
        const agent = new MortalAgent(form, atOnce);
        const request = batchOf(documents);
        const answers: SignatureSnapshot[] = [];
        try {
          for (const { after, powerCut: cut } of deaths) {
            agent.stepsLeft = after;
            const before = await agent.desk.sign('k1', request).catch(() => null);
            // What a dying agent says in its own memory reaches nobody; what it answered alive counts.
            if (before?.state === 'signed' && !agent.isDead()) answers.push(before);
            if (agent.isDead()) ends.killed += 1;
            await agent.restart(cut);
            agent.desk.clock.advance(5000);
            const known = before === null ? undefined : agent.desk.agent.get(ehr, before.id);
            if (known) expect(known.problem).not.toBeNull();
          }
          const last = await agent.desk.sign('k1', request);
          ends[last.state === 'signed' ? 'signed' : 'lost'] += 1;
          for (const answer of answers) expect(last).toEqual(answer);
          await expectNothingTwice(agent, documents, last);
        } finally {
          await agent.dispose();
        }
      }),
      { numRuns: 40 },
    );
    expect(ends.killed).toBeGreaterThan(20);
    expect(ends.signed).toBeGreaterThan(3);
    expect(ends.lost).toBeGreaterThan(3);
  }, 240_000);

  it('is really killed at each of its effects, one after another, and says afterwards what became of the request', async () => {
    const ends: string[] = [];
    for (let after = 1; ; after += 1) {
      const agent = new MortalAgent(form, 1);
      try {
        agent.stepsLeft = after;
        const request = batchOf(2);
        const snapshot = await agent.desk.sign('k1', request).catch(() => null);
        if (!agent.isDead()) {
          expect(snapshot?.state).toBe('signed');
          break;
        }
        await agent.restart(null);
        const last = await agent.desk.sign('k1', request);
        ends.push(last.state);
        await expectNothingTwice(agent, 2, last);
      } finally {
        await agent.dispose();
      }
    }
    // Before the first byte can have left it runs anew; from then on it is lost until the answers are here; then it is signed.
    expect(ends.join(' ')).toMatch(/^(signed ){10,}(failed ){3,}(signed ?){6,}$/);
  }, 120_000);

  it('with `partial` gives what has come back before it died, and names the rest', async () => {
    const agent = new MortalAgent(form, 1);
    const call = agent.desk.provider.beforeCall;
    agent.desk.provider.beforeCall = (n) => {
      if (n === 3) agent.stepsLeft = 1;
      return call(n);
    };
    try {
      await agent.desk.sign('k1', batchOf(4, true)).catch(() => null);
      expect(agent.isDead()).toBe(true);
      await agent.restart(null);
      const last = await agent.desk.sign('k1', batchOf(4, true));
      const lost = { state: 'failed', problem: { code: 'REMOTE_ANSWER_LOST' } };
      expect(last).toMatchObject({ state: 'signed', result: { documents: [{ state: 'signed' }, { state: 'signed' }, lost, lost] } });
      expect(agent.desk.provider.signed).toHaveLength(2);
      expect(await agent.desk.sign('k1', batchOf(4, true))).toEqual(last);
    } finally {
      await agent.dispose();
    }
  });
});
