import { createHash, hash } from 'node:crypto';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { issuerSerialOf, readIssuerSerial } from '../../../../src/formats/xades/issuer-serial.ts';
import { PrescriptionNotCarriable } from '../../../../src/formats/xades/carried-prescription.ts';
import { canonicalize, exclusive, inclusive } from '../../../../src/formats/xades/canonicalization.ts';
import { extractDocument } from '../../../../src/formats/xades/extract.ts';
import { sampleProfile } from '../../../../src/formats/xades/signature-profile.ts';
import { prepareSignature } from '../../../../src/formats/xades/writer.ts';
import { readXml } from '../../../../src/formats/xml/reader.ts';
import { XmlRefusal } from '../../../../src/formats/xml/refusal.ts';
import type { XmlElement } from '../../../../src/formats/xml/tree.ts';
import { allProfiles, createSigningPeople, dispensingCsv, prepareAs, prescriptionCsv, signAs, type SigningPeople } from './signing-people.ts';

let people: SigningPeople;
beforeAll(async () => {
  people = await createSigningPeople();
});

function element(xml: Uint8Array, local: string): XmlElement {
  const pending: XmlElement[] = [readXml(xml).root];
  for (let next = pending.shift(); next !== undefined; next = pending.shift()) {
    if (next.local === local) return next;
    pending.push(...next.children.filter((child) => child.kind === 'element'));
  }
  throw new Error(`no ${local}`);
}

const sha256 = (text: string | Uint8Array): string => hash('sha256', text, 'base64');
const value = Buffer.alloc(256, 7);

