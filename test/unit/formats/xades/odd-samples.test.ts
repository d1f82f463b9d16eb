/**
 * Oddities that real signers and archives have, each legal by XML, XML Signature or XAdES: what xmlsec1 takes must not be
 * INVALID here, and what it refuses must be. Every file is signed by xmlsec1 after it was made odd.
 */
import { spawnSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWith, programPath } from '../../../support/machine.ts';
import { extractDocument } from '../../../../src/formats/xades/extract.ts';
import type { VerificationReport } from '../../../../src/formats/xades/report.ts';
import { extendTo, foreignDispensing, foreignPrescription, mimeBase64, storedCopy, type ForeignChoices, type StoredValues } from './foreign-documents.ts';
import { complaints, createSigningPeople, dispensingCsv, prescriptionCsv, signAs, signingTime, type SigningPeople } from './signing-people.ts';

let people: SigningPeople;
let directory: string;
let values: StoredValues;
let now: string;
let pems: readonly string[];
/** A prescription without oddities, for the pharmacist's odd files to nest. */
let plain: string;
beforeAll(async () => {
  people = await createSigningPeople();
  directory = mkdtempSync(path.join(tmpdir(), 'hpki-odd-'));
  const authorities = [people.ca.root, people.ca.signing].map(({ certificate }) => certificate.der);
  values = { certificates: authorities, crls: people.ca.crls().map(({ der }) => der) };
  now = signingTime(people.ca).toISOString().replace('.000Z', '');
  pems = authorities.map((der, index) => {
    const file = path.join(directory, `ca-${index}.pem`);
    writeFileSync(file, new X509Certificate(der).toString());
    return file;
  });
});
afterAll(() => rmSync(directory, { recursive: true }));

const verify = (file: string): VerificationReport => people.verifier.verify(Buffer.from(file));

const places = { prescription: '/Document/Prescription/PrescriptionSign/*', dispensing: '/Document/DispensingSign/*', nested: '/Document/Dispensing/ReferencePrescription/PrescriptionSign/*' };

/** Whether xmlsec1 takes the signature at a place, with the path to the root. */
function isGoodForXmlsec(file: string, at: string): boolean {
  const name = path.join(directory, 'to-verify.xml');
  writeFileSync(name, file);
  const ids = ['PrescriptionDocument', 'Dispensing'].flatMap((element) => ['--id-attr:id', element]);
  const signatureIds = ['http://www.w3.org/2000/09/xmldsig#:KeyInfo', 'http://uri.etsi.org/01903/v1.3.2#:SignedProperties'].flatMap((element) => ['--id-attr:Id', element]);
  const trust = ['--trusted-pem', pems[0] ?? '', '--untrusted-pem', pems[1] ?? ''];
  const { status, stderr, error } = spawnSync(programPath('xmlsec1'), ['--verify', '--node-xpath', at, ...ids, ...signatureIds, ...trust, '--enabled-key-data', 'x509,raw-x509-cert', name], { encoding: 'utf8' });
  if (error !== undefined) throw error;
  // It came as far as the references: neither its arguments nor the file's shape were wrong.
  expect(stderr).toContain('SignedInfo References');
  return status === 0;
}

const xs = 'http://www.w3.org/2000/09/xmldsig#';
const xa = 'http://uri.etsi.org/01903/v1.3.2#';
const replaced = (from: string | RegExp, to: string) => (file: string): string => {
  const edited = file.replace(from, to);
  if (edited === file) throw new Error(`nothing to change: ${String(from)}`);
  return edited;
};
const each = (...edits: readonly ((file: string) => string)[]) => (file: string): string => edits.reduce((edited, edit) => edit(edited), file);

