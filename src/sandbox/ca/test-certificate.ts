import { createHash, randomBytes, sign, type KeyObject } from 'node:crypto';
import { parseCertificate, type Certificate } from '../../formats/pki/certificate.ts';
import { contextPrimitive, DerCursor, readDer, tags } from '../../formats/pki/der.ts';
import {
  retag,
  writeBitString,
  writeBoolean,
  writeElement,
  writeExplicit,
  writeInteger,
  writeNamedBits,
  writeNull,
  writeOctetString,
  writeOid,
  writeSequence,
  writeString,
  writeTime,
} from '../../formats/pki/der-writer.ts';
import { extensionOids, keyUsageBits, type KeyUsage } from '../../formats/pki/extensions.ts';
import { writeHcRoles, type HcActorToWrite } from '../../formats/pki/hc-role.ts';

/** Writes certificates of HPKI's profile, and odd ones on purpose. */

export type TestHash = 'sha256' | 'sha384' | 'sha512' | 'sha1';

const rsaAlgorithms: Readonly<Record<TestHash, string>> = {
  sha256: '1.2.840.113549.1.1.11',
  sha384: '1.2.840.113549.1.1.12',
  sha512: '1.2.840.113549.1.1.13',
  sha1: '1.2.840.113549.1.1.5',
};

/** A certificate together with the key that it certifies. */
export interface CertifiedKey {
  readonly certificate: Certificate;
  readonly privateKey: KeyObject;
}

export interface CertificateContent {
  readonly serialNumber?: bigint;
  /** DER of the subject's Name. */
  readonly subject: Uint8Array;
  readonly publicKey: KeyObject;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly extensions: readonly Uint8Array[];
  readonly hash?: TestHash;
}

/** What stands in a certificate about who issued it. */
export interface Issuer {
  readonly name: Uint8Array;
  readonly privateKey: KeyObject;
}

export const issuerOf = ({ certificate, privateKey }: CertifiedKey): Issuer => ({ name: certificate.subjectDer, privateKey });

export function writeCertificate(content: CertificateContent, issuer: Issuer): Certificate {
  const { serialNumber = randomSerialNumber(), hash = 'sha256' } = content;
  const tbs = writeSequence(
    writeExplicit(0, writeInteger(2)),
    writeInteger(serialNumber),
    algorithmIdentifier(hash),
    issuer.name,
    writeSequence(writeTime(content.notBefore), writeTime(content.notAfter)),
    content.subject,
    spkiOf(content.publicKey),
    writeExplicit(3, writeSequence(...content.extensions)),
  );
  return parseCertificate(signTbs(tbs, issuer.privateKey, hash));
}

/** `SEQUENCE { tbs, algorithm, signature }` of certificates and CRLs. */
export function signTbs(tbs: Uint8Array, key: KeyObject, hash: TestHash): Uint8Array {
  return writeSequence(tbs, algorithmIdentifier(hash), writeBitString(sign(hash, tbs, key)));
}

export const algorithmIdentifier = (hash: TestHash): Uint8Array => writeSequence(writeOid(rsaAlgorithms[hash]), writeNull());

/** Positive, 64 bits at most. */
export function randomSerialNumber(): bigint {
  return (randomBytes(8).readBigUInt64BE() >> 1n) | 1n;
}

function spkiOf(key: KeyObject): Uint8Array {
  return new Uint8Array(key.export({ type: 'spki', format: 'der' }));
}

/** SHA-1 over the bits of the key (RFC 5280 §4.2.1.2, method 1). An identifier, no protection. */
export function keyIdentifier(key: KeyObject): Uint8Array {
  const cursor = new DerCursor(readDer(spkiOf(key), 16_384));
  cursor.next();
  return new Uint8Array(createHash('sha1').update(cursor.next(tags.bitString).content.subarray(1)).digest());
}

export function writeExtension(oid: string, value: Uint8Array, critical = false): Uint8Array {
  return writeSequence(writeOid(oid), ...(critical ? [writeBoolean(true)] : []), writeOctetString(value));
}

export const subjectKeyIdentifier = (key: KeyObject): Uint8Array =>
  writeExtension(extensionOids.subjectKeyIdentifier, writeOctetString(keyIdentifier(key)));

/** With keyid, issuer and serial, as HPKI's CAs write it. `name` is the issuer's own issuer. */
export function authorityKeyIdentifier(keyId: Uint8Array, name: Uint8Array, serialNumber: bigint): Uint8Array {
  return writeExtension(
    extensionOids.authorityKeyIdentifier,
    writeSequence(
      writeElement(contextPrimitive(0), keyId),
      writeExplicit(1, writeExplicit(4, name)),
      writeInteger(serialNumber, contextPrimitive(2)),
    ),
  );
}

export const issuerKeyIdentifier = ({ certificate }: CertifiedKey): Uint8Array =>
  authorityKeyIdentifier(keyIdentifier(certificate.publicKey), certificate.issuerDer, certificate.serialNumber);

export const keyUsage = (usages: readonly KeyUsage[]): Uint8Array =>
  writeExtension(extensionOids.keyUsage, writeNamedBits(usages.map((usage) => keyUsageBits.indexOf(usage))), true);

/** An end entity's cA FALSE is the default and left out. */
export const basicConstraints = (ca: boolean, pathLength?: number): Uint8Array =>
  writeExtension(
    extensionOids.basicConstraints,
    writeSequence(...(ca ? [writeBoolean(true)] : []), ...(pathLength === undefined ? [] : [writeInteger(pathLength)])),
    true,
  );

const cpsQualifier = '1.3.6.1.5.5.7.2.1';

export const certificatePolicies = (policies: readonly string[], cps?: string): Uint8Array =>
  writeExtension(
    extensionOids.certificatePolicies,
    writeSequence(
      ...policies.map((policy) =>
        writeSequence(
          writeOid(policy),
          ...(cps === undefined ? [] : [writeSequence(writeSequence(writeOid(cpsQualifier), writeString(tags.ia5String, cps)))]),
        ),
      ),
    ),
    true,
  );

/** `[0] { [0] { [6] URI } }`: DistributionPointName, fullName, one URI. */
export const distributionPointName = (url: string): Uint8Array =>
  writeExplicit(0, writeExplicit(0, retag(contextPrimitive(6), writeString(tags.ia5String, url))));

export const crlDistributionPoint = (url: string): Uint8Array =>
  writeExtension(extensionOids.crlDistributionPoints, writeSequence(writeSequence(distributionPointName(url))));

/** dNSName and iPAddress entries, for TLS servers (RFC 5280 §4.2.1.6). */
export const alternativeHostNames = (dnsNames: readonly string[], addresses: readonly Uint8Array[]): Uint8Array =>
  writeExtension(
    extensionOids.subjectAltName,
    writeSequence(
      ...dnsNames.map((name) => retag(contextPrimitive(2), writeString(tags.ia5String, name))),
      ...addresses.map((address) => writeElement(contextPrimitive(7), address)),
    ),
  );

export const extendedKeyUsage = (purposes: readonly string[]): Uint8Array =>
  writeExtension(extensionOids.extendedKeyUsage, writeSequence(...purposes.map(writeOid)));

export const alternativeDirectoryName = (name: Uint8Array): Uint8Array =>
  writeExtension(extensionOids.subjectAltName, writeSequence(writeExplicit(4, name)));

export const hcRoles = (actors: readonly HcActorToWrite[]): Uint8Array =>
  writeExtension(extensionOids.subjectDirectoryAttributes, writeHcRoles(actors));
