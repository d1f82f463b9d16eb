/** One byte of a signed file is changed: it is never VALID, unless nothing that is signed changed with it. */
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { extractDocument } from '../../../../src/formats/xades/extract.ts';
import { createSigningPeople, dispensingCsv, prescriptionCsv, signAs, type SigningPeople } from './signing-people.ts';

let people: SigningPeople;
const files: Record<'prescription' | 'dispensing', Buffer> = { prescription: Buffer.alloc(0), dispensing: Buffer.alloc(0) };
beforeAll(async () => {
  people = await createSigningPeople();
  files.prescription = signAs(people.doctor, { type: 'prescription', csv: prescriptionCsv });
  files.dispensing = signAs(people.pharmacist, { type: 'dispensing', csv: dispensingCsv, prescription: files.prescription });
});

/**
 * Where a byte may change without touching what is signed. The format leaves these outside of its signatures:
 * the XML declaration, the root's attributes, the management element of the file itself, the Id of the file's own SignatureValue,
 * and white space inside tags.
 */
function isUnsigned(file: string, at: number): boolean {
  const within = (from: string, to: string, start = 0): boolean => {
    const begin = file.indexOf(from, start);
    return at >= begin && at < file.indexOf(to, begin) + to.length;
  };
  const management = file.includes('<DispensingManagement') ? 'DispensingManagement' : 'PrescriptionManagement';
  if (within('<?xml', '?>') || within('<Document ', '>') || within(`<${management}`, `</${management}>`)) return true;
  if (within('<xs:SignatureValue ', '>', file.lastIndexOf('<xs:SignatureValue'))) return true;
  const tagStart = file.lastIndexOf('<', at);
  const insideTag = tagStart > file.lastIndexOf('>', at - 1);
  const quotes = file.slice(tagStart, at).split('"').length - 1;
  return insideTag && quotes % 2 === 0 && file[at] === ' ';
}

describe.each(['prescription', 'dispensing'] as const)('A %s of which one byte is changed', (name) => {
  it('is never VALID, unless the byte is outside of what is signed; then the CSV is still the same', () => {
    let tried = 0;
    let outside = 0;
    // A tab for the space of a start tag: the canonical form is the same.
    const spaceInTag = files[name].lastIndexOf('<xs:SignatureValue ') + '<xs:SignatureValue'.length;
    fc.assert(
      fc.property(fc.nat({ max: files[name].length - 1 }), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const file = files[name];
        tried += 1;
        const changed = Buffer.from(file);
        changed[at] = (changed[at] ?? 0) ^ flip;
        if (people.verifier.verify(changed).verdict !== 'VALID') return;
        outside += 1;
        expect([at, isUnsigned(file.toString('latin1'), at)]).toEqual([at, true]);
        expect(Buffer.from(extractDocument(changed).csv).equals(name === 'prescription' ? prescriptionCsv : dispensingCsv)).toBe(true);
      }),
      { numRuns: 1500, examples: [[spaceInTag, 0x20 ^ 0x09]] },
    );
    // The property says something only if most changes were refused.
    expect(outside).toBeLessThan(tried / 10);
    expect(outside).toBeGreaterThan(0);
  });

  it('is INVALID wherever one bit of a signed text is changed', () => {
    const file = files[name].toString('latin1');
    // Every text of the file: CSV, digests, values, certificates, signing times.
    for (const { index, 1: text = '' } of file.matchAll(/>([^<>]+)</g)) {
      for (const offset of [0, Math.floor(text.length / 2), text.length - 1]) {
        for (const flip of [1, 2, 0x10]) {
          const changed = Buffer.from(files[name]);
          const at = index + 1 + offset;
          changed[at] = (changed[at] ?? 0) ^ flip;
          expect([at, people.verifier.verify(changed).verdict]).toEqual([at, 'INVALID']);
        }
      }
    }
  });

  it('is INVALID when a byte is removed from or added to a signed text', () => {
    const file = files[name].toString('latin1');
    for (const { index, 1: text = '' } of file.matchAll(/>([^<>]+)</g)) {
      const at = index + 1 + Math.floor(text.length / 2);
      for (const changed of [file.slice(0, at) + file.slice(at + 1), `${file.slice(0, at)}A${file.slice(at)}`]) {
        expect([at, people.verifier.verify(Buffer.from(changed, 'latin1')).verdict]).toEqual([at, 'INVALID']);
      }
    }
  });
});
