import type { DocumentType } from '../prescription/document.ts';
import { readXml } from '../xml/reader.ts';
import { locateSignedDocument, type SignedWrapper } from './signed-wrapper.ts';

export interface ExtractedDocument {
  readonly type: DocumentType;
  /** Exactly the bytes that the signature covers, decoded. */
  readonly csv: Uint8Array;
  /** UUID that the management service gave to the prescription; null in a file that it has not stored yet. */
  readonly prescriptionId: string | null;
}

/** Takes the CSV out of a signed file by the same paths that the verifier pins. Verifies nothing. Throws XmlRefusal and StructureRefused. */
export function extractDocument(xml: Uint8Array): ExtractedDocument {
  return contentOf(locateSignedDocument(readXml(xml).root));
}

export function contentOf({ type, csv, prescriptionId }: SignedWrapper): ExtractedDocument {
  return { type, csv, prescriptionId };
}
