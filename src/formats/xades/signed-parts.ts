import { issuerSerialOf, writeIssuerSerial } from './issuer-serial.ts';
import type { SignatureIds } from './signature-ids.ts';
import type { SignatureProfile } from './signature-profile.ts';
import { formatSigningTime } from './signing-time.ts';
import { dsNamespace, exclusiveC14n, rsaSha256, sha256, signedPropertiesType, xadesNamespace } from './vocabulary.ts';
import { sha256Base64, toBase64 } from './digests.ts';

/**
 * The three parts of a signature that are hashed, written in canonical form. Each exists twice: as it stands in the file, where
 * the ancestors declare the prefixes, and as exclusive canonicalization sees it. The two differ in those declarations alone.
 */
export interface SignedPart {
  readonly inFile: string;
  readonly canonical: string;
}

const xs = ` xmlns:xs="${dsNamespace}"`;
const xa = ` xmlns:xa="${xadesNamespace}"`;

function part(write: (xs: string, xa: string) => string): SignedPart {
  return { inFile: write('', ''), canonical: write(xs, xa) };
}

/** The end-entity certificate and nothing else. */
export function keyInfo(certificate: Uint8Array, ids: SignatureIds): SignedPart {
  const content = `<xs:X509Data><xs:X509Certificate>${toBase64(certificate)}</xs:X509Certificate></xs:X509Data></xs:KeyInfo>`;
  return part((ds) => `<xs:KeyInfo${ds} Id="${ids.keyInfo}">${content}`);
}

/** SigningTime and SigningCertificateV2 (ETSI EN 319 132-1 §5.2.1, §5.2.2). `certificate`: DER. */
export function signedProperties(certificate: Uint8Array, signingTime: Date, profile: SignatureProfile, ids: SignatureIds): SignedPart {
  const time = formatSigningTime(signingTime, profile.signingTimeZone);
  const digest = sha256Base64(certificate);
  const issuerSerial = profile.issuerSerialV2
    ? `<xa:IssuerSerialV2>${toBase64(writeIssuerSerial(issuerSerialOf(certificate)))}</xa:IssuerSerialV2>`
    : '';
  return part(
    (ds, etsi) =>
      `<xa:SignedProperties${etsi} Id="${ids.signedProperties}"><xa:SignedSignatureProperties><xa:SigningTime>${time}</xa:SigningTime>` +
      `<xa:SigningCertificateV2><xa:Cert><xa:CertDigest><xs:DigestMethod${ds} Algorithm="${sha256}"></xs:DigestMethod>` +
      `<xs:DigestValue${ds}>${digest}</xs:DigestValue></xa:CertDigest>${issuerSerial}</xa:Cert></xa:SigningCertificateV2>` +
      '</xa:SignedSignatureProperties></xa:SignedProperties>',
  );
}

/** SHA-256, base64. */
export interface ReferenceDigests {
  readonly document: string;
  readonly keyInfo: string;
  readonly signedProperties: string;
}

/** The document, KeyInfo and SignedProperties as three references (XML Signature §4.3). `signedId`: the document element's. */
export function signedInfo(signedId: string, digests: ReferenceDigests, profile: SignatureProfile, ids: SignatureIds): SignedPart {
  // No Transforms at all means inclusive C14N 1.0 (XML Signature §4.3.3.2), which is what the ministry's sample relies on.
  const transform = profile.reference1 === 'inclusive' ? '' : exclusiveTransform;
  const content =
    `<xs:CanonicalizationMethod Algorithm="${exclusiveC14n}"></xs:CanonicalizationMethod>` +
    `<xs:SignatureMethod Algorithm="${rsaSha256}"></xs:SignatureMethod>` +
    reference(`URI="#${signedId}"`, transform, digests.document) +
    reference(`URI="#${ids.keyInfo}"`, exclusiveTransform, digests.keyInfo) +
    reference(`Type="${signedPropertiesType}" URI="#${ids.signedProperties}"`, exclusiveTransform, digests.signedProperties) +
    '</xs:SignedInfo>';
  return part((ds) => `<xs:SignedInfo${ds} Id="${ids.signedInfo}">${content}`);
}

const exclusiveTransform = `<xs:Transforms><xs:Transform Algorithm="${exclusiveC14n}"></xs:Transform></xs:Transforms>`;

/** Attributes are given in canonical order. */
function reference(attributes: string, transforms: string, digest: string): string {
  return (
    `<xs:Reference ${attributes}>${transforms}<xs:DigestMethod Algorithm="${sha256}"></xs:DigestMethod>` +
    `<xs:DigestValue>${digest}</xs:DigestValue></xs:Reference>`
  );
}
