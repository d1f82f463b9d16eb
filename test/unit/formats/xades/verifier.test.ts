import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { negativeCertificates, revokedCrl, staleCrl, type NegativeName } from '../../../../src/sandbox/ca/negative-certificates.ts';
import { generateTestKey, type TestKey } from '../../../../src/sandbox/ca/test-keys.ts';
import { releaseObstacles } from '../../../../src/formats/xades/release.ts';
import { createVerifier, verifySignedDocument } from '../../../../src/formats/xades/verifier.ts';
import {
  allProfiles, complaints, createSigningPeople, dispensingCsv, prepareAs, prescriptionCsv, signAs, signingTime, type SigningPeople,
} from './signing-people.ts';

let people: SigningPeople;
let prescription: Buffer;
let key: TestKey;
beforeAll(async () => {
  [people, key] = await Promise.all([createSigningPeople(), generateTestKey()]);
  prescription = signAs(people.doctor, { type: 'prescription', csv: prescriptionCsv });
});

describe('A prescription that a doctor signed', () => {
  it('is VALID, and the report says who, when and what', () => {
    const time = signingTime(people.ca);
    const report = verifySignedDocument(signAs(people.doctor, { type: 'prescription', csv: prescriptionCsv }, { signingTime: time }), people.trust);
    expect(complaints(report)).toEqual([]);
    expect(report.verdict).toBe('VALID');
    expect(report).toMatchObject({
      documentType: 'prescription',
      level: 'BES',
      signingTime: time,
      checkedAt: people.trust.at,
      nested: null,
      signer: { name: 'TEST Saburo Isha', kanjiName: 'テスト医者　三郎', role: 'Medical Doctor', certificateSha256: createHash('sha256').update(people.doctor.certificate.der).digest('hex') },
    });
    expect(report.checks.map(({ id }) => id)).toEqual([
      'document.structure', 'signature.algorithms', 'reference.document', 'reference.keyInfo', 'reference.signedProperties', 'signature.value',
      'certificate.reference', 'signature.signingTime', 'certificate.role', 'certificate.path', 'certificate.validity', 'certificate.algorithm',
      'certificate.extensions', 'certificate.keyUsage', 'certificate.policy', 'certificate.revocation',
    ]);
  });

  it.each(allProfiles)('is VALID with %o, alone and nested', (profile) => {
    const signed = signAs(people.doctor, { type: 'prescription', csv: prescriptionCsv }, { profile });
    const dispensed = signAs(people.pharmacist, { type: 'dispensing', csv: dispensingCsv, prescription: signed }, { profile });
    for (const report of [people.verifier.verify(signed), people.verifier.verify(dispensed)]) {
      expect([report.verdict, ...complaints(report)]).toEqual(['VALID']);
    }
    expect(people.verifier.verify(dispensed).nested).toMatchObject({ verdict: 'VALID', documentType: 'prescription', signer: { role: 'Medical Doctor' } });
  });

  it('is VALID whatever the bytes of its CSV', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 3000 }), (csv) => {
        expect(people.verifier.verify(signAs(people.doctor, { type: 'prescription', csv })).verdict).toBe('VALID');
      }),
      { numRuns: 25 },
    );
  });

  it('is VALID when a dentist signed it', async () => {
    expect(people.verifier.verify(signAs(await people.issue({ role: 'Dentist' }), { type: 'prescription', csv: prescriptionCsv })).verdict).toBe('VALID');
  });

  it.each([
    ['RSA with SHA-384', 'rsa-sha384', 'sha384'],
    ['RSA with SHA-512', 'rsa-sha512', 'sha512'],
  ])('is VALID with %s', (_what, method, digest) => {
    const prepared = prepareAs(people.doctor, { type: 'prescription', csv: prescriptionCsv });
    const change = (text: string): string => text.replace('rsa-sha256', method);
    const signedInfo = Buffer.from(change(Buffer.from(prepared.signedInfo).toString()));
    const file = change(Buffer.from(prepared.assemble(sign(digest, signedInfo, people.doctor.privateKey))).toString());
    expect(complaints(people.verifier.verify(Buffer.from(file)))).toEqual([]);
  });

  it.each([
    ['P-256', 'sha256'],
    ['P-384', 'sha384'],
    ['P-521', 'sha512'],
  ])('is VALID with ECDSA on %s and %s, the value being r and s side by side', (namedCurve, digest) => {
    const ec = generateKeyPairSync('ec', { namedCurve });
    const certificate = people.ca.certify({ kind: 'signing', role: 'Medical Doctor', commonName: 'TEST EC' }, ec.publicKey);
    const prepared = prepareAs({ ...people.doctor, certificate }, { type: 'prescription', csv: prescriptionCsv });
    const change = (text: string): string => text.replace('rsa-sha256', `ecdsa-${digest}`);
    const signedInfo = Buffer.from(change(Buffer.from(prepared.signedInfo).toString()));
    const assemble = (dsaEncoding: 'ieee-p1363' | 'der'): Buffer =>
      Buffer.from(change(Buffer.from(prepared.assemble(sign(digest, signedInfo, { key: ec.privateKey, dsaEncoding }))).toString()));
    expect(complaints(people.verifier.verify(assemble('ieee-p1363')))).toEqual([]);
    expect(complaints(people.verifier.verify(assemble('der')))).toEqual(['signature.value INVALID']);
  });
});

