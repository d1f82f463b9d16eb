import { hash } from 'node:crypto';
import type { DocumentType } from '../prescription/document.ts';
import type { Certificate } from '../pki/certificate.ts';
import { DerError } from '../pki/der.ts';
import { allowedRole, describeRoles, rolesAllowedFor } from '../pki/hc-role.ts';
import { decodeBase64 } from './base64.ts';
import { check } from './checks.ts';
import { issuerSerialOf, readIssuerSerial, type IssuerSerial } from './issuer-serial.ts';
import type { NamedCertificate, ParsedSignature } from './parsed-signature.ts';
import type { VerificationCheck } from './report.ts';

/** The certificate that the signed properties name is the one in KeyInfo (ETSI TS 101 903 §7.2.2). */
export function checkNamedCertificate({ namedCertificate: named }: ParsedSignature, certificate: Certificate): VerificationCheck {
  if (named === null) {
    return check(
      'certificate.reference', 'VALID',
      '署名者証明書は、署名の対象である証明書情報（KeyInfo）で指定されています。',
      'The signing certificate is named by KeyInfo, which is signed.',
    );
  }
  if (!isNamed(certificate.der, named)) {
    return check(
      'certificate.reference', 'INVALID',
      '署名属性が指す証明書と、添付された証明書が異なります。証明書のすり替えのおそれがあり、使用できません。',
      'The certificate that the signed properties name is not the one that is attached. It may have been swapped; the document must not be used.',
    );
  }
  return checkIssuerSerial(named, certificate);
}

export function isNamed(der: Uint8Array, named: NamedCertificate): boolean {
  return hash(named.digest, der, 'buffer').equals(named.value);
}

function checkIssuerSerial(named: NamedCertificate, certificate: Certificate): VerificationCheck {
  const good = check(
    'certificate.reference', 'VALID',
    '署名属性が指す証明書と、添付された証明書が一致します。',
    'The certificate that the signed properties name is the one that is attached.',
  );
  const differs = check(
    'certificate.reference', 'INVALID',
    '署名属性に書かれた発行者・シリアル番号が、添付された証明書と異なります。',
    'The issuer and serial number in the signed properties are not those of the attached certificate.',
  );
  if (named.serialNumber !== null && named.serialNumber !== certificate.serialNumber.toString()) return differs;
  if (named.issuerSerialV2 === null) return good;
  const stated = decodeIssuerSerial(named.issuerSerialV2);
  if (stated === null) {
    // At least one public signer encodes it wrongly. It is a hint, the digest is what binds (ETSI EN 319 132-1 §5.2.2).
    return check(
      'certificate.reference', 'VALID',
      '署名属性が指す証明書と、添付された証明書は、ダイジェストが一致します。発行者・シリアル番号（IssuerSerialV2）は規格（RFC 5035）どおりに書かれていないため、比べていません。',
      'The digest in the signed properties is that of the attached certificate. IssuerSerialV2 is not encoded as RFC 5035 says and was not compared.',
    );
  }
  const own = issuerSerialOf(certificate.der);
  const same = Buffer.compare(stated.issuer, own.issuer) === 0 && Buffer.compare(stated.serial, own.serial) === 0;
  return same ? good : differs;
}

function decodeIssuerSerial(text: string): IssuerSerial | null {
  const der = decodeBase64(text);
  if (der === null) return null;
  try {
    return readIssuerSerial(der);
  } catch (error) {
    if (error instanceof DerError) return null;
    throw error;
  }
}

/**
 * A prescription needs a doctor or dentist, a dispensing result a pharmacist.
 * SECURITY: judged by the certificate alone (test/unit/formats/xades/verifier.test.ts).
 */
export function checkRole(certificate: Certificate, type: DocumentType): VerificationCheck {
  const role = allowedRole(certificate.hcActors, type);
  if (role !== null) {
    return check('certificate.role', 'VALID', `署名者の資格は ${role} です。`, `The signer’s role is ${role}.`);
  }
  const wanted = rolesAllowedFor(type).join(', ');
  const found = describeRoles(certificate.hcActors);
  return check(
    'certificate.role', 'INVALID',
    `署名者の資格（${found ?? 'なし'}）では、この文書に署名できません。必要な資格: ${wanted}。`,
    `The signer’s role (${found ?? 'none'}) may not sign this document. Required: ${wanted}.`,
  );
}

/** The claimed time lies within the certificate's validity. */
export function checkSigningTime({ signingTime }: ParsedSignature, certificate: Certificate): VerificationCheck {
  if (signingTime === null) {
    return check(
      'signature.signingTime', 'INDETERMINATE',
      '署名時刻（SigningTime）がないか、時間帯が書かれていないため、いつ署名されたかは確かめられません。',
      'There is no SigningTime, or one without a zone: when it was signed cannot be told.',
    );
  }
  return signingTime >= certificate.notBefore && signingTime <= certificate.notAfter
    ? check('signature.signingTime', 'VALID', '署名時刻は証明書の有効期間内です。', 'The signing time is within the validity of the certificate.')
    : check(
        'signature.signingTime', 'INVALID',
        '署名時刻が証明書の有効期間外です。有効な証明書で署名されたとは言えません。',
        'The signing time is outside of the validity of the certificate: it was not signed with a valid certificate.',
      );
}
