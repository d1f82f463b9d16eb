import { createHash } from 'node:crypto';
import { contextConstructed, contextPrimitive, DerCursor, DerError, readDer, tags, unwrap, type DerElement } from './der.ts';
import { readBitStringBytes, readBoolean, readInteger, readOid, readSmallInteger, readTime } from './der-values.ts';
import {
  extensionOids,
  extensionValue,
  readAuthorityKeyIdentifier,
  readExtensions,
  readFullNameUrls,
  type AuthorityKeyIdentifier,
  type ExtensionElement,
} from './extensions.ts';
import { readName, type DistinguishedName } from './name.ts';
import type { SignedData } from './signed-data.ts';

/** CRLReason of RFC 5280 §5.3.1. */
export const crlReasons = {
  unspecified: 0,
  keyCompromise: 1,
  cACompromise: 2,
  affiliationChanged: 3,
  superseded: 4,
  cessationOfOperation: 5,
  certificateHold: 6,
  removeFromCRL: 8,
  privilegeWithdrawn: 9,
  aACompromise: 10,
} as const;

export type CrlReason = keyof typeof crlReasons;

export interface RevokedCertificate {
  readonly serialNumber: bigint;
  readonly revocationDate: Date;
  readonly reason: CrlReason | null;
  /** From when on the CA holds the key for lost. */
  readonly invalidityDate: Date | null;
}

/** Which certificates a list speaks of (RFC 5280 §5.2.5). */
export interface IssuingDistributionPoint {
  readonly urls: readonly string[];
  readonly onlyUserCertificates: boolean;
  readonly onlyCaCertificates: boolean;
}

/** An X.509 CRL as RFC 5280 §5 describes it. */
export interface CertificateRevocationList extends SignedData {
  readonly der: Uint8Array;
  /** SHA-256 of `der`, lower-case hex. */
  readonly sha256: string;
  readonly issuer: DistinguishedName;
  readonly thisUpdate: Date;
  readonly nextUpdate: Date | null;
  readonly authorityKeyIdentifier: AuthorityKeyIdentifier | null;
  readonly crlNumber: bigint | null;
  readonly issuingDistributionPoint: IssuingDistributionPoint | null;
  /** By serial number. */
  readonly revoked: ReadonlyMap<bigint, RevokedCertificate>;
  /** Why this list must not be used to tell a certificate's status (RFC 5280 §5.2, §5.3); empty where it may. */
  readonly unsupported: readonly string[];
}

const maxCrlBytes = 32 * 1024 * 1024;

/** Reads one CRL. The bytes are copied. Throws DerError, and nothing else, for whatever bytes are given. */
export function parseCrl(bytes: Uint8Array): CertificateRevocationList {
  const der = Uint8Array.from(bytes);
  const outer = new DerCursor(readDer(der, maxCrlBytes), tags.sequence);
  const tbs = outer.next(tags.sequence);
  const algorithm = outer.next(tags.sequence);
  const signature = readBitStringBytes(outer.next());
  outer.end();

  const cursor = new DerCursor(tbs, tags.sequence);
  const version = cursor.optional(tags.integer);
  if (version !== undefined && readSmallInteger(version) !== 1) {
    throw new DerError('bad-value', version.offset, 'the CRL has an unknown version');
  }
  const signedAlgorithm = cursor.next(tags.sequence);
  if (Buffer.compare(signedAlgorithm.encoded, algorithm.encoded) !== 0) {
    throw new DerError('bad-value', algorithm.offset, 'the two signature algorithms differ');
  }
  const issuer = readName(cursor.next());
  const thisUpdate = readTime(cursor.next());
  const hasNextUpdate = cursor.nextTag === tags.utcTime || cursor.nextTag === tags.generalizedTime;
  const nextUpdate = hasNextUpdate ? readTime(cursor.next()) : null;
  const entries = cursor.optional(tags.sequence);
  const extensionList = cursor.optional(contextConstructed(0));
  cursor.end();

  const unsupported = new Set<string>();
  const revoked = entries === undefined ? new Map<bigint, RevokedCertificate>() : readEntries(entries, unsupported);
  const extensions =
    extensionList === undefined ? new Map<string, ExtensionElement>() : readExtensions(unwrap(extensionList, extensionList.tag));
  noteUnknownCritical(extensions, knownExtensions, unsupported);
  if (extensions.has(extensionOids.deltaCrlIndicator)) unsupported.add('delta CRL');

  return {
    der,
    sha256: createHash('sha256').update(der).digest('hex'),
    tbs: tbs.encoded,
    signatureAlgorithm: readOid(new DerCursor(algorithm).next()),
    signatureAlgorithmDer: algorithm.encoded,
    signature,
    issuer,
    thisUpdate,
    nextUpdate,
    authorityKeyIdentifier: extensionValue(extensions, extensionOids.authorityKeyIdentifier, readAuthorityKeyIdentifier, null),
    crlNumber: extensionValue(extensions, extensionOids.crlNumber, (element) => readInteger(element), null),
    issuingDistributionPoint: extensionValue(
      extensions,
      extensionOids.issuingDistributionPoint,
      (element) => readIssuingDistributionPoint(element, unsupported),
      null,
    ),
    revoked,
    unsupported: [...unsupported],
  };
}