const base64Elements = /(<(?:PrescriptionDocument|DispensingDocument|xs:X509Certificate)[^>]*>)([A-Za-z0-9+/=\s]{40,})(<)/g;
/** Breaks the base64 of the CSV and of the certificates. The nested prescription of a dispensing result is somebody else's and stays. */
const broken = (by: string) => (file: string): string => {
  const from = file.indexOf('<DispensingDocument');
  const head = from < 0 ? '' : file.slice(0, from);
  return head + file.slice(head.length).replace(base64Elements, (_whole, begin: string, text: string, end: string) => `${begin}${by}${text.replace(/.{64}/g, `$&${by}`)}${by}${end}`);
};

const dataObjects =
  '<xa:SignedDataObjectProperties><xa:DataObjectFormat ObjectReference="#odd-reference"><xa:Description>処方箋</xa:Description><xa:MimeType>text/csv</xa:MimeType><xa:Encoding>UTF-8</xa:Encoding></xa:DataObjectFormat>' +
  '<xa:CommitmentTypeIndication><xa:CommitmentTypeId><xa:Identifier>http://uri.etsi.org/01903/v1.2.2#ProofOfOrigin</xa:Identifier></xa:CommitmentTypeId><xa:AllSignedDataObjects/></xa:CommitmentTypeIndication></xa:SignedDataObjectProperties>';
const policy = '<xa:SignaturePolicyIdentifier><xa:SignaturePolicyImplied/></xa:SignaturePolicyIdentifier>';
const place = '<xa:SignatureProductionPlace><xa:City>千代田区</xa:City><xa:CountryName>JP</xa:CountryName></xa:SignatureProductionPlace>';
const role = '<xa:SignerRole><xa:ClaimedRoles><xa:ClaimedRole>医師</xa:ClaimedRole></xa:ClaimedRoles></xa:SignerRole>';
const placeV2 = place.replaceAll('ProductionPlace', 'ProductionPlaceV2');
const roleV2 = role.replaceAll('SignerRole', 'SignerRoleV2');
const lastSignature = (edit: (signature: string) => string) => (file: string): string => {
  const at = Math.max(file.lastIndexOf('<xs:Signature '), file.lastIndexOf('<Signature '));
  return file.slice(0, at) + edit(file.slice(at));
};

