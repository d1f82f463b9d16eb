import { children, contextConstructed, contextPrimitive, DerCursor, DerError, readNested, tags, unwrap, type DerElement } from './der.ts';
import { ascii, readBoolean, readInteger, readNamedBits, readOctetString, readOid, readSmallInteger } from './der-values.ts';
import { readName, type DistinguishedName } from './name.ts';

/** Extensions of RFC 5280 §4.2 that the product evaluates. */
export const extensionOids = {
  subjectDirectoryAttributes: '2.5.29.9',
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  issuerAltName: '2.5.29.18',
  basicConstraints: '2.5.29.19',
  crlNumber: '2.5.29.20',
  crlReason: '2.5.29.21',
  invalidityDate: '2.5.29.24',
  deltaCrlIndicator: '2.5.29.27',
  issuingDistributionPoint: '2.5.29.28',
  nameConstraints: '2.5.29.30',
  crlDistributionPoints: '2.5.29.31',
  certificatePolicies: '2.5.29.32',
  authorityKeyIdentifier: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
} as const;

export interface Extension {
  readonly oid: string;
  readonly critical: boolean;
  /** Content of extnValue. */
  readonly value: Uint8Array;
}

/** An extension together with where its value lies, so that errors carry an offset into the whole. */
export interface ExtensionElement extends Extension {
  readonly wrapper: DerElement;
}

/** Reads `Extensions`; the same OID twice is refused (RFC 5280 §4.2). */
export function readExtensions(element: DerElement): ReadonlyMap<string, ExtensionElement> {
  const extensions = new Map<string, ExtensionElement>();
  for (const child of children(element, tags.sequence)) {
    const cursor = new DerCursor(child, tags.sequence);
    const oid = readOid(cursor.next());
    // `critical FALSE` written out is not DER, yet common and without a second meaning.
    const flag = cursor.optional(tags.boolean);
    const wrapper = cursor.next(tags.octetString);
    cursor.end();
    if (extensions.has(oid)) throw new DerError('bad-value', child.offset, `extension ${oid} is there twice`);
    extensions.set(oid, {
      oid,
      critical: flag !== undefined && readBoolean(flag),
      value: readOctetString(wrapper),
      wrapper,
    });
  }
  return extensions;
}

/** The DER inside an extension, read by `read`; `absent` where there is no such extension. */
export function extensionValue<T, A>(
  extensions: ReadonlyMap<string, ExtensionElement>,
  oid: string,
  read: (element: DerElement) => T,
  absent: A,
): T | A {
  const extension = extensions.get(oid);
  return extension === undefined ? absent : read(readNested(extension.wrapper, extension.value));
}

export type KeyUsage =
  | 'digitalSignature'
  | 'nonRepudiation'
  | 'keyEncipherment'
  | 'dataEncipherment'
  | 'keyAgreement'
  | 'keyCertSign'
  | 'cRLSign'
  | 'encipherOnly'
  | 'decipherOnly';

/** In the order of their bits (RFC 5280 §4.2.1.3). */
export const keyUsageBits: readonly KeyUsage[] = [
  'digitalSignature', 'nonRepudiation', 'keyEncipherment', 'dataEncipherment',
  'keyAgreement', 'keyCertSign', 'cRLSign', 'encipherOnly', 'decipherOnly',
];

/** RFC 5280 §4.2.1.3. */
export function readKeyUsage(element: DerElement): ReadonlySet<KeyUsage> {
  const bits = readNamedBits(element);
  return new Set(keyUsageBits.filter((_, bit) => bits.has(bit)));
}

export interface BasicConstraints {
  readonly ca: boolean;
  /** How many CAs may follow below; null is any number. */
  readonly pathLength: number | null;
}

/** RFC 5280 §4.2.1.9. */
export function readBasicConstraints(element: DerElement): BasicConstraints {
  const cursor = new DerCursor(element, tags.sequence);
  const ca = cursor.optional(tags.boolean);
  const pathLength = cursor.optional(tags.integer);
  cursor.end();
  return {
    ca: ca !== undefined && readBoolean(ca),
    pathLength: pathLength === undefined ? null : readSmallInteger(pathLength),
  };
}

/** OIDs of certificatePolicies; qualifiers are for people's eyes and are passed over. */
export function readPolicies(element: DerElement): readonly string[] {
  return children(element, tags.sequence).map((information) => {
    const cursor = new DerCursor(information, tags.sequence);
    const oid = readOid(cursor.next());
    cursor.optional(tags.sequence);
    cursor.end();
    return oid;
  });
}

/** directoryName entries of GeneralNames. Other kinds are passed over. */
export function readDirectoryNames(names: DerElement): readonly DistinguishedName[] {
  return children(names, names.tag)
    .filter(({ tag }) => tag === contextConstructed(4))
    .map((name) => readName(unwrap(name, name.tag)));
}

export interface AuthorityKeyIdentifier {
  readonly keyId: Uint8Array | null;
  readonly issuers: readonly DistinguishedName[];
  readonly serialNumber: bigint | null;
}

/** RFC 5280 §4.2.1.1. */
export function readAuthorityKeyIdentifier(element: DerElement): AuthorityKeyIdentifier {
  const cursor = new DerCursor(element, tags.sequence);
  const keyId = cursor.optional(contextPrimitive(0));
  const issuers = cursor.optional(contextConstructed(1));
  const serialNumber = cursor.optional(contextPrimitive(2));
  cursor.end();
  return {
    keyId: keyId?.content ?? null,
    issuers: issuers === undefined ? [] : readDirectoryNames(issuers),
    serialNumber: serialNumber === undefined ? null : readInteger(serialNumber, serialNumber.tag),
  };
}

/** OIDs of the purposes (RFC 5280 §4.2.1.12). */
export function readExtendedKeyUsage(element: DerElement): readonly string[] {
  return children(element, tags.sequence).map((oid) => readOid(oid));
}

/** URIs in the fullName of each DistributionPoint. */
export function readCrlUrls(element: DerElement): readonly string[] {
  return children(element, tags.sequence).flatMap((point) => {
    const cursor = new DerCursor(point, tags.sequence);
    const name = cursor.optional(contextConstructed(0));
    cursor.optional(contextPrimitive(1));
    cursor.optional(contextConstructed(2));
    cursor.end();
    return name === undefined ? [] : readFullNameUrls(unwrap(name, name.tag));
  });
}

/** URIs of a DistributionPointName; a name relative to the issuer has none. */
export function readFullNameUrls(name: DerElement): readonly string[] {
  if (name.tag !== contextConstructed(0)) return [];
  return children(name, name.tag)
    .filter(({ tag }) => tag === contextPrimitive(6))
    .map((uri) => ascii(uri));
}