describe('What the certificate of a signature leads to', () => {
  const found: readonly (readonly [NegativeName, readonly string[]])[] = [
    ['expired', ['signature.signingTime INVALID', 'certificate.validity INVALID']],
    ['notYetValid', ['signature.signingTime INVALID', 'certificate.validity INVALID']],
    ['wrongPolicy', ['certificate.policy INVALID']],
    ['digitalSignatureOnly', ['certificate.keyUsage INVALID']],
    ['otherCodingScheme', ['certificate.role INVALID']],
    ['lowerCaseRole', ['certificate.role INVALID']],
    ['twoRoles', []],
    ['codeDataValue', []],
    ['sha1Signed', ['certificate.path INVALID']],
    ['rsa1024', ['signature.value INVALID']],
    ['rsa4096', []],
    ['unknownCriticalExtension', ['certificate.extensions INVALID']],
    ['untrustedRootClaimingKeyId', ['certificate.path INVALID']],
  ];
  it.each(found)('%s: %j', async (name, expected) => {
    const person = await negativeCertificates[name](people.ca, name === 'rsa1024' || name === 'rsa4096' ? undefined : key);
    const report = people.verifier.verify(signAs(person, { type: 'prescription', csv: prescriptionCsv }));
    const told = complaints(report);
    for (const complaint of expected) expect(told).toContain(complaint);
    expect(report.verdict).toBe(expected.length === 0 ? 'VALID' : 'INVALID');
  });

  it('revoked: INVALID', async () => {
    const person = await negativeCertificates.revoked(people.ca, key);
    const report = verifySignedDocument(signAs(person, { type: 'prescription', csv: prescriptionCsv }), {
      ...people.trust, crls: [revokedCrl(people.ca, person).der, people.ca.crl('root').der],
    });
    expect(complaints(report)).toEqual(['certificate.revocation INVALID']);
  });

  it('no CRL, a stale CRL, no issuer, a root that nobody trusts: INDETERMINATE, never VALID', () => {
    for (const trust of [
      { ...people.trust, crls: [] },
      { ...people.trust, crls: [staleCrl(people.ca).der, people.ca.crl('root').der] },
      { ...people.trust, chain: [] },
      { ...people.trust, anchors: [], chain: people.ca.certificates.map(({ der }) => der) },
    ]) {
      expect(verifySignedDocument(prescription, trust).verdict).toBe('INDETERMINATE');
    }
  });

  it('a root that is known by its fingerprint is trusted wherever it is found', () => {
    const trust = { ...people.trust, anchors: [], chain: people.ca.certificates.map(({ der }) => der), anchorFingerprints: new Set([people.ca.root.certificate.sha256]) };
    expect(verifySignedDocument(prescription, trust).verdict).toBe('VALID');
  });

  it('anchors, chain and lists that cannot be read help nobody', () => {
    const junk = [Buffer.from('junk')];
    expect(verifySignedDocument(prescription, { ...people.trust, anchors: junk, chain: junk, crls: junk }).verdict).toBe('INDETERMINATE');
  });

  it('a pharmacist may not sign a prescription, nor a doctor a dispensing result', () => {
    expect(complaints(people.verifier.verify(signAs(people.pharmacist, { type: 'prescription', csv: prescriptionCsv })))).toEqual(['certificate.role INVALID']);
    expect(complaints(people.verifier.verify(signAs(people.doctor, { type: 'dispensing', csv: dispensingCsv, prescription })))).toEqual(['certificate.role INVALID']);
  });

  it('the time of the check is the caller’s, file by file', () => {
    const verifier = createVerifier(people.trust);
    const later = new Date(people.doctor.certificate.notAfter.getTime() + 1000);
    expect(verifier.verify(prescription).verdict).toBe('VALID');
    expect(complaints(verifier.verify(prescription, later))).toContain('certificate.validity INVALID');
    expect(verifier.verify(prescription).verdict).toBe('VALID');
  });
});

