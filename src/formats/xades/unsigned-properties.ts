import { textOnly, type XmlElement } from '../xml/tree.ts';
import { decodeBase64 } from './base64.ts';
import { check } from './checks.ts';
import type { VerificationCheck, VerificationReport } from './report.ts';
import { xades141Namespace, xadesNamespace } from './vocabulary.ts';

/** What was added after signing: read from what is present, not evaluated. */
export interface UnsignedProperties {
  readonly level: NonNullable<VerificationReport['level']>;
  /** CA certificates inside, DER. They may help to build a path and are trusted for nothing. */
  readonly certificates: readonly Uint8Array[];
}

/** Issuing CAs, roots and those of the time-stamps; anything beyond is not worth building paths with. */
const maxCertificates = 16;

export function readUnsignedProperties(properties: XmlElement | null): UnsignedProperties {
  const names = new Set<string>();
  const certificates: Uint8Array[] = [];
  for (const child of properties?.children ?? []) {
    if (child.kind !== 'element' || (child.uri !== xadesNamespace && child.uri !== xades141Namespace)) continue;
    names.add(child.local);
    if (child.local === 'CertificateValues') certificates.push(...encapsulated(child).slice(0, maxCertificates));
  }
  return { level: levelOf(names), certificates };
}

function levelOf(names: ReadonlySet<string>): UnsignedProperties['level'] {
  if (!names.has('SignatureTimeStamp')) return 'BES';
  if (!names.has('CertificateValues') || !names.has('RevocationValues')) return 'T';
  return names.has('ArchiveTimeStamp') ? 'A' : 'XL';
}

function encapsulated(values: XmlElement): readonly Uint8Array[] {
  return values.children.flatMap((child) => {
    if (child.kind !== 'element' || child.local !== 'EncapsulatedX509Certificate') return [];
    const der = decodeBase64(textOnly(child) ?? '');
    return der === null ? [] : [der];
  });
}

/** Nothing for BES: a clinic submits without a time-stamp, and its absence is no fault. */
export function checkTimestamp(level: UnsignedProperties['level']): readonly VerificationCheck[] {
  if (level === 'BES') return [];
  return [
    check(
      'signature.timestamp', 'INDETERMINATE',
      `タイムスタンプが付与されています（XAdES-${level}）が、この版では検証しないため、署名が存在した時刻は確かめられません。`,
      `A time-stamp is present (XAdES-${level}); this version does not evaluate it, so the time of the signature is not established.`,
    ),
  ];
}
