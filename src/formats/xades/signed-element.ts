import { hash } from 'node:crypto';
import type { DocumentType } from '../prescription/document.ts';
import { wrapperNames, xsiDeclaration } from '../prescription/wrapper.ts';
import { exclusive, inclusive } from './canonicalization.ts';
import { carryPrescription, type CarriedPrescription } from './carried-prescription.ts';
import { toBase64Bytes } from './digests.ts';
import type { SignatureProfile } from './signature-profile.ts';

export type DocumentInput =
  | { readonly type: 'prescription'; readonly csv: Uint8Array }
  /** `prescription` is the doctor's signed XML. Check it first: the writer only carries it. */
  | { readonly type: 'dispensing'; readonly csv: Uint8Array; readonly prescription: Uint8Array };

/** The element of the first reference. */
export interface SignedElement {
  readonly name: string;
  /** Between its tags: texts and base64 as written by us, bytes as carried. */
  readonly content: readonly (string | Uint8Array | CarriedPrescription)[];
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
  const open = openTag(element, reference1 === 'inclusive' ? ` ${xsiDeclaration}` : '');
  const content = element.content.map((piece) => (isCarried(piece) ? Buffer.from(piece.canonical(canonicalization)) : piece));
  return hash('sha256', joinFile([open, ...content, closeTag(element)]), 'buffer');
}

/** One file of texts that we wrote, which are ASCII, and of bytes that are carried as they are. */
export function joinFile(pieces: readonly (string | Uint8Array | Pick<CarriedPrescription, 'bytes'>)[]): Uint8Array {
  const parts = pieces.map((piece) => (isCarried(piece) ? piece.bytes : piece));
  const file = Buffer.allocUnsafeSlow(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    if (typeof part === 'string') at += file.write(part, at, 'latin1');
    else {
      file.set(part, at);
      at += part.length;
    }
  }
  return file;
}

function isCarried<Carried extends object>(piece: string | Uint8Array | Carried): piece is Carried {
  return typeof piece !== 'string' && !(piece instanceof Uint8Array);
}

const noIds: ReadonlySet<string> = new Set();

function csvElement(type: DocumentType, csv: Uint8Array): SignedElement {
  return { name: wrapperNames[type].csv, content: [toBase64Bytes(csv)], ids: noIds };
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
