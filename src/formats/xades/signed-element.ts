import { createHash } from 'node:crypto';
import type { DocumentType } from '../prescription/document.ts';
import { wrapperNames, xsiDeclaration } from '../prescription/wrapper.ts';
import { exclusive, inclusive } from './canonicalization.ts';
import { carryPrescription, type CarriedPrescription } from './carried-prescription.ts';
import { toBase64 } from './digests.ts';
import type { SignatureProfile } from './signature-profile.ts';

export type DocumentInput =
  | { readonly type: 'prescription'; readonly csv: Uint8Array }
  /** `prescription` is the doctor's signed XML. Check it first: the writer only carries it. */
  | { readonly type: 'dispensing'; readonly csv: Uint8Array; readonly prescription: Uint8Array };

/** The element of the first reference. */
export interface SignedElement {
  readonly name: string;
  /** Between its tags: texts as written by us, bytes as carried. */
  readonly content: readonly (string | CarriedPrescription)[];
  /** Ids inside, which those of the signature must not meet. */
  readonly ids: ReadonlySet<string>;
}

/** Throws XmlRefusal or PrescriptionNotCarriable for a prescription that cannot be nested. */
export function signedElement(input: DocumentInput): SignedElement {
  return input.type === 'prescription' ? csvElement('prescription', input.csv) : dispensingElement(input.csv, carryPrescription(input.prescription));
}

export function openTag(element: Pick<SignedElement, 'name'>, declarations = ''): string {
  return `<${element.name}${declarations} id="${element.name}">`;
}

export function closeTag(element: Pick<SignedElement, 'name'>): string {
  return `</${element.name}>`;
}

/** SHA-256 of the element as the canonicalization of the first reference reads it. */
export function hashSigned(element: SignedElement, reference1: SignatureProfile['reference1']): Uint8Array {
  const canonicalization = reference1 === 'inclusive' ? inclusive : exclusive;
  // Inclusive canonicalization pulls the root's declaration into the subset.
  const digest = createHash('sha256').update(openTag(element, reference1 === 'inclusive' ? ` ${xsiDeclaration}` : ''));
  for (const piece of element.content) digest.update(typeof piece === 'string' ? piece : piece.canonical(canonicalization));
  return digest.update(closeTag(element)).digest();
}

/** One file of texts that we wrote, which are ASCII, and of bytes that are carried as they are. */
export function joinFile(pieces: readonly (string | Pick<CarriedPrescription, 'bytes'>)[]): Uint8Array {
  let length = 0;
  for (const piece of pieces) length += typeof piece === 'string' ? piece.length : piece.bytes.length;
  const file = Buffer.allocUnsafeSlow(length);
  let at = 0;
  for (const piece of pieces) {
    if (typeof piece === 'string') at += file.write(piece, at, 'latin1');
    else {
      file.set(piece.bytes, at);
      at += piece.bytes.length;
    }
  }
  return file;
}

const noIds: ReadonlySet<string> = new Set();

function csvElement(type: DocumentType, csv: Uint8Array): SignedElement {
  return { name: wrapperNames[type].csv, content: [toBase64(csv)], ids: noIds };
}

function dispensingElement(csv: Uint8Array, carried: CarriedPrescription): SignedElement {
  const document = csvElement('dispensing', csv);
  const { signed } = wrapperNames.dispensing;
  return {
    name: signed,
    content: ['<ReferencePrescription>', carried, `</ReferencePrescription>${openTag(document)}`, ...document.content, closeTag(document)],
    ids: carried.ids,
  };
}
