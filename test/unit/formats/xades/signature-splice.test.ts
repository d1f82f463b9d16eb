import { beforeAll, describe, expect, it } from 'vitest';
import { signHead, signTail } from '../../../../src/formats/prescription/wrapper.ts';
import { ElementRefused, prepareSplice } from '../../../../src/formats/xades/signature-splice.ts';
import type { DocumentInput } from '../../../../src/formats/xades/writer.ts';
import { allProfiles, createSigningPeople, dispensingCsv, prepareAs, prescriptionCsv, signAs, type SigningPeople } from './signing-people.ts';

let people: SigningPeople;
let inputs: Readonly<Record<'prescription' | 'dispensing', DocumentInput>>;
beforeAll(async () => {
  people = await createSigningPeople();
  const prescription: DocumentInput = { type: 'prescription', csv: prescriptionCsv };
  inputs = { prescription, dispensing: { type: 'dispensing', csv: dispensingCsv, prescription: signAs(people.doctor, prescription) } };
});

const bothTypes = ['prescription', 'dispensing'] as const;
const signerOf = (type: 'prescription' | 'dispensing') => (type === 'prescription' ? people.doctor : people.pharmacist);

/** What is between the tags of the wrapper's element in a file that was signed here, as a service would give it back. */
function elementOf(file: Uint8Array, type: 'prescription' | 'dispensing'): string {
  const text = Buffer.from(file).toString('latin1');
  return text.slice(text.lastIndexOf(signHead(type)) + signHead(type).length, text.lastIndexOf(signTail(type)));
}

const bytes = (text: string): Uint8Array => Buffer.from(text, 'latin1');

describe.each(bothTypes)('a %s whose signature a service makes', (type) => {
  it.each(allProfiles)('has the digest that the writer signs, and becomes the same file: %o', (profile) => {
    const input = inputs[type];
    const prepared = prepareAs(signerOf(type), input, { profile });
    const splice = prepareSplice(input, profile.reference1);
    expect(Buffer.from(splice.documentDigest)).toEqual(Buffer.from(prepared.documentDigest));
    const file = signAs(signerOf(type), input, { profile });
    expect(Buffer.from(splice.splice(bytes(elementOf(file, type)))).equals(file)).toBe(true);
    expect(people.verifier.verify(file).verdict).toBe('VALID');
  });

  it('takes the element with the wrapper around it, a declaration, a byte order mark and space before and after', () => {
    const file = signAs(signerOf(type), inputs[type]);
    const { splice } = prepareSplice(inputs[type], 'inclusive');
    const element = elementOf(file, type);
    const wrapped = `${signHead(type)}${element}${signTail(type)}`;
    for (const answer of [wrapped, ` \r\n${element}\n`, `\xef\xbb\xbf<?xml version="1.0" encoding="UTF-8"?>\r\n${wrapped}\r\n`]) {
      expect(Buffer.from(splice(bytes(answer))).equals(file)).toBe(true);
    }
  });

  it('keeps a prefix that the wrapper declares for the signature inside', () => {
    const file = signAs(signerOf(type), inputs[type]);
    const declaration = ' xmlns:xs="http://www.w3.org/2000/09/xmldsig#"';
    const inside = elementOf(file, type).replace(declaration, '');
    const spliced = prepareSplice(inputs[type], 'inclusive').splice(bytes(`${signHead(type).replace('>', `${declaration}>`)}${inside}${signTail(type)}`));
    expect(people.verifier.verify(spliced).verdict).toBe('VALID');
  });

  it('refuses whatever could write outside of its element, or is none', () => {
    const element = elementOf(signAs(signerOf(type), inputs[type]), type);
    const [open, close] = [signHead(type), signTail(type)];
    const other = type === 'prescription' ? '<AdditionalPrescriptionInformation/>' : '<AdditionalDispensedInformation/>';
    const attempts: readonly string[] = [
      '',
      'signature',
      '{"signature":"…"}',
      '<html><body>Bad Gateway</body></html>',
      `<Envelope>${element}</Envelope>`,
      `${element}${close}${other}${open}`,
      `${close}${other}${open}${element}`,
      `${open}${element}${close}${other}`,
      `${other}${open}${element}${close}`,
      `${open}${element}${close}${open}${close}`,
      `${open}${open}${element}${close}${close}`,
      `${open.replace('>', ' id="x">')}${element}${close}`,
      `${open.replace('>', ' xsi:type="x">')}${element}${close}`,
      `<!DOCTYPE x [<!ENTITY a "b">]>${element}`,
      `<?xml-stylesheet href="x"?>${element}`,
      `<!-- ${element} -->${element}`,
      element.replace('<xs:KeyInfo', '<!--x--><xs:KeyInfo'),
      element.replace('<xs:SignatureValue ', '<![CDATA[x]]><xs:SignatureValue '),
      element.replace('<xs:KeyInfo', '<?x?><xs:KeyInfo'),
    ];
    const { splice } = prepareSplice(inputs[type], 'inclusive');
    for (const attempt of attempts) expect(() => splice(bytes(attempt)), attempt).toThrow(ElementRefused);
  });

  it('is not helped by a second element beside the first: the verifier sees it', () => {
    const element = elementOf(signAs(signerOf(type), inputs[type]), type);
    const { splice } = prepareSplice(inputs[type], 'inclusive');
    for (const attempt of [`${element}${element}`, `${element}<xs:Other xmlns:xs="x"/>`, `${element} text`, `${signHead(type)}${signTail(type)}`]) {
      expect(people.verifier.verify(splice(bytes(attempt))).verdict, attempt.slice(-40)).toBe('INVALID');
    }
  });
});

it('a signature over another document does not fit', () => {
  const other = signAs(people.doctor, { type: 'prescription', csv: Buffer.concat([prescriptionCsv, Buffer.from('\n81,1,,x')]) });
  const report = people.verifier.verify(prepareSplice(inputs.prescription, 'inclusive').splice(bytes(elementOf(other, 'prescription'))));
  expect(report.checks.filter(({ verdict }) => verdict === 'INVALID').map(({ id }) => id)).toEqual(['reference.document']);
});

it('a reference of the other canonicalization than the one that was agreed does not fit', () => {
  const exclusive = signAs(people.doctor, inputs.prescription, { profile: { reference1: 'exclusive' } });
  // The service was told the digest of one form and declares the other.
  const digest = Buffer.from(prepareSplice(inputs.prescription, 'exclusive').documentDigest).toString('base64');
  const swapped = elementOf(exclusive, 'prescription').replace(digest, Buffer.from(prepareSplice(inputs.prescription, 'inclusive').documentDigest).toString('base64'));
  expect(people.verifier.verify(prepareSplice(inputs.prescription, 'inclusive').splice(bytes(swapped))).verdict).toBe('INVALID');
});