/** [what is odd, how it comes about]. Each is tried on a prescription and on a dispensing result. */
const oddities: readonly (readonly [string, () => Partial<ForeignChoices>])[] = [
  ['the references in another order', () => ({ edit: lastSignature(replaced(/(<xs:Reference .*?<\/xs:Reference>)(<xs:Reference .*?<\/xs:Reference>)(<xs:Reference .*?<\/xs:Reference>)/, '$3$1$2')) })],
  ['properties and document alone, in the other order, KeyInfo not signed', () => ({ keyInfoSigned: false, edit: lastSignature(replaced(/(<xs:Reference .*?<\/xs:Reference>)(<xs:Reference .*?<\/xs:Reference>)/, '$2$1')) })],
  ['DataObjectFormat and CommitmentTypeIndication about a Reference with an Id', () => ({
    edit: lastSignature(each(replaced('</xa:SignedSignatureProperties>', `$&${dataObjects}`), replaced(/<xs:Reference URI="#(Pre|Disp)/, '<xs:Reference Id="odd-reference" URI="#$1'))),
  })],
  ['an implied policy, a place and a claimed role', () => ({ edit: lastSignature(replaced('</xa:SignedSignatureProperties>', `${policy}${place}${role}$&`)) })],
  ['place and role of the second version', () => ({ edit: lastSignature(replaced('</xa:SignedSignatureProperties>', `${placeV2}${roleV2}$&`)) })],
  ['an Id on every element that may have one', () => ({
    edit: lastSignature(each(
      replaced(/<xs:(Object|Reference)(?= )/g, '<xs:$1 Id="odd-$1-%"'),
      replaced('<xa:QualifyingProperties ', '<xa:QualifyingProperties Id="odd-QP" '),
      (signature) => signature.split('%').map((part, index) => (index === 0 ? part : `${index}${part}`)).join(''),
    )),
  })],
  ['a schema location on QualifyingProperties', () => ({ edit: lastSignature(replaced('<xa:QualifyingProperties ', `<xa:QualifyingProperties xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="${xa} http://uri.etsi.org/01903/v1.3.2/XAdES.xsd" `)) })],
  ['SigningTime with milliseconds, in UTC', () => ({ signingTime: `${now}.123Z` })],
  ['SigningTime with seven digits of a second, in Japan', () => ({ signingTime: `${new Date(Date.parse(`${now}Z`) + 9 * 3_600_000).toISOString().replace('.000Z', '')}.1234567+09:00` })],
  ['SigningTime with white space around it', () => ({ edit: lastSignature(replaced(/(<xa:SigningTime>)([^<]*)/, '$1\n  $2\n')) })],
  ['SigningCertificate of the first version that names the CA, too', () => ({
    signingCertificate: 'V1',
    edit: lastSignature(replaced(/<xa:Cert>.*?<\/xa:Cert>/, `$&<xa:Cert><xa:CertDigest><xs:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/><xs:DigestValue>${Buffer.alloc(32, 7).toString('base64')}</xs:DigestValue></xa:CertDigest><xa:IssuerSerial><xs:X509IssuerName>CN=x</xs:X509IssuerName><xs:X509SerialNumber>1</xs:X509SerialNumber></xa:IssuerSerial></xa:Cert>`)),
  })],
  ['CA and root beside the signer’s certificate', () => ({ moreCertificates: [people.ca.signing.certificate.der, people.ca.root.certificate.der] })],
  ['each certificate in an X509Data of its own', () => ({ moreCertificates: [people.ca.signing.certificate.der], edit: lastSignature(replaced('</xs:X509Certificate><xs:X509Certificate>', '</xs:X509Certificate></xs:X509Data><xs:X509Data><xs:X509Certificate>')) })],
  ['the name of the issuer and of the subject beside the certificate', () => ({
    edit: lastSignature(replaced('<xs:X509Data>', '<xs:X509Data><xs:X509IssuerSerial><xs:X509IssuerName>CN=x</xs:X509IssuerName><xs:X509SerialNumber>1</xs:X509SerialNumber></xs:X509IssuerSerial><xs:X509SubjectName>CN=y</xs:X509SubjectName>')),
  })],
  ['a KeyName and a KeyValue of another key beside it', () => ({
    edit: lastSignature(replaced('<xs:X509Data>', `<xs:KeyName>odd</xs:KeyName><xs:KeyValue><xs:RSAKeyValue><xs:Modulus>${Buffer.alloc(256, 0xb3).toString('base64')}</xs:Modulus><xs:Exponent>AQAB</xs:Exponent></xs:RSAKeyValue></xs:KeyValue><xs:X509Data>`)),
  })],
  ['base64 of 64 columns', () => ({ edit: broken('\n') })],
  ['base64 with tabs, spaces and empty lines in it', () => ({ edit: broken('\n\n \t') })],
  ['base64 with carriage returns written out, as Java does', () => ({ edit: broken('&#13;\n') })],
  ['XAdES in a default namespace', () => ({ edit: lastSignature(each(replaced('xmlns:xa=', 'xmlns='), (signature) => signature.replaceAll('xa:', ''))) })],
  ['another prefix for XML Signature inside the properties', () => ({
    edit: lastSignature(replaced(/<xa:CertDigest>.*?<\/xa:CertDigest>/, `<xa:CertDigest xmlns:d2="${xs}"><d2:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/><d2:DigestValue>%</d2:DigestValue></xa:CertDigest>`)),
  })],
  ['both in default namespaces, one inside the other', () => ({
    ds: '', edit: lastSignature(each(replaced(/ xmlns:xa="[^"]*"(>)<xa:QualifyingProperties/, `$1<xa:QualifyingProperties xmlns="${xa}"`), (file) => file.replaceAll('xa:', '').replace(/<CertDigest>(.*?)<\/CertDigest>/s, (_whole, inner: string) => `<CertDigest>${inner.replace(/<Digest(Method|Value)/g, `<Digest$1 xmlns="${xs}"`)}</CertDigest>`))),
  })],
  ['declarations that nobody uses', () => ({ edit: lastSignature(replaced('<xs:Signature ', '<xs:Signature xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:unused="urn:x" ')) })],
  ['inclusive canonicalization of SignedInfo', () => ({ edit: lastSignature(replaced(/(<xs:CanonicalizationMethod Algorithm=")[^"]*/, '$1http://www.w3.org/TR/2001/REC-xml-c14n-20010315')) })],
  ['exclusive canonicalization with a list of prefixes', () => ({
    edit: lastSignature(replaced(/<xs:Transform Algorithm="([^"]*)"\/>/, '<xs:Transform Algorithm="$1"><ec:InclusiveNamespaces xmlns:ec="$1" PrefixList="xsi xa"/></xs:Transform>')),
  })],
  ['SHA-512 and SHA-384', () => ({
    edit: lastSignature(each(replaced('#rsa-sha256', '#rsa-sha512'), replaced(/(<xs:Reference URI.*?)http:\/\/www.w3.org\/2001\/04\/xmlenc#sha256/, '$1http://www.w3.org/2001/04/xmldsig-more#sha384'))),
  })],
];

/** The digest of the certificate, where an oddity has left its place open. */
async function withCertDigest(choices: Partial<ForeignChoices>, der: Uint8Array): Promise<Partial<ForeignChoices>> {
  const { createHash } = await import('node:crypto');
  const { edit } = choices;
  return edit === undefined ? choices : { ...choices, edit: (file) => edit(file).replace('>%<', `>${createHash('sha256').update(der).digest('base64')}<`) };
}

/** Changes one character of what is signed: the CSV of this file. */
const tampered = (file: string): string => {
  const at = /<(?:DispensingDocument|PrescriptionDocument) [^>]*>\s*(?:&#13;)?\s*/g;
  const last = [...file.matchAll(at)].at(-1);
  const from = (last?.index ?? 0) + (last?.[0].length ?? 0);
  return `${file.slice(0, from)}${file[from] === 'U' ? 'V' : 'U'}${file.slice(from + 1)}`;
};

describeWith(['xmlsec1'], 'A signed file with an oddity', () => {
  beforeAll(() => {
    plain = foreignPrescription(directory, prescriptionCsv, people.doctor, { signingTime: `${now}+00:00` });
  });

  it.each(oddities)('%s: VALID, and INVALID once touched, as xmlsec1 says', async (_what, choose) => {
    const doctors = await withCertDigest({ signingTime: `${now}+00:00`, ...choose() }, people.doctor.certificate.der);
    const prescription = foreignPrescription(directory, prescriptionCsv, people.doctor, doctors);
    const pharmacists = await withCertDigest({ signingTime: `${now}+00:00`, ...choose() }, people.pharmacist.certificate.der);
    const dispensing = foreignDispensing(directory, dispensingCsv, plain, people.pharmacist, pharmacists);
    for (const [file, at, csv] of [[prescription, places.prescription, prescriptionCsv], [dispensing, places.dispensing, dispensingCsv]] as const) {
      const report = verify(file);
      expect([report.verdict, ...complaints(report), isGoodForXmlsec(file, at)]).toEqual(['VALID', true]);
      expect(report.signingTime?.getTime()).toBeGreaterThanOrEqual(signingTime(people.ca).getTime());
      expect(csv.equals(extractDocument(Buffer.from(file)).csv)).toBe(true);
      const touched = tampered(file);
      expect([isGoodForXmlsec(touched, at), verify(touched).verdict, complaints(verify(touched)).includes('reference.document INVALID')]).toEqual([false, 'INVALID', true]);
    }
    // What a pharmacy does with the prescription: our writer nests it, and both signatures hold.
    const { gate } = people.verifier.checkNestedPrescription(Buffer.from(prescription));
    expect(gate).toBe('accept');
    const nesting = signAs(people.pharmacist, { type: 'dispensing', csv: dispensingCsv, prescription: Buffer.from(prescription) }).toString();
    expect(verify(nesting).verdict).toBe('VALID');
    expect([isGoodForXmlsec(nesting, places.dispensing), isGoodForXmlsec(nesting, places.nested)]).toEqual([true, true]);
  });

  it.each([
    ['no SigningTime', (signed: string) => signed.replace(/<xa:SigningTime>.*?<\/xa:SigningTime>/, '')],
    ['a SigningTime without a zone', (signed: string) => signed.replace(/(<xa:SigningTime>[^<]*)\+00:00/, '$1')],
  ])('%s: INDETERMINATE for that alone, and may be nested', (_what, edit) => {
    const file = foreignPrescription(directory, prescriptionCsv, people.doctor, { signingTime: `${now}+00:00`, edit });
    const report = verify(file);
    expect([report.verdict, report.signingTime, ...complaints(report), isGoodForXmlsec(file, places.prescription)]).toEqual(['INDETERMINATE', null, 'signature.signingTime INDETERMINATE', true]);
    expect(people.verifier.checkNestedPrescription(Buffer.from(file)).gate).toBe('accept');
    // Without a time of its own, nothing excuses a certificate that has expired since.
    expect(people.verifier.verify(Buffer.from(file), new Date(people.doctor.certificate.notAfter.getTime() + 1000)).verdict).toBe('INVALID');
  });

  it.each([
    ['CRLF at every line end', (file: string) => file.replaceAll('\n', '\r\n')],
    ['a declaration as Java writes it, and a newline at the end', (file: string) => `${file.replace(/<\?xml[^>]*\?>\n?/, '<?xml version="1.0" encoding="UTF-8" standalone="no"?>')}\n`],
    ['single quotes and lower case in the declaration', (file: string) => file.replace(/<\?xml[^>]*\?>/, "<?xml version='1.0' encoding='utf-8'?>")],
    ['no declaration', (file: string) => file.replace(/<\?xml[^>]*\?>\n?/, '')],
    ['empty elements written as pairs', (file: string) => file.replace(/<(Version [^>]*)\/>/, '<$1></Version>')],
    ['attributes in single quotes and in another order', (file: string) => file.replace('id="PrescriptionDocument"', "id = 'PrescriptionDocument'")],
    ['line breaks inside tags', (file: string) => file.replace('<xs:X509Data>', '<xs:X509Data\n >')],
  ])('written otherwise after signing (%s): VALID, as xmlsec1 says', (_what, rewrite) => {
    const file = rewrite(foreignPrescription(directory, prescriptionCsv, people.doctor, { signingTime: `${now}+00:00`, wrapped: true }));
    const report = verify(file);
    expect([report.verdict, ...complaints(report), isGoodForXmlsec(file, places.prescription)]).toEqual(['VALID', true]);
    expect([verify(tampered(file)).verdict, isGoodForXmlsec(tampered(file), places.prescription)]).toEqual(['INVALID', false]);
  });
});

const x141 = 'http://uri.etsi.org/01903/v1.4.1#';

/** Properties that were added after signing, as archives write them; `t` is a time-stamp token in base64. */
function properties(t: string): Readonly<Record<string, string>> {
  const token = `<xa:EncapsulatedTimeStamp>${t}</xa:EncapsulatedTimeStamp>`;
  const digest = `<xs:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/><xs:DigestValue>${Buffer.alloc(32).toString('base64')}</xs:DigestValue>`;
  return {
    signatureTimeStamp: `<xa:SignatureTimeStamp Id="S1"><xs:CanonicalizationMethod Algorithm="http://www.w3.org/TR/2001/REC-xml-c14n-20010315"/>${token}</xa:SignatureTimeStamp>`,
    secondTimeStamp: `<xa:SignatureTimeStamp Id="S2">${token}</xa:SignatureTimeStamp>`,
    certificateRefs: `<xa:CompleteCertificateRefs Id="R1"><xa:CertRefs><xa:Cert><xa:CertDigest>${digest}</xa:CertDigest><xa:IssuerSerial><xs:X509IssuerName>CN=x</xs:X509IssuerName><xs:X509SerialNumber>1</xs:X509SerialNumber></xa:IssuerSerial></xa:Cert></xa:CertRefs></xa:CompleteCertificateRefs>`,
    revocationRefs: `<xa:CompleteRevocationRefs Id="R2"><xa:CRLRefs><xa:CRLRef><xa:DigestAlgAndValue>${digest}</xa:DigestAlgAndValue><xa:CRLIdentifier URI="#L1"><xa:Issuer>CN=x</xa:Issuer><xa:IssueTime>2026-04-01T00:00:00Z</xa:IssueTime><xa:Number>7</xa:Number></xa:CRLIdentifier></xa:CRLRef></xa:CRLRefs></xa:CompleteRevocationRefs>`,
    refsTimeStamp: `<xa:SigAndRefsTimeStamp Id="S3">${token}</xa:SigAndRefsTimeStamp>`,
    certificateValues: `<xa:CertificateValues Id="V1">${values.certificates.map((der) => `<xa:EncapsulatedX509Certificate>${mimeBase64(der).replaceAll('\n', '&#13;\n')}</xa:EncapsulatedX509Certificate>`).join('')}</xa:CertificateValues>`,
    revocationValues: `<xa:RevocationValues Id="V2"><xa:CRLValues>${values.crls.map((der) => `<xa:EncapsulatedCRLValue>${mimeBase64(der)}</xa:EncapsulatedCRLValue>`).join('')}</xa:CRLValues></xa:RevocationValues>`,
    validationData: `<xades141:TimeStampValidationData xmlns:xades141="${x141}" URI="#S1" Id="D1"/>`,
    archiveTimeStamp: `<xades141:ArchiveTimeStamp xmlns:xades141="${x141}" Id="A1">${token}</xades141:ArchiveTimeStamp>`,
    archiveTimeStampPlain: `<ArchiveTimeStamp xmlns="${x141}" Id="A2"><xs:CanonicalizationMethod Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/>${token}</ArchiveTimeStamp>`,
    archiveTimeStamp132: `<xa:ArchiveTimeStamp Id="A3"><xa:Include URI="#V1"/>${token}</xa:ArchiveTimeStamp>`,
  };
}

const archives: readonly (readonly [string, VerificationReport['level'], readonly string[]])[] = [
  ['a time-stamp', 'T', ['signatureTimeStamp']],
  ['two time-stamps', 'T', ['signatureTimeStamp', 'secondTimeStamp']],
  ['references without values', 'T', ['signatureTimeStamp', 'certificateRefs', 'revocationRefs', 'refsTimeStamp']],
  ['references and values', 'XL', ['signatureTimeStamp', 'certificateRefs', 'revocationRefs', 'refsTimeStamp', 'certificateValues', 'revocationValues']],
  ['values before the time-stamp', 'XL', ['revocationValues', 'certificateValues', 'validationData', 'signatureTimeStamp']],
  ['an archive time-stamp of 1.4.1', 'A', ['signatureTimeStamp', 'validationData', 'certificateValues', 'revocationValues', 'archiveTimeStamp']],
  ['an archive time-stamp of 1.4.1 in a default namespace, before all else', 'A', ['archiveTimeStampPlain', 'revocationValues', 'certificateValues', 'signatureTimeStamp']],
  ['an archive time-stamp of 1.3.2', 'A', ['signatureTimeStamp', 'certificateValues', 'revocationValues', 'archiveTimeStamp132']],
  ['archive time-stamps of three makers', 'A', ['signatureTimeStamp', 'certificateValues', 'archiveTimeStamp132', 'revocationValues', 'archiveTimeStamp', 'archiveTimeStampPlain']],
];

describeWith(['xmlsec1', 'openssl'], 'A file that an archive has extended with', () => {
  let token: string;
  beforeAll(() => {
    token = timeStampToken();
  });

  /** A genuine RFC 3161 token of a made-up authority. Its imprint is of something else: nobody evaluates it yet. */
  function timeStampToken(): string {
    const at = (name: string): string => path.join(directory, name);
    const run = (...args: readonly string[]): void => {
      const { status, stderr } = spawnSync(programPath('openssl'), args, { encoding: 'utf8', cwd: directory });
      if (status !== 0) throw new Error(stderr);
    };
    writeFileSync(at('tsa.cnf'), '[tsa]\nserial=serial\ncrypto_device=builtin\ndefault_policy=1.2.3.4\ndigests=sha256\nsigner_digest=sha256\n[ext]\nextendedKeyUsage=critical,timeStamping\n');
    writeFileSync(at('serial'), '01');
    run('req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', 'tsa.key', '-out', 'tsa.pem', '-subj', '/CN=TEST TSA', '-addext', 'extendedKeyUsage=critical,timeStamping');
    run('ts', '-query', '-data', 'tsa.cnf', '-sha256', '-cert', '-out', 'query');
    run('ts', '-reply', '-config', 'tsa.cnf', '-section', 'tsa', '-queryfile', 'query', '-signer', 'tsa.pem', '-inkey', 'tsa.key', '-token_out', '-out', 'token');
    return mimeBase64(readFileSync(at('token')));
  }

  it.each(archives)('%s: INDETERMINATE for the time-stamp alone, level %s', (_what, level, names) => {
    const known = properties(token);
    const added = `<xa:UnsignedProperties Id="U0"><xa:UnsignedSignatureProperties>${names.map((name) => known[name]).join('\n')}</xa:UnsignedSignatureProperties><xa:UnsignedDataObjectProperties/></xa:UnsignedProperties>`;
    const file = storedCopy(foreignPrescription(directory, prescriptionCsv, people.doctor, { signingTime: `${now}+00:00` }));
    const stored = file.replace('</xa:QualifyingProperties>', `${added}$&`);
    const report = verify(stored);
    expect([report.verdict, report.level, ...complaints(report)]).toEqual(['INDETERMINATE', level, 'signature.timestamp INDETERMINATE']);
    expect(isGoodForXmlsec(stored, places.prescription)).toBe(true);
    // The time-stamp excuses nothing that is wrong.
    expect([verify(tampered(stored)).verdict, isGoodForXmlsec(tampered(stored), places.prescription)]).toEqual(['INVALID', false]);

    // A pharmacist's file around it: by xmlsec1 and by us, with an archive's additions of its own.
    const dispensing = extendTo('A', foreignDispensing(directory, dispensingCsv, stored, people.pharmacist, { signingTime: `${now}+00:00` }), 'DispensingSign', values);
    const outer = verify(dispensing);
    expect([outer.verdict, outer.level, outer.nested?.verdict, outer.nested?.level]).toEqual(['INDETERMINATE', 'A', 'INDETERMINATE', level]);
    expect([isGoodForXmlsec(dispensing, places.dispensing), isGoodForXmlsec(dispensing, places.nested)]).toEqual([true, true]);
    expect(people.verifier.checkNestedPrescription(Buffer.from(stored)).gate).toBe('accept');
    const ours = signAs(people.pharmacist, { type: 'dispensing', csv: dispensingCsv, prescription: Buffer.from(stored) }).toString();
    expect([verify(ours).verdict, isGoodForXmlsec(ours, places.dispensing), isGoodForXmlsec(ours, places.nested)]).toEqual(['INDETERMINATE', true, true]);
  });
});
