/**
 * Signed files as others make them, written down from the format alone and signed by xmlsec1: nothing of our writer is in them.
 * Prefixes, ids, line breaks and order of attributes are on purpose not ours.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { programPath } from '../../../support/machine.ts';
import type { IssuedCertificate } from '../../../../src/sandbox/ca/test-ca.ts';

const exclusive = 'http://www.w3.org/2001/10/xml-exc-c14n#';

export interface ForeignChoices {
  /** Prefix of XML Signature: `xs` in the ministry's sample, `ds` nearly everywhere else; '' for a default namespace. */
  readonly ds: string;
  readonly xades: string;
  /** Whether reference 1 declares exc-c14n, or nothing at all (inclusive C14N). */
  readonly reference1: 'none' | 'exclusive';
  readonly signingTime: string;
  readonly signingCertificate: 'V1' | 'V2' | 'none';
  readonly keyInfoSigned: boolean;
  /** Line breaks inside base64 and between elements. */
  readonly wrapped: boolean;
  /** Beside the signer's own certificate, DER. */
  readonly moreCertificates: readonly Uint8Array[];
  /** What else is peculiar to this signer: changes the whole file before it is signed. */
  readonly edit: (unsigned: string) => string;
}

export const ministryChoices: ForeignChoices = {
  ds: 'xs', xades: 'xa', reference1: 'none', signingTime: '2026-04-01T08:08:01+00:00', signingCertificate: 'V2', keyInfoSigned: true, wrapped: false, moreCertificates: [], edit: (unsigned) => unsigned,
};

/** As Java's and .NET's encoders write it: 76 columns, with a newline at the end. */
export const mimeBase64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64').replace(/.{1,76}/g, '$&\n');

/** An unsigned signature: every digest and the value are left for xmlsec1 to fill in. */
function template(id: string, signedId: string, signer: IssuedCertificate, choices: ForeignChoices): string {
  const { ds, xades, wrapped } = choices;
  const base64 = (bytes: Uint8Array): string => (wrapped ? mimeBase64(bytes) : Buffer.from(bytes).toString('base64'));
  const d = ds === '' ? '' : `${ds}:`;
  const digestMethod = `<${d}DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/>`;
  const transforms = `<${d}Transforms><${d}Transform Algorithm="${exclusive}"/></${d}Transforms>`;
  const reference = (uri: string, transform: boolean, type = ''): string =>
    `<${d}Reference URI="#${uri}"${type}>${transform ? transforms : ''}${digestMethod}<${d}DigestValue></${d}DigestValue></${d}Reference>`;
  const der = signer.certificate.der;
  const certDigest = `<${xades}:CertDigest>${digestMethod}<${d}DigestValue>${createHash('sha256').update(der).digest('base64')}</${d}DigestValue></${xades}:CertDigest>`;
  const issuerSerial = `<${xades}:IssuerSerial><${d}X509IssuerName>CN=HPKI-01-TestSignCA2-forNonRepudiation,O=TEST,C=JP</${d}X509IssuerName><${d}X509SerialNumber>${signer.certificate.serialNumber}</${d}X509SerialNumber></${xades}:IssuerSerial>`;
  const signingCertificate = {
    none: '',
    V1: `<${xades}:SigningCertificate><${xades}:Cert>${certDigest}${issuerSerial}</${xades}:Cert></${xades}:SigningCertificate>`,
    V2: `<${xades}:SigningCertificateV2><${xades}:Cert>${certDigest}</${xades}:Cert></${xades}:SigningCertificateV2>`,
  }[choices.signingCertificate];
  const certificates = [der, ...choices.moreCertificates].map((one) => `<${d}X509Certificate>${base64(one)}</${d}X509Certificate>`).join('');
  const text =
    `<${d}Signature xmlns${ds === '' ? '' : `:${ds}`}="http://www.w3.org/2000/09/xmldsig#" Id="${id}"><${d}SignedInfo Id="${id}-SI">` +
    `<${d}CanonicalizationMethod Algorithm="${exclusive}"/><${d}SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"/>` +
    reference(signedId, choices.reference1 === 'exclusive') +
    (choices.keyInfoSigned ? reference(`${id}-KeyInfo`, true) : '') +
    reference(`${id}-SignedProperties`, true, ' Type="http://uri.etsi.org/01903#SignedProperties"') +
    `</${d}SignedInfo><${d}SignatureValue Id="${id}-Value"></${d}SignatureValue>` +
    `<${d}KeyInfo${choices.keyInfoSigned ? ` Id="${id}-KeyInfo"` : ''}><${d}X509Data>${certificates}</${d}X509Data></${d}KeyInfo>` +
    `<${d}Object xmlns:${xades}="http://uri.etsi.org/01903/v1.3.2#"><${xades}:QualifyingProperties Target="#${id}">` +
    `<${xades}:SignedProperties Id="${id}-SignedProperties"><${xades}:SignedSignatureProperties>` +
    `<${xades}:SigningTime>${choices.signingTime}</${xades}:SigningTime>${signingCertificate}` +
    `</${xades}:SignedSignatureProperties></${xades}:SignedProperties></${xades}:QualifyingProperties></${d}Object></${d}Signature>`;
  return wrapped ? text.replaceAll('><', '>\n<') : text;
}

