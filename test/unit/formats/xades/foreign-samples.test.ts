/** Files that others signed: a false INVALID on a stored prescription stops a patient's medicine. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { webcrypto } from 'node:crypto';
import { DOMImplementation, DOMParser, XMLSerializer } from '@xmldom/xmldom';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as xadesjs from 'xadesjs';
import { describeWith } from '../../../support/machine.ts';
import { extractDocument } from '../../../../src/formats/xades/extract.ts';
import type { VerificationReport } from '../../../../src/formats/xades/report.ts';
import { extendTo, foreignDispensing, foreignPrescription, ministryChoices, storedCopy, type ForeignChoices, type StoredLevel, type StoredValues } from './foreign-documents.ts';
import { complaints, createSigningPeople, dispensingCsv, prescriptionCsv, signAs, signingTime, type SigningPeople } from './signing-people.ts';

let people: SigningPeople;
let directory: string;
let values: StoredValues;
let now: string;
beforeAll(async () => {
  people = await createSigningPeople();
  directory = mkdtempSync(path.join(tmpdir(), 'hpki-foreign-'));
  values = { certificates: [people.ca.signing, people.ca.root].map(({ certificate }) => certificate.der), crls: people.ca.crls().map(({ der }) => der) };
  now = signingTime(people.ca).toISOString().replace('.000Z', '+00:00');
});
afterAll(() => rmSync(directory, { recursive: true }));

const verify = (file: string): VerificationReport => people.verifier.verify(Buffer.from(file));
const reasons = (report: VerificationReport, id: string): string => report.checks.filter((check) => check.id === id).map(({ reason }) => reason.en).join();
const levels: readonly StoredLevel[] = ['T', 'XL', 'A'];

const inJapan = (time: string): string => new Date(Date.parse(time) + 9 * 3_600_000).toISOString().replace('.000Z', '+09:00');

const variants: readonly (readonly [string, () => Partial<ForeignChoices>])[] = [
  ['the ministry’s form', () => ({})],
  ['prefixes ds and xades, exc-c14n everywhere', () => ({ ds: 'ds', xades: 'xades', reference1: 'exclusive' })],
  ['the signature in a default namespace', () => ({ ds: '' })],
  ['SigningTime in +09:00', () => ({ signingTime: inJapan(now) })],
  ['SigningCertificate of the first version', () => ({ signingCertificate: 'V1' })],
  ['the certificate named by the signed KeyInfo alone', () => ({ signingCertificate: 'none' })],
  ['the certificate named by the signed properties alone, KeyInfo not signed', () => ({ keyInfoSigned: false })],
  ['base64 at 76 columns and a line for each element', () => ({ wrapped: true })],
  ['the CA’s certificate beside the signer’s in KeyInfo', () => ({ moreCertificates: [people.ca.signing.certificate.der] })],
];

describeWith(['xmlsec1'], 'Files that xmlsec1 signed', () => {
  it.each(variants)('%s: a prescription is VALID, as submitted and as stored', (_what, choices) => {
    const file = foreignPrescription(directory, prescriptionCsv, people.doctor, { signingTime: now, ...choices() });
    for (const prescription of [file, storedCopy(file)]) {
      const report = verify(prescription);
      expect(complaints(report)).toEqual([]);
      expect(report).toMatchObject({ verdict: 'VALID', level: 'BES', documentType: 'prescription', signingTime: signingTime(people.ca), signer: { role: 'Medical Doctor' } });
      expect(prescriptionCsv.equals(extractDocument(Buffer.from(prescription)).csv)).toBe(true);
      expect(people.verifier.checkNestedPrescription(Buffer.from(prescription)).gate).toBe('accept');
    }
    expect(extractDocument(Buffer.from(storedCopy(file))).prescriptionId).toBe('0f8fad5b-d9cb-469f-a165-70867728950e');
  });

  it.each(variants)('%s: a dispensing result that nests a stored prescription is VALID', (_what, choices) => {
    const all = { signingTime: now, ...choices() };
    const prescription = storedCopy(foreignPrescription(directory, prescriptionCsv, people.doctor, all));
    const report = verify(foreignDispensing(directory, dispensingCsv, prescription, people.pharmacist, all));
    expect([report.verdict, ...complaints(report), ...(report.nested === null ? ['nothing nested'] : complaints(report.nested))]).toEqual(['VALID']);
  });

  it.each(levels)('%s: the level and what was added are named, and nothing but the time-stamp is open', (level) => {
    for (const choices of [{}, { ds: 'ds', xades: 'xades', wrapped: true }]) {
      const file = storedCopy(foreignPrescription(directory, prescriptionCsv, people.doctor, { signingTime: now, ...choices }));
      const report = verify(extendTo(level, file, 'PrescriptionSign', values));
      expect([report.verdict, report.level, ...complaints(report)]).toEqual(['INDETERMINATE', level, 'signature.timestamp INDETERMINATE']);
      for (const name of { T: ['SignatureTimeStamp'], XL: ['SignatureTimeStamp', 'TimeStampValidationData', 'CertificateValues', 'RevocationValues'], A: ['ArchiveTimeStamp'] }[level]) {
        expect(reasons(report, 'signature.unsignedProperties')).toContain(name);
      }
    }
  });

  it('a dispensing result of level A around a prescription of level XL: both levels are named, both signatures hold', () => {
    const prescription = extendTo('XL', storedCopy(foreignPrescription(directory, prescriptionCsv, people.doctor, { signingTime: now })), 'PrescriptionSign', values);
    const stored = extendTo('A', foreignDispensing(directory, dispensingCsv, prescription, people.pharmacist, { signingTime: now, wrapped: true }), 'DispensingSign', values);
    const report = verify(stored);
    expect([report.level, report.nested?.level, ...complaints(report)]).toEqual(['A', 'XL', 'signature.timestamp INDETERMINATE']);
    // Whatever is changed inside the pharmacist's scope is found, the doctor's unsigned properties included.
    expect(complaints(verify(stored.replace('Id="PrescriptionSign-STS"', 'Id="PrescriptionSign-STX"')))).toContain('reference.document INVALID');
    expect(complaints(verify(stored.replace('Value="0f8fad5b', 'Value="1f8fad5b')))).toContain('reference.document INVALID');
  });

  it('a prescription of another signer may be nested by our writer', () => {
    const prescription = extendTo('XL', storedCopy(foreignPrescription(directory, prescriptionCsv, people.doctor, { signingTime: now, wrapped: true })), 'PrescriptionSign', values);
    const report = people.verifier.verify(signAs(people.pharmacist, { type: 'dispensing', csv: dispensingCsv, prescription: Buffer.from(prescription) }));
    expect([...complaints(report), ...(report.nested === null ? [] : complaints(report.nested))]).toEqual(['signature.timestamp INDETERMINATE']);
  });

  it('another person’s certificate put first beside the signer’s changes nothing where KeyInfo is unsigned, and breaks the digest where it is signed', () => {
    const base64 = (der: Uint8Array): string => Buffer.from(der).toString('base64');
    const intrude = (file: string): string => file.replace('<xs:X509Certificate>', `<xs:X509Certificate>${base64(people.pharmacist.certificate.der)}</xs:X509Certificate><xs:X509Certificate>`);
    const unsigned = verify(intrude(foreignPrescription(directory, prescriptionCsv, people.doctor, { signingTime: now, keyInfoSigned: false })));
    expect([unsigned.verdict, unsigned.signer?.role]).toEqual(['VALID', 'Medical Doctor']);
    expect(complaints(verify(intrude(foreignPrescription(directory, prescriptionCsv, people.doctor, { signingTime: now }))))).toEqual(['reference.keyInfo INVALID']);
  });

  it('two certificates of which none is named are INVALID', () => {
    const file = foreignPrescription(directory, prescriptionCsv, people.doctor, { signingTime: now, signingCertificate: 'none', moreCertificates: [people.ca.signing.certificate.der] });
    expect(complaints(verify(file))).toEqual(['signature.structure INVALID']);
  });

  it('a prescription whose certificate expired long ago is INVALID as submitted and INDETERMINATE once time-stamped', () => {
    const file = foreignPrescription(directory, prescriptionCsv, people.doctor, { ...ministryChoices, signingTime: now });
    const years = new Date(people.ca.now.getTime() + 6 * 365 * 86_400_000);
    expect(people.verifier.verify(Buffer.from(file), years).verdict).toBe('INVALID');
    for (const level of levels) expect(people.verifier.verify(Buffer.from(extendTo(level, file, 'PrescriptionSign', values)), years).verdict).toBe('INDETERMINATE');
  });
});

describe('A prescription that xadesjs signed', () => {
  it('is VALID: two references, inclusive C14N of SignedInfo, SigningCertificate of the first version', async () => {
    xadesjs.setNodeDependencies({ DOMParser, XMLSerializer, DOMImplementation } as never);
    xadesjs.Application.setEngine('platform', webcrypto);
    const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };
    const key = await webcrypto.subtle.importKey('pkcs8', people.doctor.pkcs8, algorithm, false, ['sign']);
    const empty =
      '<Document xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" id="Document" xsi:noNamespaceSchemaLocation="EP.xsd"><Prescription>' +
      '<PrescriptionManagement id="PrescriptionManagement"><Version Value="EPS1.0"/></PrescriptionManagement>' +
      `<PrescriptionDocument id="PrescriptionDocument">${prescriptionCsv.toString('base64')}</PrescriptionDocument><PrescriptionSign/></Prescription></Document>`;
    // Its types are those of a browser's DOM, which this project does not have; at run time it takes xmldom's.
    const document = new DOMParser().parseFromString(empty, 'text/xml') as never;
    const certificate = Buffer.from(people.doctor.certificate.der).toString('base64');
    const signed = new xadesjs.SignedXml(document);
    await signed.Sign(algorithm, key, document, {
      x509: [certificate], signingCertificate: certificate, signingTime: { value: signingTime(people.ca) },
      references: [{ uri: '#PrescriptionDocument', hash: 'SHA-256', transforms: ['exc-c14n'] }],
    });
    const file = empty.replace('<PrescriptionSign/>', () => `<PrescriptionSign>${signed.toString()}</PrescriptionSign>`);
    expect(complaints(verify(file))).toEqual([]);
    expect(verify(file.replace(/(<PrescriptionDocument[^>]*>)./, '$1V')).verdict).toBe('INVALID');
  });
});