const knownExtensions: ReadonlySet<string> = new Set([
  extensionOids.authorityKeyIdentifier,
  extensionOids.crlNumber,
  extensionOids.issuingDistributionPoint,
  extensionOids.deltaCrlIndicator,
]);

const knownEntryExtensions: ReadonlySet<string> = new Set([extensionOids.crlReason, extensionOids.invalidityDate]);

function noteUnknownCritical(
  extensions: ReadonlyMap<string, ExtensionElement>,
  known: ReadonlySet<string>,
  unsupported: Set<string>,
): void {
  for (const { oid, critical } of extensions.values()) {
    if (critical && !known.has(oid)) unsupported.add(`critical extension ${oid}`);
  }
}

function readEntries(list: DerElement, unsupported: Set<string>): Map<bigint, RevokedCertificate> {
  const revoked = new Map<bigint, RevokedCertificate>();
  const cursor = new DerCursor(list, tags.sequence);
  while (!cursor.done) {
    const entry = readEntry(cursor.next(), unsupported);
    const earlier = revoked.get(entry.serialNumber);
    if (earlier === undefined || entry.revocationDate < earlier.revocationDate) revoked.set(entry.serialNumber, entry);
  }
  return revoked;
}

function readEntry(element: DerElement, unsupported: Set<string>): RevokedCertificate {
  const cursor = new DerCursor(element, tags.sequence);
  const serialNumber = readInteger(cursor.next());
  const revocationDate = readTime(cursor.next());
  const extensionList = cursor.optional(tags.sequence);
  cursor.end();
  if (extensionList === undefined) return { serialNumber, revocationDate, reason: null, invalidityDate: null };
  const extensions = readExtensions(extensionList);
  noteUnknownCritical(extensions, knownEntryExtensions, unsupported);
  const reason = extensionValue(extensions, extensionOids.crlReason, readReason, null);
  // Belongs in delta CRLs only (RFC 5280 §5.3.1).
  if (reason === 'removeFromCRL') unsupported.add('removeFromCRL');
  return {
    serialNumber,
    revocationDate,
    reason,
    invalidityDate: extensionValue(extensions, extensionOids.invalidityDate, readTime, null),
  };
}

const reasonNames: ReadonlyMap<number, CrlReason> = new Map(
  (Object.keys(crlReasons) as CrlReason[]).map((name) => [crlReasons[name], name]),
);

function readReason(element: DerElement): CrlReason {
  const reason = reasonNames.get(readSmallInteger(element, tags.enumerated));
  if (reason === undefined) throw new DerError('bad-value', element.offset, 'the reason code is unknown');
  return reason;
}

function readIssuingDistributionPoint(element: DerElement, unsupported: Set<string>): IssuingDistributionPoint {
  const cursor = new DerCursor(element, tags.sequence);
  const name = cursor.optional(contextConstructed(0));
  const flag = (n: number): boolean => {
    const found = cursor.optional(contextPrimitive(n));
    return found !== undefined && readBoolean(found, found.tag);
  };
  const onlyUserCertificates = flag(1);
  const onlyCaCertificates = flag(2);
  if (cursor.optional(contextPrimitive(3)) !== undefined) unsupported.add('onlySomeReasons');
  if (flag(4)) unsupported.add('indirect CRL');
  if (flag(5)) unsupported.add('onlyContainsAttributeCerts');
  cursor.end();
  const urls = name === undefined ? [] : readFullNameUrls(unwrap(name, name.tag));
  // A part of the CA's list under a name that certificates cannot be matched with.
  if (name !== undefined && urls.length === 0) unsupported.add('distribution point without URL');
  return { urls, onlyUserCertificates, onlyCaCertificates };
}