/** Lets xmlsec1 fill in the one signature that is still empty. */
function signWithXmlsec(directory: string, file: string, at: string, signer: IssuedCertificate): string {
  const [source, key, target] = ['unsigned.xml', 'signer.pem', 'signed.xml'].map((name) => path.join(directory, name));
  if (source === undefined || key === undefined || target === undefined) throw new Error('unreachable');
  writeFileSync(source, file);
  writeFileSync(key, signer.privateKey.export({ type: 'pkcs8', format: 'pem' }));
  execFileSync(programPath('xmlsec1'), [
    '--sign', '--output', target, '--privkey-pem', key, '--node-xpath', at, '--enabled-key-data', 'rsa,key-name',
    ...['PrescriptionDocument', 'Dispensing'].flatMap((name) => ['--id-attr:id', name]),
    '--id-attr:Id', 'http://www.w3.org/2000/09/xmldsig#:KeyInfo', '--id-attr:Id', 'http://uri.etsi.org/01903/v1.3.2#:SignedProperties',
    source,
  ], { stdio: ['ignore', 'ignore', 'pipe'] });
  return readFileSync(target, 'utf8');
}

const root = (schema: string): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<Document xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" id="Document" xsi:noNamespaceSchemaLocation="${schema}">`;

export function foreignPrescription(directory: string, csv: Uint8Array, signer: IssuedCertificate, choices: Partial<ForeignChoices> = {}): string {
  const all = { ...ministryChoices, ...choices };
  const base64 = all.wrapped ? mimeBase64(csv) : Buffer.from(csv).toString('base64');
  const file =
    `${root('EP.xsd')}<Prescription><PrescriptionManagement id="PrescriptionManagement"><Version Value="EPS1.0"/></PrescriptionManagement>` +
    `<PrescriptionDocument id="PrescriptionDocument">${base64}</PrescriptionDocument><PrescriptionSign>` +
    `${template('PrescriptionSign', 'PrescriptionDocument', signer, all)}</PrescriptionSign></Prescription></Document>`;
  return signWithXmlsec(directory, all.edit(file), '/Document/Prescription/PrescriptionSign/*', signer);
}

/** What the management service adds around the signed parts of a prescription. */
export function storedCopy(prescription: string): string {
  return prescription
    .replace('</PrescriptionManagement>', '<PrescriptionId Value="0f8fad5b-d9cb-469f-a165-70867728950e"/></PrescriptionManagement>')
    .replace('</PrescriptionDocument>', '</PrescriptionDocument><AdditionalPrescriptionInformation id="AdditionalPrescriptionInformation"><Reception Value="1" xsi:type="xsi:string">受付済</Reception></AdditionalPrescriptionInformation>');
}