describe('A prescription that the writer prepares', () => {
  it('has the form of the ministry’s sample: the hashed bytes of reference 1 inherit xmlns:xsi', () => {
    const prepared = prepareAs(people.doctor, { type: 'prescription', csv: prescriptionCsv });
    const hashed =
      '<PrescriptionDocument xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" id="PrescriptionDocument">' +
      `${prescriptionCsv.toString('base64')}</PrescriptionDocument>`;
    expect(Buffer.from(prepared.documentDigest).toString('base64')).toBe(sha256(hashed));

    const file = Buffer.from(prepared.assemble(value)).toString();
    expect(file.startsWith(
      '<?xml version="1.0" encoding="UTF-8"?><Document xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" id="Document" xsi:noNamespaceSchemaLocation="EP.xsd">' +
      '<Prescription><PrescriptionManagement id="PrescriptionManagement"><Version Value="EPS1.0"/></PrescriptionManagement><PrescriptionDocument id="PrescriptionDocument">',
    )).toBe(true);
    expect(file).toContain('</PrescriptionDocument><PrescriptionSign><xs:Signature xmlns:xs="http://www.w3.org/2000/09/xmldsig#" Id="PrescriptionSign"><xs:SignedInfo Id=');
    expect(file).toContain('<xs:Reference URI="#PrescriptionDocument"><xs:DigestMethod');
    expect(file).not.toMatch(/>\s+</);
    expect(canonicalize(element(prepared.assemble(value), 'PrescriptionDocument'), inclusive)).toBe(hashed);
  });

  it('declares exclusive canonicalization on reference 1 when the profile says so', () => {
    const prepared = prepareAs(people.doctor, { type: 'prescription', csv: prescriptionCsv }, { profile: { reference1: 'exclusive' } });
    const file = prepared.assemble(value);
    expect(Buffer.from(file).toString()).toContain('<xs:Reference URI="#PrescriptionDocument"><xs:Transforms><xs:Transform Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#">');
    expect(sha256(canonicalize(element(file, 'PrescriptionDocument'), exclusive))).toBe(Buffer.from(prepared.documentDigest).toString('base64'));
  });

  it('is written in canonical form: what is hashed is what canonicalization finds in the file', () => {
    for (const profile of allProfiles) {
      const prepared = prepareAs(people.doctor, { type: 'prescription', csv: prescriptionCsv }, { profile });
      const file = prepared.assemble(value);
      expect(canonicalize(element(file, 'SignedInfo'), exclusive)).toBe(Buffer.from(prepared.signedInfo).toString());
      expect(Buffer.from(prepared.hash).equals(createHash('sha256').update(prepared.signedInfo).digest())).toBe(true);
      const signedInfo = Buffer.from(prepared.signedInfo).toString();
      for (const part of ['KeyInfo', 'SignedProperties']) {
        expect(signedInfo).toContain(`<xs:DigestValue>${sha256(canonicalize(element(file, part), exclusive))}</xs:DigestValue>`);
      }
    }
  });

  it('carries the caller’s bytes unchanged, whatever they are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), (csv) => {
        const { type, csv: carried } = extractDocument(prepareAs(people.doctor, { type: 'prescription', csv }).assemble(value));
        expect(type).toBe('prescription');
        expect(Buffer.from(carried).equals(csv)).toBe(true);
      }),
    );
  });

  it('comes out the same for the same input, so that a crash between signing and answering loses nothing', () => {
    const prepare = () => prepareAs(people.doctor, { type: 'prescription', csv: prescriptionCsv }, { signingTime: new Date('2026-04-01T00:00:00Z') });
    expect(Buffer.from(prepare().assemble(value)).equals(prepare().assemble(value))).toBe(true);
  });

  it('writes the signing time in the zone of the profile', () => {
    const at = (signingTimeZone: '+00:00' | '+09:00') =>
      Buffer.from(prepareAs(people.doctor, { type: 'prescription', csv: prescriptionCsv }, { signingTime: new Date('2026-03-31T23:30:59.900Z'), profile: { signingTimeZone } }).assemble(value)).toString();
    expect(at('+00:00')).toContain('<xa:SigningTime>2026-03-31T23:30:59+00:00</xa:SigningTime>');
    expect(at('+09:00')).toContain('<xa:SigningTime>2026-04-01T08:30:59+09:00</xa:SigningTime>');
  });

  it('writes IssuerSerialV2 as RFC 5035 says, and only when the profile asks for it', () => {
    const file = (issuerSerialV2: boolean) => Buffer.from(prepareAs(people.doctor, { type: 'prescription', csv: prescriptionCsv }, { profile: { issuerSerialV2 } }).assemble(value)).toString();
    expect(file(false)).not.toContain('IssuerSerialV2');
    const der = Buffer.from(/<xa:IssuerSerialV2>([^<]+)</.exec(file(true))?.[1] ?? '', 'base64');
    const { issuer, serial } = readIssuerSerial(der);
    expect(Buffer.from(issuer).equals(people.doctor.certificate.issuerDer)).toBe(true);
    expect(BigInt(`0x${Buffer.from(serial.subarray(2)).toString('hex')}`)).toBe(people.doctor.certificate.serialNumber);
    expect(Buffer.from(serial).equals(issuerSerialOf(people.doctor.certificate.der).serial)).toBe(true);
  });

  it('takes ids from a journal’s recipe, and refuses ids that would meet others', () => {
    const by = { certificate: people.doctor.certificate.der, signingTime: new Date(), profile: sampleProfile };
    const ids = { signature: 'PrescriptionSign', signedInfo: 'a', signatureValue: 'b', keyInfo: 'c', signedProperties: 'd' };
    expect(prepareSignature({ type: 'prescription', csv: prescriptionCsv }, { ...by, ids }).ids).toEqual(ids);
    for (const wrong of [{ keyInfo: 'a' }, { keyInfo: 'PrescriptionDocument' }, { signature: 'Other' }, { signedInfo: 'a"b' }, { keyInfo: 'Document' }]) {
      expect(() => prepareSignature({ type: 'prescription', csv: prescriptionCsv }, { ...by, ids: { ...ids, ...wrong } })).toThrow(RangeError);
    }
  });

  it('is not assembled without a signature value', () => {
    expect(() => prepareAs(people.doctor, { type: 'prescription', csv: prescriptionCsv }).assemble(new Uint8Array())).toThrow(RangeError);
  });
});

