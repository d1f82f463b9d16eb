import type { DocumentType } from '../prescription/document.ts';
import { wrapperNames } from '../prescription/wrapper.ts';
import { attributeValue, childElements, textOnly, type XmlElement } from '../xml/tree.ts';
import { decodeBase64 } from './base64.ts';
import { holdsComment } from './carried-prescription.ts';
import { collectIdentifiers } from './identifiers.ts';
import { elementsOf, partsOf, shown, StructureRefused } from './structure.ts';
import { dsNamespace } from './vocabulary.ts';

/** One signed document at one of the three places where a signature may stand. */
export interface SignedWrapper {
  readonly type: DocumentType;
  /** What the first reference must sign. */
  readonly signed: XmlElement;
  readonly signedId: string;
  readonly csv: Uint8Array;
  readonly signature: XmlElement;
  /** Of the stored copy, or null: `PrescriptionManagement/PrescriptionId/@Value`. For a dispensing result, of the nested prescription. */
  readonly prescriptionId: string | null;
  readonly nested: SignedWrapper | null;
}

/**
 * Finds the parts of a signed document by their exact paths.
 * SECURITY: /Document/Prescription, /Document/Dispensing and the ReferencePrescription inside are the only places; nothing is ever
 * looked up by name or id (test/unit/formats/xades/signature-wrapping.test.ts). Throws StructureRefused.
 */
export function locateSignedDocument(root: XmlElement): SignedWrapper {
  if (root.name !== 'Document' || root.uri !== '') {
    throw new StructureRefused('document.structure', {
      ja: `ルート要素がDocumentではありません（${shown(root.name)}）。電子処方箋・調剤結果のファイルか確認してください。`,
      en: `The root element is not Document (${shown(root.name)}). Please check that this is an electronic prescription or dispensing result.`,
    });
  }
  const isDispensing = childElements(root).some(({ local }) => local === 'Dispensing');
  const wrapper = isDispensing ? dispensing(root) : prescriptionFile(root);
  refuseDoubles(root, isDispensing);
  refuseAmbiguousIdentifiers(root);
  return wrapper;
}

function prescriptionFile(root: XmlElement): SignedWrapper {
  const { Prescription: prescription } = partsOf(root, 'document.structure', '', ['Prescription']);
  refuseComments(prescription);
  return prescriptionParts(prescription);
}

/** Children of Prescription, or of ReferencePrescription: they are the same. */
function prescriptionParts(element: XmlElement): SignedWrapper {
  const parts = partsOf(element, 'document.structure', '', ['PrescriptionManagement', 'PrescriptionDocument', 'PrescriptionSign'], ['AdditionalPrescriptionInformation']);
  return {
    type: 'prescription',
    signed: parts.PrescriptionDocument,
    signedId: idOf(parts.PrescriptionDocument),
    csv: csvOf(parts.PrescriptionDocument),
    signature: signatureOf(parts.PrescriptionSign),
    prescriptionId: prescriptionIdOf(parts.PrescriptionManagement),
    nested: null,
  };
}

function dispensing(root: XmlElement): SignedWrapper {
  const parts = partsOf(root, 'document.structure', '', ['DispensingManagement', 'Dispensing', 'DispensingSign'], ['AdditionalDispensedInformation']);
  const { Dispensing: signed, DispensingSign: sign } = parts;
  refuseComments(signed);
  refuseComments(sign);
  const inside = partsOf(signed, 'document.structure', '', ['ReferencePrescription', 'DispensingDocument']);
  const nested = prescriptionParts(inside.ReferencePrescription);
  return {
    type: 'dispensing',
    signed,
    signedId: idOf(signed),
    csv: csvOf(inside.DispensingDocument),
    signature: signatureOf(sign),
    prescriptionId: nested.prescriptionId,
    nested,
  };
}

function idOf(element: XmlElement): string {
  const id = attributeValue(element, 'id');
  if (id === null || id === '') {
    throw new StructureRefused('document.structure', {
      ja: `要素 ${element.local} に属性 id がありません。`,
      en: `The element ${element.local} has no attribute id.`,
    });
  }
  return id;
}

function csvOf(element: XmlElement): Uint8Array {
  const text = textOnly(element);
  const csv = text === null ? null : decodeBase64(text);
  if (csv === null) {
    throw new StructureRefused('document.structure', {
      ja: `要素 ${element.local} の中身がbase64ではありません。`,
      en: `The content of ${element.local} is not base64.`,
    });
  }
  return csv;
}

function signatureOf(sign: XmlElement): XmlElement {
  return partsOf(sign, 'document.structure', dsNamespace, ['Signature']).Signature;
}

function prescriptionIdOf(management: XmlElement): string | null {
  const found = elementsOf(management, 'document.structure').filter(({ name, uri }) => name === 'PrescriptionId' && uri === '');
  const [only, second] = found;
  return only === undefined || second !== undefined ? null : attributeValue(only, 'Value');
}

function refuseComments(element: XmlElement): void {
  if (!holdsComment(element)) return;
  throw new StructureRefused('document.structure', {
    ja: `要素 ${element.local} の中にコメントがあります。署名の対象を紛らわしくするため、受け付けません。`,
    en: `There is a comment inside ${element.local}. It could blur what is signed and is not accepted.`,
  });
}

/** SECURITY: a second document or signature anywhere, even where no path leads, is an attack (test/unit/formats/xades/verifier-refusals.test.ts). */
function refuseDoubles(root: XmlElement, isDispensing: boolean): void {
  const allowed: Readonly<Record<string, number>> = {
    [wrapperNames.prescription.csv]: 1,
    [wrapperNames.dispensing.csv]: isDispensing ? 1 : 0,
    Signature: isDispensing ? 2 : 1,
  };
  const counts = new Map<string, number>();
  const pending: XmlElement[] = [root];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (Object.hasOwn(allowed, next.local)) {
      const count = (counts.get(next.local) ?? 0) + 1;
      counts.set(next.local, count);
      if (count > (allowed[next.local] ?? 0)) {
        throw new StructureRefused('document.structure', {
          ja: `要素 ${next.local} が余分にあります。署名された内容をすり替える攻撃のおそれがあるため、受け付けません。`,
          en: `There is one ${next.local} too many. It may be an attempt to swap what was signed and is not accepted.`,
        });
      }
    }
    for (const child of next.children) if (child.kind === 'element') pending.push(child);
  }
}

/** SECURITY: two elements of one id, and two readers follow a reference to two places (test/unit/formats/xades/verifier-refusals.test.ts). */
function refuseAmbiguousIdentifiers(root: XmlElement): void {
  const { ambiguous } = collectIdentifiers(root);
  if (ambiguous === null) return;
  throw new StructureRefused('document.identifiers', {
    ja: `同じ id が2か所にあるか、1つの要素に id が2つあります（${shown(ambiguous)}）。署名された内容をすり替える攻撃のおそれがあるため、受け付けません。`,
    en: `An id occurs twice, or an element has two (${shown(ambiguous)}). It may be an attempt to swap what was signed and is not accepted.`,
  });
}
