/**
 * Row 13: signature wrapping. The element that the doctor signed is moved aside, with its good digest, and a forged one is
 * put where a pharmacy's program reads. Here paths are pinned, ids are unique and there is one of each element, so that what
 * was verified is what is shown and nested. The whole XSW set is posted to the running agent: to /v1/verifications, and
 * as the prescription that a dispensing result nests.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { VerificationAnswer } from '../../src/contract/api.ts';
import { signAs } from '../unit/formats/xades/signing-people.ts';
import { sampleDispensingCsv } from '../../src/sandbox/samples/dispensing.ts';
import { samplePrescriptionCsv } from '../../src/sandbox/samples/prescription.ts';
import type { HttpAnswer } from '../support/running-api.ts';
import { codeOf, RunningAgent } from '../support/running-agent.ts';
import { TestClinic } from '../support/test-clinic.ts';
import { idTricks, permutations, takeApart, type DocumentName } from '../support/wrapping-attacks.ts';

let running: RunningAgent;
const files = { prescription: '', dispensing: '', nested: '' };
beforeAll(async () => {
  const clinic = await TestClinic.open();
  running = await RunningAgent.start({ clinic, inserted: clinic.card('pharmacist') });
  const prescription = signAs(clinic.people.doctor, { type: 'prescription', csv: samplePrescriptionCsv() });
  files.prescription = prescription.toString();
  files.nested = files.dispensing = signAs(clinic.people.pharmacist, { type: 'dispensing', csv: sampleDispensingCsv(), prescription }).toString();
});
afterAll(() => running.close());

const verify = (file: string): Promise<HttpAnswer> =>
  running.ask('/v1/verifications', { method: 'POST', body: JSON.stringify({ xml: Buffer.from(file).toString('base64') }) });
const verdictOf = (answer: HttpAnswer): string => (answer.json as VerificationAnswer).verdict;

const nest = (file: string): Promise<HttpAnswer> =>
  running.sign({
    staff: { id: 'P0001', name: '調剤 花子' },
    documents: [{ id: 'dx-1', type: 'dispensing', csv: Buffer.from(sampleDispensingCsv()).toString('base64'), prescription: Buffer.from(file).toString('base64') }],
  });

describe.each<DocumentName>(['prescription', 'dispensing', 'nested'])('a wrapped %s', (name) => {
  it.each([...permutations, ...idTricks])('is INVALID for /v1/verifications. %s', async (_what, attack) => {
    const answer = await verify(attack(takeApart(name, files[name])));
    expect([answer.status, verdictOf(answer)]).toEqual([200, 'INVALID']);
  });

  it('is VALID without the attack', async () => {
    expect(verdictOf(await verify(files[name]))).toBe('VALID');
  });
});

describe('a dispensing result that nests a wrapped prescription', () => {
  it.each([...permutations, ...idTricks])('is refused before anybody is asked. %s', async (_what, attack) => {
    const answer = await nest(attack(takeApart('prescription', files.prescription)));
    expect([answer.status, codeOf(answer)]).toEqual([422, 'DOCUMENT_INVALID']);
    expect(running.person.shown).toEqual([]);
    expect(running.journal()).toBe('');
  });

  it('is signed when the prescription is what its doctor signed', async () => {
    expect((await nest(files.prescription)).status).toBe(201);
  });
});
