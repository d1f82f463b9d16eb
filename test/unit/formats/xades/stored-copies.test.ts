/** Files as the management service hands them out: wrapped base64, elements of its own, and levels above BES. */
import { beforeAll, describe, expect, it } from 'vitest';
import { extractDocument } from '../../../../src/formats/xades/extract.ts';
import { complaints, createSigningPeople, dispensingCsv, prescriptionCsv, signAs, type SigningPeople } from './signing-people.ts';

let people: SigningPeople;
let prescription: string;
beforeAll(async () => {
  people = await createSigningPeople();
  prescription = signAs(people.doctor, { type: 'prescription', csv: prescriptionCsv }).toString();
});

const wrapped = (base64: string): string => base64.replace(/.{76}/g, '$&\n') + '\n';
const encapsulated = (name: string, der: Uint8Array): string => `<xa:${name}>${wrapped(Buffer.from(der).toString('base64'))}</xa:${name}>`;
const timestamp = '<xa:SignatureTimeStamp Id="T1"><xa:EncapsulatedTimeStamp>MIIB</xa:EncapsulatedTimeStamp></xa:SignatureTimeStamp>';

function withUnsigned(file: string, properties: string): Buffer {
  return Buffer.from(file.replace('</xa:QualifyingProperties>',
    `<xa:UnsignedProperties><xa:UnsignedSignatureProperties>${properties}</xa:UnsignedSignatureProperties></xa:UnsignedProperties></xa:QualifyingProperties>`));
}

describe('Levels above BES are reported as present and not evaluated', () => {
  const values = (): string =>
    `<xa:CertificateValues>${encapsulated('EncapsulatedX509Certificate', people.ca.signing.certificate.der)}${encapsulated('EncapsulatedX509Certificate', people.ca.root.certificate.der)}</xa:CertificateValues>` +
    `<xa:RevocationValues><xa:CRLValues>${people.ca.crls().map(({ der }) => encapsulated('EncapsulatedCRLValue', der)).join('')}</xa:CRLValues></xa:RevocationValues>`;
  const validation = '<xa141:TimeStampValidationData xmlns:xa141="http://uri.etsi.org/01903/v1.4.1#"/>';
  const levels: readonly (readonly [string, () => string])[] = [
    ['T', () => timestamp],
    ['XL', () => timestamp + validation + values()],
    ['A', () => `${timestamp}${values()}<xa141:ArchiveTimeStamp xmlns:xa141="http://uri.etsi.org/01903/v1.4.1#"/>`],
  ];

  it.each(levels)('%s: INDETERMINATE for the time-stamp alone, everything else stays VALID', (level, properties) => {
    const report = people.verifier.verify(withUnsigned(prescription, properties()));
    expect([report.verdict, report.level, ...complaints(report)]).toEqual(['INDETERMINATE', level, 'signature.timestamp INDETERMINATE']);
  });

  it.each(levels)('%s: may be nested, and stays what it is inside', (level, properties) => {
    const stored = withUnsigned(prescription, properties());
    expect(people.verifier.checkNestedPrescription(stored).gate).toBe('accept');
    const report = people.verifier.verify(signAs(people.pharmacist, { type: 'dispensing', csv: dispensingCsv, prescription: stored }));
    expect(complaints(report)).toEqual([]);
    expect([report.verdict, report.nested?.verdict, report.nested?.level]).toEqual(['INDETERMINATE', 'INDETERMINATE', level]);
  });

  it('XL: CertificateValues help to find the issuer', async () => {
    const { createVerifier } = await import('../../../../src/formats/xades/verifier.ts');
    const report = createVerifier({ ...people.trust, chain: [] }).verify(withUnsigned(prescription, timestamp + values()));
    expect(complaints(report)).toEqual(['signature.timestamp INDETERMINATE']);
  });

  it('XL: CertificateValues make nothing trusted', async () => {
    const { createVerifier } = await import('../../../../src/formats/xades/verifier.ts');
    const report = createVerifier({ ...people.trust, chain: [], anchors: [] }).verify(withUnsigned(prescription, timestamp + values()));
    expect(complaints(report)).toContain('certificate.path INDETERMINATE');
  });

  it('a time-stamped signature whose certificate has expired since is INDETERMINATE, one without is INVALID', () => {
    const later = new Date(people.doctor.certificate.notAfter.getTime() + 1000);
    expect(people.verifier.verify(withUnsigned(prescription, timestamp), later).verdict).toBe('INDETERMINATE');
    expect(people.verifier.verify(Buffer.from(prescription), later).verdict).toBe('INVALID');
  });

  it('CertificateValues that cannot be read do not harm', () => {
    const junk = '<xa:CertificateValues><xa:EncapsulatedX509Certificate>AAAA</xa:EncapsulatedX509Certificate><xa:EncapsulatedX509Certificate>*</xa:EncapsulatedX509Certificate><xa:Other/></xa:CertificateValues>';
    expect(complaints(people.verifier.verify(withUnsigned(prescription, timestamp + junk)))).toEqual(['signature.timestamp INDETERMINATE']);
  });
});

