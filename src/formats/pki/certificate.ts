import { createHash, createPublicKey, type KeyObject } from 'node:crypto';
import { contextConstructed, contextPrimitive, DerCursor, DerError, readDer, tags, unwrap, type DerElement } from './der.ts';
import { readBitStringBytes, readInteger, readOctetString, readOid, readSmallInteger, readTime } from './der-values.ts';
import {
  extensionOids,
  extensionValue,
  readAuthorityKeyIdentifier,
  readBasicConstraints,
  readCrlUrls,
  readDirectoryNames,
  readExtendedKeyUsage,
  readExtensions,
  readKeyUsage,
  readPolicies,
  type AuthorityKeyIdentifier,
  type BasicConstraints,
  type Extension,
  type KeyUsage,
} from './extensions.ts';
import { readHcRoles, type HcActor } from './hc-role.ts';
import { readName, type DistinguishedName } from './name.ts';
import { readPublicKeyInfo, type PublicKeyInfo } from './public-key.ts';

/** An X.509 certificate as RFC 5280 §4 describes it. Byte arrays are views into `der`; none may be written to. */
export interface Certificate {
  readonly der: Uint8Array;
  /** SHA-256 of `der`, lower-case hex. */
  readonly sha256: string;
  readonly version: 1 | 2 | 3;
  readonly serialNumber: bigint;
  /** Lower-case hex of the serial number's octets, sign octet left out. */
  readonly serialNumberHex: string;
  readonly issuer: DistinguishedName;
  readonly subject: DistinguishedName;
  readonly issuerDer: Uint8Array;
  readonly subjectDer: Uint8Array;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** SubjectPublicKeyInfo. */
  readonly spki: Uint8Array;
  readonly keyInfo: PublicKeyInfo;
  /** Made on first use. Throws DerError where the platform cannot use the key. */
  readonly publicKey: KeyObject;
  /** The signed part. */
  readonly tbs: Uint8Array;
  /** OID, the same inside and outside of the signed part. */
  readonly signatureAlgorithm: string;
  /** The whole AlgorithmIdentifier. */
  readonly signatureAlgorithmDer: Uint8Array;
  readonly signature: Uint8Array;
  readonly extensions: readonly Extension[];
  /** Null where the extension is missing: then nothing is restricted. */
  readonly keyUsage: ReadonlySet<KeyUsage> | null;
  readonly basicConstraints: BasicConstraints | null;
  /** OIDs of certificatePolicies. */
  readonly policies: readonly string[];
  readonly policiesCritical: boolean;
  /** directoryName entries of subjectAltName. */
  readonly alternativeNames: readonly DistinguishedName[];
  /** CN of the first alternative directoryName: the name in kanji, on HPKI certificates that have one. */
  readonly kanjiName: string | null;
  readonly authorityKeyIdentifier: AuthorityKeyIdentifier | null;
  readonly subjectKeyIdentifier: Uint8Array | null;
  /** OIDs, null where the extension is missing. */
  readonly extendedKeyUsage: readonly string[] | null;
  /** URIs of cRLDistributionPoints. */
  readonly crlUrls: readonly string[];
  /** hcRole of ISO 17090; empty where the certificate states none. */
  readonly hcActors: readonly HcActor[];
}

/** Real certificates take 1 to 3 KB. */
const maxCertificateBytes = 64 * 1024;

