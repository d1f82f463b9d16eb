import { textOnly, type XmlElement } from '../xml/tree.ts';
import { decodeBase64 } from './base64.ts';
import { check } from './checks.ts';
import type { VerificationCheck, VerificationReport } from './report.ts';
import { shown } from './structure.ts';
import { xades141Namespace, xadesNamespace } from './vocabulary.ts';

/** What was added after signing: read from what is present, not evaluated. */
export interface UnsignedProperties {
  readonly level: NonNullable<VerificationReport['level']>;
  /** Local names of the properties, each once, in the order of the file. */
  readonly names: readonly string[];
  /** CA certificates inside, DER. They may help to build a path and are trusted for nothing. */
  readonly certificates: readonly Uint8Array[];
}

/**
 * Issuing CAs, roots and those of the time-stamps; anything beyond is not worth building paths with.
 * SECURITY: counted over the whole file, since each one may cost a signature check (test/unit/formats/xades/hostile-size.test.ts).
 */
const maxCertificates = 16;
/** No level has more than a dozen kinds of properties; a hostile file's names must not flood the report. */
const maxNames = 20;

/** `properties`: UnsignedSignatureProperties, null where there are none. Elements of other namespaces are passed over. */
export function readUnsignedProperties(properties: XmlElement | null): UnsignedProperties {
  const names = new Set<string>();
  const certificates: Uint8Array[] = [];
  for (const child of properties?.children ?? []) {
    if (child.kind !== 'element' || (child.uri !== xadesNamespace && child.uri !== xades141Namespace)) continue;
    names.add(child.local);
    if (child.local === 'CertificateValues') addEncapsulated(child, certificates);
  }
  return { level: levelOf(names), names: [...names], certificates };
}

function levelOf(names: ReadonlySet<string>): UnsignedProperties['level'] {
  if (!names.has('SignatureTimeStamp')) return 'BES';
  if (!names.has('CertificateValues') || !names.has('RevocationValues')) return 'T';
  return names.has('ArchiveTimeStamp') ? 'A' : 'XL';
}

function addEncapsulated(values: XmlElement, certificates: Uint8Array[]): void {
  for (const child of values.children) {
    if (certificates.length === maxCertificates) return;
    if (child.kind !== 'element' || child.local !== 'EncapsulatedX509Certificate') continue;
    const der = decodeBase64(textOnly(child) ?? '');
    if (der !== null) certificates.push(der);
  }
}

/** Nothing for a bare BES: a clinic submits without unsigned properties, and their absence is no fault. */
export function checkUnsignedProperties({ level, names }: UnsignedProperties): readonly VerificationCheck[] {
  if (names.length === 0) return [];
  const listed = names.slice(0, maxNames).map(shown).join(', ') + (names.length > maxNames ? ', …' : '');
  const present = check(
    'signature.unsignedProperties', 'VALID',
    `署名の後に付与された属性があります（${listed}）。署名の対象ではなく、内容は評価していません。`,
    `There are properties that were added after signing (${listed}). The signature does not cover them, and their content is not evaluated.`,
  );
  if (level === 'BES') return [present];
  return [
    present,
    check(
      'signature.timestamp', 'INDETERMINATE',
      `タイムスタンプが付与されています（XAdES-${level}）が、この版では検証しないため、署名が存在した時刻は確かめられません。`,
      `A time-stamp is present (XAdES-${level}); this version does not evaluate it, so the time of the signature is not established.`,
    ),
  ];
}
