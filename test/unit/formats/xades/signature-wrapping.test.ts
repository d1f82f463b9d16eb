/** Signature wrapping (row 13 of test/attacks) against the verifier itself. The set is in test/support/wrapping-attacks.ts. */
import { beforeAll, describe, expect, it } from 'vitest';
import { extractDocument } from '../../../../src/formats/xades/extract.ts';
import { StructureRefused } from '../../../../src/formats/xades/structure.ts';
import { idTricks, permutations, takeApart, type DocumentName, type Target } from '../../../support/wrapping-attacks.ts';
import { createSigningPeople, dispensingCsv, prescriptionCsv, signAs, type SigningPeople } from './signing-people.ts';

let people: SigningPeople;
const files: Record<DocumentName, string> = { prescription: '', dispensing: '', nested: '' };
beforeAll(async () => {
  people = await createSigningPeople();
  const prescription = signAs(people.doctor, { type: 'prescription', csv: prescriptionCsv });
  files.prescription = prescription.toString();
  files.dispensing = signAs(people.pharmacist, { type: 'dispensing', csv: dispensingCsv, prescription }).toString();
  files.nested = files.dispensing;
});

const target = (name: DocumentName): Target => takeApart(name, files[name]);

describe.each<DocumentName>(['prescription', 'dispensing', 'nested'])('Signature wrapping of a %s', (name) => {
  it.each([...permutations, ...idTricks])('%s: INVALID', (_what, attack) => {
    const attacked = target(name);
    const file = attack(attacked);
    expect(file).not.toBe(attacked.file);
    expect(people.verifier.verify(Buffer.from(file)).verdict).toBe('INVALID');
  });

  it('without an attack the same file is VALID', () => {
    expect(people.verifier.verify(Buffer.from(target(name).file)).verdict).toBe('VALID');
  });
});

describe('A wrapped prescription', () => {
  it.each([...permutations, ...idTricks])('%s: does not pass the gate for nesting', (_what, attack) => {
    expect(people.verifier.checkNestedPrescription(Buffer.from(attack(target('prescription')))).gate).toBe('refuse');
  });
});

describe('The CSV that is shown', () => {
  it('comes from the pinned path alone: a wrapped file has none', () => {
    for (const name of ['prescription', 'dispensing', 'nested'] as const) {
      for (const [, attack] of permutations) {
        const file = Buffer.from(attack(target(name)));
        try {
          // Where it can be read at all, the verifier has found the evil document's digest wrong.
          expect(extractDocument(file).csv.length).toBeGreaterThan(0);
          expect(people.verifier.verify(file).checks.concat(people.verifier.verify(file).nested?.checks ?? []).some(({ verdict }) => verdict === 'INVALID')).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(StructureRefused);
        }
      }
    }
  });
});