describe('A stored copy', () => {
  const stored = (file: string): string => file
    .replace('</PrescriptionManagement>', '<PrescriptionId Value="5b0d2ba6-1111-4222-8333-444455556666"/></PrescriptionManagement>')
    .replace('</PrescriptionDocument>', '</PrescriptionDocument>\n<AdditionalPrescriptionInformation id="AdditionalPrescriptionInformation"><受付 状態="済"/></AdditionalPrescriptionInformation>\n');

  it('with the service’s own elements and white space around them is VALID', () => {
    expect(complaints(people.verifier.verify(Buffer.from(stored(prescription))))).toEqual([]);
  });

  it('tells the prescription’s id, which a submitted file does not have', () => {
    expect(extractDocument(Buffer.from(stored(prescription))).prescriptionId).toBe('5b0d2ba6-1111-4222-8333-444455556666');
    expect(extractDocument(Buffer.from(prescription)).prescriptionId).toBeNull();
  });

  it('may be nested; the id of the prescription and the CSV of the pharmacist are found', () => {
    const dispensed = signAs(people.pharmacist, { type: 'dispensing', csv: dispensingCsv, prescription: Buffer.from(stored(prescription)) });
    expect(extractDocument(dispensed)).toMatchObject({ type: 'dispensing', prescriptionId: '5b0d2ba6-1111-4222-8333-444455556666' });
    expect(Buffer.from(extractDocument(dispensed).csv).equals(dispensingCsv)).toBe(true);
    const additional = dispensed.toString().replace('<DispensingSign>', '\n<AdditionalDispensedInformation id="AdditionalDispensedInformation"><a/></AdditionalDispensedInformation><DispensingSign>');
    expect(complaints(people.verifier.verify(Buffer.from(additional)))).toEqual([]);
  });

  it('with base64 wrapped at 76 columns outside of what is hashed is VALID', () => {
    // The signature value is the only base64 that no reference covers.
    const file = prescription.replace(/(<xs:SignatureValue[^>]*>)([^<]*)/, (_whole, tag: string, value: string) => `${tag}\n${wrapped(value)}`);
    expect(complaints(people.verifier.verify(Buffer.from(file)))).toEqual([]);
  });

  it('whose certificate was wrapped after signing is read, and its digest is found to be wrong', () => {
    const { certificate } = people.doctor;
    const file = prescription.replace(Buffer.from(certificate.der).toString('base64'), (base64) => wrapped(base64));
    expect(complaints(people.verifier.verify(Buffer.from(file)))).toEqual(['reference.keyInfo INVALID']);
    expect(people.verifier.verify(Buffer.from(file)).signer?.name).toBe('TEST Saburo Isha');
  });
});
