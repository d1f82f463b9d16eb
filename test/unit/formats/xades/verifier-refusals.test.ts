/** What a verifier must refuse before or while it looks at a signature. */
import { createHmac, hash, sign } from 'node:crypto';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { canonicalize, exclusive } from '../../../../src/formats/xades/canonicalization.ts';
import { locateSignedDocument } from '../../../../src/formats/xades/signed-wrapper.ts';
import { parseSignature } from '../../../../src/formats/xades/parsed-signature.ts';
import { readXml } from '../../../../src/formats/xml/reader.ts';
import { complaints, createSigningPeople, dispensingCsv, prescriptionCsv, signAs, type SigningPeople } from './signing-people.ts';

let people: SigningPeople;
let prescription: string;
let dispensing: string;
beforeAll(async () => {
  people = await createSigningPeople();
  const file = signAs(people.doctor, { type: 'prescription', csv: prescriptionCsv });
  prescription = file.toString();
  dispensing = signAs(people.pharmacist, { type: 'dispensing', csv: dispensingCsv, prescription: file }).toString();
});

const verify = (file: string) => people.verifier.verify(Buffer.from(file));

/** Changes the signed parts and signs them again, so that nothing but the change itself is wrong. */
function resign(file: string, change: (file: string) => string, hashName: 'sha1' | 'sha256' = 'sha256'): string {
  const text = change(file);
  const info = /<xs:SignedInfo.*<\/xs:SignedInfo>/s.exec(text)?.[0] ?? '';
  const root = readXml(Buffer.from(`<x xmlns:xs="http://www.w3.org/2000/09/xmldsig#">${info}</x>`)).root.children[0];
  if (root?.kind !== 'element') throw new Error('no SignedInfo');
  const value = sign(hashName, Buffer.from(canonicalize(root, exclusive)), people.doctor.privateKey).toString('base64');
  return text.replace(/(<xs:SignatureValue[^>]*>)[^<]*/, (_whole, tag: string) => tag + value);
}

const transform = (algorithm: string, inside = ''): string => `<xs:Transforms><xs:Transform Algorithm="${algorithm}">${inside}</xs:Transform></xs:Transforms>`;
const withTransform = (xml: string, transforms: string): string => xml.replace('<xs:Reference URI="#PrescriptionDocument">', (tag) => tag + transforms);

describe('Before anything is parsed', () => {
  it.each([
    ['a DOCTYPE', (xml: string) => xml.replace('?>', '?><!DOCTYPE Document>'), 'DOCTYPE'],
    ['entities', (xml: string) => xml.replace('?>', '?><!DOCTYPE Document [<!ENTITY a "b">]>'), 'DOCTYPE'],
    ['an entity without a DOCTYPE', (xml: string) => xml.replace('EPS1.0', '&a;'), 'entity'],
    ['a processing instruction', (xml: string) => xml.replace('<Prescription>', '<?x y?><Prescription>'), 'processing instruction'],
    ['a byte order mark', (xml: string) => `\ufeff${xml}`, 'byte order mark'],
    ['ten thousand elements inside each other', (xml: string) => xml.replace('<Version Value="EPS1.0"/>', '<a>'.repeat(10_000) + '</a>'.repeat(10_000)), 'too deeply'],
    ['a hundred thousand elements', (xml: string) => xml.replace('<Version Value="EPS1.0"/>', '<a/>'.repeat(100_000)), 'too many nodes'],
    ['a control character', (xml: string) => xml.replace('EPS1.0', 'EPS\u0000'), 'does not allow'],
  ])('%s is INVALID with its reason', (_what, change, reason) => {
    const report = verify(change(prescription));
    expect([report.verdict, ...complaints(report)]).toEqual(['INVALID', 'document.read INVALID']);
    expect(report.checks[0]?.reason.en).toContain(reason);
    expect(report.checks[0]?.reason.ja).not.toBe('');
  });

  it('a file of 17 MiB is INVALID', () => {
    expect(complaints(people.verifier.verify(new Uint8Array(17 * 1024 * 1024)))).toEqual(['document.read INVALID']);
  });
});