/** Reads one certificate. The bytes are copied. Throws DerError, and nothing else, for whatever bytes are given. */
export function parseCertificate(bytes: Uint8Array): Certificate {
  const der = Uint8Array.from(bytes);
  const outer = new DerCursor(readDer(der, maxCertificateBytes), tags.sequence);
  const tbs = outer.next(tags.sequence);
  const algorithm = outer.next(tags.sequence);
  const signature = readBitStringBytes(outer.next());
  outer.end();

  const cursor = new DerCursor(tbs, tags.sequence);
  const version = readVersion(cursor.optional(contextConstructed(0)));
  const serialNumber = cursor.next(tags.integer);
  const signedAlgorithm = cursor.next(tags.sequence);
  if (Buffer.compare(signedAlgorithm.encoded, algorithm.encoded) !== 0) {
    throw new DerError('bad-value', algorithm.offset, 'the two signature algorithms differ');
  }
  const issuer = readName(cursor.next());
  const validity = new DerCursor(cursor.next(), tags.sequence);
  const notBefore = readTime(validity.next());
  const notAfter = readTime(validity.next());
  validity.end();
  const subject = readName(cursor.next());
  const spki = cursor.next(tags.sequence);
  if (version >= 2) {
    cursor.optional(contextPrimitive(1));
    cursor.optional(contextPrimitive(2));
  }
  const extensionList = version === 3 ? cursor.optional(contextConstructed(3)) : undefined;
  cursor.end();

  const extensions = extensionList === undefined ? new Map<string, never>() : readExtensions(unwrap(extensionList, extensionList.tag));
  const value = <T, A>(oid: string, read: (element: DerElement) => T, absent: A): T | A =>
    extensionValue(extensions, oid, read, absent);
  const alternativeNames = value(extensionOids.subjectAltName, readDirectoryNames, []);
  let publicKey: KeyObject | undefined;

  return {
    der,
    sha256: createHash('sha256').update(der).digest('hex'),
    version,
    serialNumber: readInteger(serialNumber),
    serialNumberHex: Buffer.from(serialNumber.content).toString('hex').replace(/^00(?=.)/, ''),
    issuer,
    subject,
    issuerDer: issuer.der,
    subjectDer: subject.der,
    notBefore,
    notAfter,
    spki: spki.encoded,
    keyInfo: readPublicKeyInfo(spki),
    get publicKey() {
      publicKey ??= importPublicKey(spki);
      return publicKey;
    },
    tbs: tbs.encoded,
    signatureAlgorithm: readOid(new DerCursor(algorithm).next()),
    signatureAlgorithmDer: algorithm.encoded,
    signature,
    extensions: [...extensions.values()].map(({ oid, critical, value: content }) => ({ oid, critical, value: content })),
    keyUsage: value(extensionOids.keyUsage, readKeyUsage, null),
    basicConstraints: value(extensionOids.basicConstraints, readBasicConstraints, null),
    policies: value(extensionOids.certificatePolicies, readPolicies, []),
    policiesCritical: extensions.get(extensionOids.certificatePolicies)?.critical ?? false,
    alternativeNames,
    kanjiName: alternativeNames[0]?.commonName ?? null,
    authorityKeyIdentifier: value(extensionOids.authorityKeyIdentifier, readAuthorityKeyIdentifier, null),
    subjectKeyIdentifier: value(extensionOids.subjectKeyIdentifier, (element) => readOctetString(element), null),
    extendedKeyUsage: value(extensionOids.extendedKeyUsage, readExtendedKeyUsage, null),
    crlUrls: value(extensionOids.crlDistributionPoints, readCrlUrls, []),
    hcActors: value(extensionOids.subjectDirectoryAttributes, readHcRoles, []),
  };
}

function readVersion(element: DerElement | undefined): 1 | 2 | 3 {
  if (element === undefined) return 1;
  const inner = unwrap(element, element.tag);
  switch (readSmallInteger(inner)) {
    case 0:
      return 1;
    case 1:
      return 2;
    case 2:
      return 3;
    default:
      throw new DerError('bad-value', inner.offset, 'the certificate has an unknown version');
  }
}

function importPublicKey(spki: DerElement): KeyObject {
  try {
    return createPublicKey({ key: Buffer.from(spki.encoded), format: 'der', type: 'spki' });
  } catch {
    throw new DerError('bad-value', spki.offset, 'the public key cannot be used on this platform');
  }
}
