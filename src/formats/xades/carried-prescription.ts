import { dispensingIds } from '../prescription/wrapper.ts';
import { xmlNamespace } from '../xml/names.ts';
import { byteOffset } from '../xml/prescan.ts';
import { readXml } from '../xml/reader.ts';
import type { Bilingual } from '../bilingual.ts';
import { childElements, type XmlDocument, type XmlElement } from '../xml/tree.ts';
import { canonicalizeContent, type Canonicalization } from './canonicalization.ts';
import { carryingScope, keepsSignature } from './carried-namespaces.ts';
import { collectIdentifiers } from './identifiers.ts';

/** The prescription cannot stand inside a dispensing result without its signature breaking. */
export class PrescriptionNotCarriable extends Error {
  override readonly name = 'PrescriptionNotCarriable';
  readonly reason: Bilingual;

  constructor(reason: Bilingual) {
    super(reason.en);
    this.reason = reason;
  }
}

/** What of a signed prescription goes into ReferencePrescription: the children of its Prescription element. */
export interface CarriedPrescription {
  /** As they stand in the file, to the byte. */
  readonly bytes: Uint8Array;
  /** The same as a canonicalization of the dispensing result sees them. */
  canonical(canonicalization: Canonicalization): string;
  readonly ids: ReadonlySet<string>;
}

/**
 * Takes the children of Prescription out of a signed prescription. Says nothing about the signature inside.
 * Throws XmlRefusal and PrescriptionNotCarriable.
 */
export function carryPrescription(xml: Uint8Array): CarriedPrescription {
  const document = readXml(xml);
  const prescription = findPrescription(document.root);
  if (prescription === null) {
    throw new PrescriptionNotCarriable({
      ja: '処方箋の構造（Document/Prescription）がありません。',
      en: 'There is no Document/Prescription in the prescription.',
    });
  }
  const obstacle = carryingObstacle(prescription);
  if (obstacle !== null) throw new PrescriptionNotCarriable(obstacle);
  const { from, to } = contentBytes(document, prescription, xml.length);
  return {
    bytes: xml.subarray(from, to),
    canonical: (canonicalization) => canonicalizeContent(prescription, canonicalization.method === 'inclusive' ? carryingScope : null, canonicalization),
    ids: collectIdentifiers(prescription).ids,
  };
}

/** The one Prescription of a signed file; null where there is none, or more than one. */
export function findPrescription(root: XmlElement): XmlElement | null {
  if (root.name !== 'Document' || root.uri !== '') return null;
  const found = childElements(root).filter((child) => child.name === 'Prescription' && child.uri === '');
  return found.length === 1 ? found[0] ?? null : null;
}

/**
 * Why a Prescription element cannot be carried, or null. Inclusive canonicalization makes whatever its ancestors declare part of
 * the doctor's hashed bytes, so that they may then declare exactly what the new ancestors declare: `xmlns:xsi`.
 */
export function carryingObstacle(prescription: XmlElement): Bilingual | null {
  if (!keepsSignature(prescription)) {
    return {
      ja: '処方箋のルート要素の名前空間宣言がxmlns:xsiだけではなく、医師の署名がそれに依存するため、調剤結果に組み込むと署名が壊れます。',
      en: 'The prescription’s root declares other namespaces than xmlns:xsi, and the doctor’s signature depends on them: nesting would break it.',
    };
  }
  for (let at: XmlElement | null = prescription; at !== null; at = at.parent) {
    if (at.attributes.some((attribute) => attribute.uri === xmlNamespace)) {
      return {
        ja: '処方箋のルート要素にxml:で始まる属性があるため、調剤結果に組み込むと医師の署名が壊れます。',
        en: 'The prescription’s root has an attribute of the xml: prefix: nesting it would break the doctor’s signature.',
      };
    }
  }
  const { ids, ambiguous } = collectIdentifiers(prescription);
  const colliding = ambiguous ?? dispensingIds.find((id) => ids.has(id));
  if (colliding !== undefined) {
    return {
      ja: '処方箋の中のidが重複しているか、調剤結果が使うidと同じです。',
      en: 'An id inside the prescription occurs twice, or is one that a dispensing result uses.',
    };
  }
  if (holdsComment(prescription)) {
    return {
      ja: '処方箋の中にコメントがあります。',
      en: 'There is a comment inside the prescription.',
    };
  }
  return null;
}

export function holdsComment(element: XmlElement): boolean {
  const pending: XmlElement[] = [element];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    for (const child of next.children) {
      if (child.kind === 'comment') return true;
      if (child.kind === 'element') pending.push(child);
    }
  }
  return false;
}

function contentBytes(document: XmlDocument, element: XmlElement, length: number): { readonly from: number; readonly to: number } {
  // In an all-ASCII file, which nearly every one is, offsets of text and bytes are the same.
  if (document.source.length === length) return { from: element.contentStart, to: element.contentEnd };
  return { from: byteOffset(document.source, element.contentStart), to: byteOffset(document.source, element.contentEnd) };
}