describe('A structure that is not the prescribed one is INVALID', () => {
  const changes: readonly (readonly [string, string, (xml: string) => string])[] = [
    ['another root', 'document.structure', () => '<Other/>'],
    ['nothing in the root', 'document.structure', () => '<Document/>'],
    ['an unknown child of Prescription', 'document.structure', (xml) => xml.replace('<PrescriptionSign>', '<Unknown/><PrescriptionSign>')],
    ['text between the elements of Prescription', 'document.structure', (xml) => xml.replace('<PrescriptionSign>', 'x<PrescriptionSign>')],
    ['a comment inside the CSV', 'document.structure', (xml) => xml.replace(/(<PrescriptionDocument[^>]*>....)/, '$1<!-- -->')],
    ['a comment inside SignedInfo', 'document.structure', (xml) => xml.replace('<xs:SignatureMethod', '<!-- --><xs:SignatureMethod')],
    ['an element inside the CSV', 'document.structure', (xml) => xml.replace('</PrescriptionDocument>', '<a/></PrescriptionDocument>')],
    ['a CSV that is no base64', 'document.structure', (xml) => xml.replace('</PrescriptionDocument>', '*</PrescriptionDocument>')],
    ['no signature', 'document.structure', (xml) => xml.replace(/<xs:Signature .*<\/xs:Signature>/s, '')],
    ['two signatures', 'document.structure', (xml) => xml.replace(/<xs:Signature .*<\/xs:Signature>/s, '$&$&')],
    ['an element PrescriptionDocument elsewhere', 'document.structure', (xml) => xml.replace('<Version', '<PrescriptionDocument id="a"/><Version')],
    ['a DispensingDocument in a prescription', 'document.structure', (xml) => xml.replace('<Version', '<DispensingDocument id="a"/><Version')],
    ['a Signature in an unsigned place', 'document.structure', (xml) => xml.replace('<Version', '<Signature/><Version')],
    ['an id twice', 'document.identifiers', (xml) => xml.replace('<Version', '<a id="PrescriptionDocument"/><Version')],
    ['an id once as id and once as Id', 'document.identifiers', (xml) => xml.replace('<Version', '<a ID="PrescriptionSign"/><Version')],
    ['an element with two ids', 'document.identifiers', (xml) => xml.replace('<Version', '<a id="1" Id="2"/><Version')],
    ['no id on the document', 'document.structure', (xml) => xml.replace(' id="PrescriptionDocument"', '')],
    ['two SignedInfo', 'signature.structure', (xml) => xml.replace(/<xs:SignedInfo.*<\/xs:SignedInfo>/s, (info) => info + info.replace(/ Id="[^"]*"/, ''))],
    ['two certificates where one was signed', 'reference.keyInfo', (xml) => xml.replace(/<xs:X509Certificate>.*<\/xs:X509Certificate>/s, '$&$&')],
    ['a KeyValue in KeyInfo that was signed without', 'reference.keyInfo', (xml) => xml.replace('<xs:X509Data>', '<xs:KeyValue/><xs:X509Data>')],
    ['an element of another namespace in KeyInfo', 'signature.structure', (xml) => xml.replace('<xs:X509Data>', '<x:X509Data xmlns:x="urn:x"/><xs:X509Data>')],
    ['a second Object', 'signature.structure', (xml) => xml.replace('</xs:Signature>', '<xs:Object/></xs:Signature>')],
    ['properties of another signature', 'signature.structure', (xml) => xml.replace('Target="#PrescriptionSign"', 'Target="#Other"')],
    ['no SigningTime where one was signed', 'reference.signedProperties', (xml) => xml.replace(/<xa:SigningTime>.*<\/xa:SigningTime>/, '')],
    ['a SigningTime that does not exist', 'signature.structure', (xml) => xml.replace(/<xa:SigningTime>[^<]*/, '<xa:SigningTime>2026-02-30T00:00:00Z')],
    ['a SigningTime that does not exist, without a zone', 'signature.structure', (xml) => xml.replace(/<xa:SigningTime>[^<]*/, '<xa:SigningTime>2026-02-30T00:00:00')],
    ['a signature value that is no base64', 'signature.structure', (xml) => xml.replace(/(<xs:SignatureValue[^>]*>)/, '$1*')],
    ['a signature value with bits that no decoder looks at', 'signature.structure', (xml) => xml.replace(/[AQgw]==<\/xs:SignatureValue>/, (end) => `${String.fromCharCode(end.charCodeAt(0) + 1)}${end.slice(1)}`)],
    ['a certificate that is none', 'certificate.read', (xml) => xml.replace(/<xs:X509Certificate>[^<]*/, '<xs:X509Certificate>AAAA')],
  ];
  it.each(changes)('%s', (_what, id, change) => {
    const changed = change(prescription);
    expect(changed).not.toBe(prescription);
    const report = verify(changed);
    expect(report.verdict).toBe('INVALID');
    expect(complaints(report)).toContain(`${id} INVALID`);
  });

  it.each([
    ['no ReferencePrescription', (xml: string) => xml.replace(/<ReferencePrescription>.*<\/ReferencePrescription>/s, '')],
    ['a comment inside Dispensing', (xml: string) => xml.replace('<DispensingDocument', '<!-- --><DispensingDocument')],
    ['an unknown child of Dispensing', (xml: string) => xml.replace('<DispensingDocument', '<Unknown/><DispensingDocument')],
    ['an unknown child of Document', (xml: string) => xml.replace('<DispensingSign>', '<Unknown/><DispensingSign>')],
    ['the doctor’s signature in the pharmacist’s place', (xml: string) => xml.replace(/<DispensingSign>.*<\/DispensingSign>/s, `<DispensingSign>${/<xs:Signature .*?<\/xs:Signature>/s.exec(xml)?.[0] ?? ''}</DispensingSign>`)],
  ])('of a dispensing result: %s', (_what, change) => {
    expect(verify(change(dispensing)).verdict).toBe('INVALID');
  });
});

describe('A signature made with something that is not on the allow-list is INVALID, although it is good', () => {
  const changes: readonly (readonly [string, (xml: string) => string])[] = [
    ['SHA-1 as digest', (xml) => xml.replace('http://www.w3.org/2001/04/xmlenc#sha256', 'http://www.w3.org/2000/09/xmldsig#sha1')],
    ['MD5 as digest', (xml) => xml.replace('http://www.w3.org/2001/04/xmlenc#sha256', 'http://www.w3.org/2001/04/xmldsig-more#md5')],
    ['RSA with SHA-1', (xml) => xml.replace('http://www.w3.org/2001/04/xmldsig-more#rsa-sha256', 'http://www.w3.org/2000/09/xmldsig#rsa-sha1')],
    ['DSA', (xml) => xml.replace('http://www.w3.org/2001/04/xmldsig-more#rsa-sha256', 'http://www.w3.org/2000/09/xmldsig#dsa-sha1')],
    ['HMAC', (xml) => xml.replace('http://www.w3.org/2001/04/xmldsig-more#rsa-sha256', 'http://www.w3.org/2001/04/xmldsig-more#hmac-sha256')],
    ['a truncated HMAC', (xml) => xml.replace('rsa-sha256"></xs:SignatureMethod>', 'hmac-sha256"><xs:HMACOutputLength>8</xs:HMACOutputLength></xs:SignatureMethod>')],
    ['no algorithm', (xml) => xml.replace(/<xs:SignatureMethod Algorithm="[^"]*">/, '<xs:SignatureMethod>')],
    ['an enveloped-signature transform', (xml) => withTransform(xml, transform('http://www.w3.org/2000/09/xmldsig#enveloped-signature'))],
    ['a base64 transform', (xml) => withTransform(xml, transform('http://www.w3.org/2000/09/xmldsig#base64'))],
    ['an XSLT transform', (xml) => withTransform(xml, transform('http://www.w3.org/TR/1999/REC-xslt-19991116', '<s:stylesheet xmlns:s="http://www.w3.org/1999/XSL/Transform" version="1.0"/>'))],
    ['an XPath transform', (xml) => withTransform(xml, transform('http://www.w3.org/TR/1999/REC-xpath-19991116', '<xs:XPath>self::text()</xs:XPath>'))],
    ['canonicalization with comments', (xml) => withTransform(xml, transform('http://www.w3.org/2001/10/xml-exc-c14n#WithComments'))],
    ['two canonicalizations', (xml) => withTransform(xml, `<xs:Transforms>${'<xs:Transform Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/>'.repeat(2)}</xs:Transforms>`)],
    ['an empty list of transforms', (xml) => withTransform(xml, '<xs:Transforms></xs:Transforms>')],
  ];
  it.each(changes)('%s', (_what, change) => {
    const report = verify(resign(prescription, change));
    expect([report.verdict, ...complaints(report)]).toEqual(['INVALID', 'signature.algorithms INVALID']);
  });

  it('an HMAC with the public key as its secret', () => {
    const change = (xml: string): string => xml.replace('#rsa-sha256', '#hmac-sha256');
    const spki = people.doctor.certificate.publicKey.export({ type: 'spki', format: 'der' });
    const mac = createHmac('sha256', spki).update('x').digest('base64');
    expect(verify(change(prescription).replace(/(<xs:SignatureValue[^>]*>)[^<]*/, (_whole, tag: string) => tag + mac)).verdict).toBe('INVALID');
  });
});

describe('The set of references', () => {
  const keyInfoReference = /<xs:Reference URI="#PrescriptionSign-KeyInfo">.*?<\/xs:Reference>/s;
  it.each([
    ['lacks the document', (xml: string) => xml.replace(/<xs:Reference URI="#PrescriptionDocument">.*?<\/xs:Reference>/s, '')],
    ['lacks the signed properties', (xml: string) => xml.replace(/<xs:Reference Type=.*?<\/xs:Reference>/s, '')],
    ['has KeyInfo twice', (xml: string) => xml.replace(keyInfoReference, '$&$&')],
    ['has one more', (xml: string) => xml.replace(keyInfoReference, (reference) => reference + reference.replace('#PrescriptionSign-KeyInfo', '#PrescriptionManagement'))],
    ['has KeyInfo in place of the document', (xml: string) => xml.replace('URI="#PrescriptionDocument"', 'URI="#PrescriptionSign-KeyInfo"')],
    ['has the signed properties without their type', (xml: string) => xml.replace(' Type="http://uri.etsi.org/01903#SignedProperties"', '')],
    ['has the type of signed properties on the document', (xml: string) => xml.replace('<xs:Reference URI="#PrescriptionDocument"', '<xs:Reference Type="http://uri.etsi.org/01903#SignedProperties" URI="#PrescriptionDocument"')],
    ['names the document by another id', (xml: string) => xml.replace('URI="#PrescriptionDocument"', 'URI="#PrescriptionManagement"')],
  ])('that %s is INVALID, although the signature is good', (_what, change) => {
    const report = verify(resign(prescription, change));
    expect([report.verdict, ...complaints(report)]).toEqual(['INVALID', 'signature.references INVALID']);
  });
});

describe('The named certificate', () => {
  const properties = (xml: string): string => {
    const { signedProperties } = parseSignature(locateSignedDocument(readXml(Buffer.from(xml)).root).signature);
    return hash('sha256', canonicalize(signedProperties, exclusive), 'base64');
  };
  /** With the digest of the changed properties, and signed again. */
  const withProperties = (change: (xml: string) => string): string => {
    const changed = change(prescription);
    return resign(changed, (xml) => xml.replace(/(#PrescriptionSign-SignedProperties".*?<xs:DigestValue>)[^<]*/s, (_whole, start: string) => start + properties(changed)));
  };
  const replaceCert = (inside: string): string =>
    withProperties((xml) => xml.replace(/<xa:Cert>.*<\/xa:Cert>/s, (cert) => cert.replace('</xa:Cert>', `${inside}</xa:Cert>`)));

  it('that is another one is INVALID', () => {
    const report = verify(withProperties((xml) => xml.replace(/(<xa:CertDigest>.*<xs:DigestValue>)[^<]*/s, (_whole, start: string) => start + hash('sha256', 'other', 'base64'))));
    expect(complaints(report)).toEqual(['certificate.reference INVALID']);
  });

  it('must be named by one of the two: neither by the signed properties nor by a signed KeyInfo is INVALID', () => {
    const unnamed = withProperties((xml) => xml.replace(/<xa:SigningCertificateV2>.*<\/xa:SigningCertificateV2>/s, ''));
    const keyInfoReference = /<xs:Reference URI="#PrescriptionSign-KeyInfo">.*?<\/xs:Reference>/s;
    expect(complaints(verify(resign(unnamed, (xml) => xml.replace(keyInfoReference, ''))))).toEqual(['signature.references INVALID']);
  });

  it('may be left to the signed KeyInfo', () => {
    expect(complaints(verify(withProperties((xml) => xml.replace(/<xa:SigningCertificateV2>.*<\/xa:SigningCertificateV2>/s, ''))))).toEqual([]);
  });

  it('may be named in the first version’s form, whose serial number must fit', () => {
    const v1 = (serial: bigint): string => withProperties((xml) => xml.replaceAll('SigningCertificateV2', 'SigningCertificate').replace('</xa:Cert>',
      `<xa:IssuerSerial><xs:X509IssuerName>CN=x</xs:X509IssuerName><xs:X509SerialNumber>${serial}</xs:X509SerialNumber></xa:IssuerSerial></xa:Cert>`));
    expect(complaints(verify(v1(people.doctor.certificate.serialNumber)))).toEqual([]);
    expect(complaints(verify(v1(1n)))).toEqual(['certificate.reference INVALID']);
  });

  it('with an IssuerSerialV2 of another certificate is INVALID, with one that is wrongly encoded is no worse than none', () => {
    const other = signAs(people.pharmacist, { type: 'prescription', csv: prescriptionCsv }, { profile: { issuerSerialV2: true } }).toString();
    expect(complaints(verify(replaceCert(/<xa:IssuerSerialV2>.*<\/xa:IssuerSerialV2>/.exec(other)?.[0] ?? '')))).toEqual(['certificate.reference INVALID']);
    expect(complaints(verify(replaceCert('<xa:IssuerSerialV2>MAA=</xa:IssuerSerialV2>')))).toEqual([]);
  });
});

describe('Whatever bytes come', () => {
  it('the verifier answers and never throws', () => {
    const cuts = fc.tuple(fc.nat(12_000), fc.nat(200), fc.string({ maxLength: 20 }));
    fc.assert(
      fc.property(fc.constantFrom('prescription', 'dispensing'), cuts, (name, [at, length, inserted]) => {
        const file = name === 'prescription' ? prescription : dispensing;
        const changed = file.slice(0, at) + inserted + file.slice(at + length);
        expect(['VALID', 'INVALID', 'INDETERMINATE']).toContain(verify(changed).verdict);
        expect(['accept', 'refuse']).toContain(people.verifier.checkNestedPrescription(Buffer.from(changed)).gate);
      }),
      { numRuns: 300 },
    );
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      expect(people.verifier.verify(bytes).verdict).toBe('INVALID');
    }));
  });
});