describe('A dispensing result that the writer prepares', () => {
  const dispense = (prescription: Uint8Array, reference1: 'inclusive' | 'exclusive' = 'inclusive') =>
    prepareAs(people.pharmacist, { type: 'dispensing', csv: dispensingCsv, prescription }, { profile: { reference1 } });
  const prescribe = (): Buffer => signAs(people.doctor, { type: 'prescription', csv: prescriptionCsv });

  it('carries the prescription as it stands, to the byte', () => {
    const prescription = prescribe();
    const text = prescription.toString();
    const inside = text.slice(text.indexOf('<PrescriptionManagement'), text.indexOf('</Prescription></Document>'));
    const file = Buffer.from(dispense(prescription).assemble(value)).toString();
    expect(file).toContain(`<Dispensing id="Dispensing"><ReferencePrescription>${inside}</ReferencePrescription><DispensingDocument id="DispensingDocument">`);
  });

  // What other signers write, and what canonicalization has to level out.
  const varieties: readonly (readonly [string, (xml: string) => string])[] = [
    ['as we write it', (xml) => xml],
    ['with empty-element tags', (xml) => xml.replaceAll(/<(xs:\w+ Algorithm="[^"]*")><\/xs:\w+>/g, '<$1/>')],
    ['with line ends and indentation between its elements', (xml) => xml.replace('<PrescriptionDocument', '\r\n  <PrescriptionDocument').replace('<PrescriptionSign>', '\n\t<PrescriptionSign>\r')],
    ['with single quotes, spaces and another order of attributes', (xml) => xml.replace('<PrescriptionManagement id="PrescriptionManagement">', "<PrescriptionManagement  b='2' id = 'PrescriptionManagement' a='\"1\"' >")],
    ['with character references and a CDATA section', (xml) => xml.replace('Value="EPS1.0"', 'Value="&#69;PS&amp;1.0"').replace('</PrescriptionManagement>', '<X><![CDATA[<&>]]>&gt;</X></PrescriptionManagement>')],
    ['with text beyond ASCII before and inside', (xml) => xml.replace('<Prescription>', '<!-- 薬局 --><Prescription>').replace('</PrescriptionManagement>', '<薬 名="髙①">😀</薬></PrescriptionManagement>')],
    ['with a default namespace taken away that there was none of', (xml) => xml.replace('<Prescription>', '<Prescription xmlns="">')],
    ['with namespaces that nobody uses', (xml) => xml.replace('<PrescriptionSign>', '<PrescriptionSign xmlns:zz="urn:zz" xmlns="">')],
    ['as the management service stores it', (xml) => xml
      .replace('</PrescriptionManagement>', '<PrescriptionId Value="5b0d2ba6-1111-4222-8333-444455556666"/></PrescriptionManagement>')
      .replace('</PrescriptionDocument>', '</PrescriptionDocument><AdditionalPrescriptionInformation><a xmlns:q="urn:q" q:b="1"/></AdditionalPrescriptionInformation>')],
  ];

  it.each(varieties)('is hashed as any verifier will hash it, the prescription being written %s', (_how, vary) => {
    const prescription = Buffer.from(vary(prescribe().toString()));
    for (const [reference1, canonicalization] of [['inclusive', inclusive], ['exclusive', exclusive]] as const) {
      const prepared = dispense(prescription, reference1);
      const canonical = canonicalize(element(prepared.assemble(value), 'Dispensing'), canonicalization);
      expect(sha256(canonical)).toBe(Buffer.from(prepared.documentDigest).toString('base64'));
    }
  });

  it('has ids that none of the prescription’s meets', () => {
    const clashing = Buffer.from(prescribe().toString().replaceAll('PrescriptionSign-KeyInfo', 'DispensingSign-KeyInfo'));
    const { ids } = dispense(clashing);
    expect(ids.keyInfo).toBe('DispensingSign-2-KeyInfo');
    expect(() => prepareSignature(
      { type: 'dispensing', csv: dispensingCsv, prescription: clashing },
      { certificate: people.pharmacist.certificate.der, signingTime: new Date(), profile: sampleProfile, ids: { ...ids, signedInfo: 'DispensingSign-KeyInfo' } },
    )).toThrow(RangeError);
  });

  const uncarriable: readonly (readonly [string, (xml: string) => string])[] = [
    ['declares another namespace on its root', (xml) => xml.replace('<Document ', '<Document xmlns:x="urn:x" ')],
    ['has another namespace for xsi', (xml) => xml.replace('http://www.w3.org/2001/XMLSchema-instance', 'urn:other')],
    ['has xml:lang on its root', (xml) => xml.replace('<Document ', '<Document xml:lang="ja" ')],
    ['uses an id of ours', (xml) => xml.replaceAll('"PrescriptionManagement"', '"DispensingDocument"')],
    ['has an id twice', (xml) => xml.replace('id="PrescriptionManagement"', 'id="PrescriptionDocument"')],
    ['has a comment inside', (xml) => xml.replace('<PrescriptionSign>', '<!-- --><PrescriptionSign>')],
    ['is no prescription', () => '<Document/>'],
    ['has two prescriptions', (xml) => xml.replace('<Prescription>', '<Prescription/><Prescription>')],
  ];

  it.each(uncarriable)('is refused with a reason when the prescription %s', (_what, change) => {
    expect(() => dispense(Buffer.from(change(prescribe().toString())))).toThrow(PrescriptionNotCarriable);
  });

  it('is refused when the prescription is no XML that may be read', () => {
    expect(() => dispense(Buffer.concat([Buffer.from('<!DOCTYPE Document>'), prescribe()]))).toThrow(XmlRefusal);
  });
});
