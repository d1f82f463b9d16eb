/**
 * Files of some MiB that are small where it does not matter and huge where it does. Each of them once took seconds to hours, or would
 * without a cap; none is timed here, but the test's own deadline would not be met without the caps.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { createVerifier } from '../../../../src/formats/xades/verifier.ts';
import type { VerificationReport } from '../../../../src/formats/xades/report.ts';
import { complaints, createSigningPeople, prescriptionCsv, signAs, type SigningPeople } from './signing-people.ts';

let people: SigningPeople;
let prescription: string;
beforeAll(async () => {
  people = await createSigningPeople();
  prescription = signAs(people.doctor, { type: 'prescription', csv: prescriptionCsv }).toString();
});

const verify = (file: string): VerificationReport => people.verifier.verify(Buffer.from(file));
const many = (count: number, piece: (index: number) => string): string => Array.from({ length: count }, (_, index) => piece(index)).join('');
const unsigned = (properties: string): string => prescription.replace('</xa:QualifyingProperties>',
  () => `<xa:UnsignedProperties><xa:UnsignedSignatureProperties>${properties}</xa:UnsignedSignatureProperties></xa:UnsignedProperties></xa:QualifyingProperties>`);

describe('A hostile file is refused before it costs much', () => {
  it('hundreds of thousands of prefixes in an InclusiveNamespaces list, to be looked up at each of thousands of elements', () => {
    const list = `<e:InclusiveNamespaces xmlns:e="http://www.w3.org/2001/10/xml-exc-c14n#" PrefixList="${many(300_000, (index) => ` a${index}`)}"/>`;
    const elements = `<xa:SignedDataObjectProperties>${'<a/>'.repeat(15_000)}</xa:SignedDataObjectProperties>`;
    for (const place of [/(SignedProperties"><xs:Transforms><xs:Transform[^>]*>)/, /(<xs:CanonicalizationMethod[^>]*>)/]) {
      const file = prescription.replace(place, (start) => start + list).replace('</xa:SignedSignatureProperties>', (end) => end + elements);
      expect(complaints(verify(file))).toEqual(['signature.algorithms INVALID']);
    }
  });

  it('thousands of references', () => {
    const reference = '<xs:Reference URI="#a"><xs:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/><xs:DigestValue>AAAA</xs:DigestValue></xs:Reference>';
    expect(complaints(verify(prescription.replace('</xs:SignedInfo>', (end) => reference.repeat(2000) + end)))).toEqual(['signature.structure INVALID']);
    expect(complaints(verify(prescription.replace('</xs:SignedInfo>', (end) => reference.repeat(20_000) + end)))).toEqual(['document.read INVALID']);
  });

  it('thousands of elements with dozens of attributes: attributes count as nodes', () => {
    const element = `<a${many(60, (index) => ` a${index}=""`)}/>`;
    expect(complaints(verify(prescription.replace('<Version', (start) => element.repeat(1000) + start)))).toEqual(['document.read INVALID']);
  });

  it('thousands of certificates in KeyInfo', () => {
    const certificate = '<xs:X509Certificate>AAAA</xs:X509Certificate>';
    expect(complaints(verify(prescription.replace('</xs:X509Data>', (end) => certificate.repeat(5000) + end)))).toEqual(['signature.structure INVALID']);
  });
});

describe('What is not signed and huge does not harm', () => {
  it('thousands of kinds of unsigned properties: the report names the first of them', () => {
    const report = verify(unsigned(many(5000, (index) => `<xa:n${index}/>`)));
    expect(complaints(report)).toEqual([]);
    const said = report.checks.find(({ id }) => id === 'signature.unsignedProperties')?.reason.en ?? '';
    expect(said).toContain('n0, n1, ');
    expect(said.length).toBeLessThan(400);
  });

  it('hundreds of CertificateValues: the first certificates are tried as issuers, no more', () => {
    const impostor = `<xa:CertificateValues><xa:EncapsulatedX509Certificate>${Buffer.from(people.pharmacist.certificate.der).toString('base64')}</xa:EncapsulatedX509Certificate></xa:CertificateValues>`;
    const issuer = impostor.replace(/>[A-Za-z0-9+/=]{50,}</, () => `>${Buffer.from(people.ca.signing.certificate.der).toString('base64')}<`);
    const alone = createVerifier({ ...people.trust, chain: [] });
    expect(complaints(alone.verify(Buffer.from(unsigned(impostor.repeat(15) + issuer))))).toEqual([]);
    expect(complaints(alone.verify(Buffer.from(unsigned(impostor.repeat(800) + issuer))))).toContain('certificate.path INDETERMINATE');
  });
});