export function foreignDispensing(directory: string, csv: Uint8Array, prescription: string, signer: IssuedCertificate, choices: Partial<ForeignChoices> = {}): string {
  const all = { ...ministryChoices, ...choices };
  const nested = /<Prescription>(.*)<\/Prescription>/s.exec(prescription)?.[1] ?? '';
  const base64 = all.wrapped ? mimeBase64(csv) : Buffer.from(csv).toString('base64');
  const file =
    `${root('ED.xsd')}<DispensingManagement id="DispensingManagement"><Version Value="EPD1.0"/></DispensingManagement><Dispensing id="Dispensing">` +
    `<ReferencePrescription>${nested}</ReferencePrescription><DispensingDocument id="DispensingDocument">${base64}</DispensingDocument></Dispensing>` +
    `<DispensingSign>${template('DispensingSign', 'Dispensing', signer, all)}</DispensingSign></Document>`;
  return signWithXmlsec(directory, all.edit(file), '/Document/DispensingSign/*', signer)
    .replace('</Dispensing><DispensingSign>', '</Dispensing><AdditionalDispensedInformation id="AdditionalDispensedInformation"><Reception Value="1"/></AdditionalDispensedInformation><DispensingSign>');
}

export interface StoredValues {
  readonly certificates: readonly Uint8Array[];
  readonly crls: readonly Uint8Array[];
}

export type StoredLevel = 'T' | 'XL' | 'A';

/** Adds the unsigned properties of a level to the signature with this Id, as plausible in size and shape as their content is not evaluated. */
export function extendTo(level: StoredLevel, file: string, id: string, { certificates, crls }: StoredValues): string {
  const xades = /<(\w+):QualifyingProperties/.exec(file)?.[1] ?? 'xa';
  const ds = /<(\w+):Signature /.exec(file)?.[1];
  const d = ds === undefined ? '' : `${ds}:`;
  // The outermost SEQUENCE of a token; what is inside is nobody's business here.
  const token = (fill: number): string => mimeBase64(Buffer.concat([Buffer.from([0x30, 0x82, 0x17, 0x70]), Buffer.alloc(6000, fill)]));
  const certificateValues = (mark: string): string =>
    `<${xades}:CertificateValues Id="${id}-${mark}-CV">${certificates.map((der, index) => `<${xades}:EncapsulatedX509Certificate Id="${id}-${mark}-C${index}">${mimeBase64(der)}</${xades}:EncapsulatedX509Certificate>`).join('')}</${xades}:CertificateValues>`;
  const revocationValues = (mark: string): string =>
    `<${xades}:RevocationValues Id="${id}-${mark}-RV"><${xades}:CRLValues>${crls.map((der, index) => `<${xades}:EncapsulatedCRLValue Id="${id}-${mark}-L${index}">${mimeBase64(der)}</${xades}:EncapsulatedCRLValue>`).join('')}</${xades}:CRLValues></${xades}:RevocationValues>`;
  const x141 = 'xmlns:xa141="http://uri.etsi.org/01903/v1.4.1#"';
  const c14n = `<${d}CanonicalizationMethod Algorithm="http://www.w3.org/TR/2001/REC-xml-c14n-20010315"/>`;
  const properties = [
    `<${xades}:SignatureTimeStamp Id="${id}-STS"><${xades}:EncapsulatedTimeStamp Id="${id}-STS-T">${token(1)}</${xades}:EncapsulatedTimeStamp></${xades}:SignatureTimeStamp>`,
    ...(level === 'T' ? [] : [
      `<xa141:TimeStampValidationData ${x141} Id="${id}-TVD" URI="#${id}-STS">${certificateValues('T')}${revocationValues('T')}</xa141:TimeStampValidationData>`,
      certificateValues('S'),
      revocationValues('S'),
    ]),
    ...(level === 'A' ? [`<xa141:ArchiveTimeStamp ${x141} Id="${id}-ATS">${c14n}<${xades}:EncapsulatedTimeStamp Id="${id}-ATS-T">${token(2)}</${xades}:EncapsulatedTimeStamp></xa141:ArchiveTimeStamp>`] : []),
  ].join('');
  const unsigned = `<${xades}:UnsignedProperties><${xades}:UnsignedSignatureProperties>${properties}</${xades}:UnsignedSignatureProperties></${xades}:UnsignedProperties>`;
  const end = `</${xades}:QualifyingProperties>`;
  const at = file.indexOf(end, file.indexOf(`Target="#${id}"`));
  return file.slice(0, at) + unsigned + file.slice(at);
}