describe('The gate for a prescription that is to be nested', () => {
  it('accepts a good one', () => {
    const { gate, report } = people.verifier.checkNestedPrescription(prescription);
    expect([gate, report.verdict, ...complaints(report)]).toEqual(['accept', 'VALID']);
  });

  it('accepts, as INDETERMINATE, a certificate that has expired since', () => {
    const { gate, report } = people.verifier.checkNestedPrescription(prescription, new Date(people.doctor.certificate.notAfter.getTime() + 1000));
    expect([gate, report.verdict]).toEqual(['accept', 'INDETERMINATE']);
    expect(complaints(report)).toContain('certificate.validity INDETERMINATE');
  });

  it('accepts, as INDETERMINATE, a missing issuer or CRL', () => {
    for (const trust of [{ ...people.trust, chain: [] }, { ...people.trust, crls: [] }]) {
      const { gate, report } = createVerifier(trust).checkNestedPrescription(prescription);
      expect([gate, report.verdict]).toEqual(['accept', 'INDETERMINATE']);
    }
  });

  it('accepts a certificate that was revoked after the signing time, as INDETERMINATE, and says INVALID of one revoked before', () => {
    const at = new Date(people.ca.now.getTime() + 10 * 60_000);
    const revokedAt = (since: Date) => createVerifier({
      ...people.trust, at, crls: [people.ca.crl('signing', { revoked: [{ serialNumber: people.doctor.certificate.serialNumber, at: since }] }).der, people.ca.crl('root').der],
    });
    const since = revokedAt(new Date(people.ca.now.getTime() + 5 * 60_000)).checkNestedPrescription(prescription);
    expect([since.gate, since.report.verdict]).toEqual(['accept', 'INDETERMINATE']);
    const before = revokedAt(new Date(people.ca.now.getTime() - 60 * 60_000)).checkNestedPrescription(prescription);
    expect([before.gate, before.report.verdict]).toEqual(['accept', 'INVALID']);
  });

  const refused: readonly (readonly [string, string, (xml: string) => string])[] = [
    ['a changed CSV', 'reference.document', (xml) => xml.replace(/(<PrescriptionDocument[^>]*>)./, '$1Z')],
    ['a changed signature value', 'signature.value', (xml) => xml.replace(/(<xs:SignatureValue[^>]*>)./, (whole, tag: string) => `${tag}${whole.endsWith('A') ? 'B' : 'A'}`)],
    ['a changed signing time', 'reference.signedProperties', (xml) => xml.replace(/<xa:SigningTime>\d/, '<xa:SigningTime>1')],
    ['a DOCTYPE', 'document.read', (xml) => xml.replace('?>', '?><!DOCTYPE Document>')],
    ['no signature', 'document.structure', (xml) => xml.replace(/<PrescriptionSign>.*<\/PrescriptionSign>/s, '')],
    ['a root that declares more than xmlns:xsi', 'nested.carriable', (xml) => xml.replace('<Document ', '<Document xmlns:x="urn:x" ')],
  ];
  it.each(refused)('refuses %s', (_what, id, change) => {
    const { gate, report } = people.verifier.checkNestedPrescription(Buffer.from(change(prescription.toString())));
    expect(gate).toBe('refuse');
    expect(complaints(report)).toContain(`${id} INVALID`);
  });

  it('refuses a prescription that a pharmacist signed, and a dispensing result', () => {
    expect(people.verifier.checkNestedPrescription(signAs(people.pharmacist, { type: 'prescription', csv: prescriptionCsv })).gate).toBe('refuse');
    expect(people.verifier.checkNestedPrescription(signAs(people.pharmacist, { type: 'dispensing', csv: dispensingCsv, prescription })).gate).toBe('refuse');
  });
});

describe('A dispensing result', () => {
  it('is no better than the prescription inside it', () => {
    const later = new Date(people.doctor.certificate.notAfter.getTime() + 1000);
    const report = people.verifier.verify(signAs(people.pharmacist, { type: 'dispensing', csv: dispensingCsv, prescription }), later);
    expect(report.nested?.verdict).toBe('INDETERMINATE');
    const badInside = signAs(people.pharmacist, { type: 'dispensing', csv: dispensingCsv, prescription: Buffer.from(prescription.toString().replace(/(<xs:SignatureValue[^>]*>)..../, '$1AAAA')) });
    const broken = people.verifier.verify(badInside);
    expect([broken.verdict, ...complaints(broken)]).toEqual(['INVALID']);
    expect(broken.nested === null ? [] : complaints(broken.nested)).toEqual(['signature.value INVALID']);
  });

  it('may be released unless its own signature is bad or its prescription should not have passed the gate', () => {
    const obstacles = (xml: Uint8Array, trust = people.trust) => releaseObstacles(verifySignedDocument(xml, trust)).map(({ id }) => id);
    const good = signAs(people.pharmacist, { type: 'dispensing', csv: dispensingCsv, prescription });
    expect(obstacles(good)).toEqual([]);
    expect(obstacles(good, { ...people.trust, chain: [], crls: [] })).toEqual([]);
    expect(obstacles(signAs(people.doctor, { type: 'dispensing', csv: dispensingCsv, prescription }))).toEqual(['certificate.role']);
    expect(obstacles(signAs(people.pharmacist, { type: 'dispensing', csv: dispensingCsv, prescription: signAs(people.pharmacist, { type: 'prescription', csv: prescriptionCsv }) }))).toEqual(['certificate.role']);
  });
});
