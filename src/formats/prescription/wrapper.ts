import type { DocumentType } from './document.ts';

/** The wrapper around the CSV and its signature. Its elements are in no namespace and use lower-case `id`. */

export const xsiNamespace = 'http://www.w3.org/2001/XMLSchema-instance';

/** The one namespace declaration of the root, which an inclusive canonicalization of any subset inherits. */
export const xsiDeclaration = `xmlns:xsi="${xsiNamespace}"`;

/** Names, ids and constants of one document type, as the ministry's samples have them. */
export interface WrapperNames {
  readonly schema: string;
  readonly management: string;
  readonly version: string;
  /** The element that holds the base64 of the CSV. */
  readonly csv: string;
  /** The element that the first reference signs; its id is its name. */
  readonly signed: string;
  /** The element around ds:Signature; its name is the signature's Id. */
  readonly sign: string;
}

export const wrapperNames: Readonly<Record<DocumentType, WrapperNames>> = {
  prescription: {
    schema: 'EP.xsd',
    management: 'PrescriptionManagement',
    version: 'EPS1.0',
    csv: 'PrescriptionDocument',
    signed: 'PrescriptionDocument',
    sign: 'PrescriptionSign',
  },
  dispensing: {
    schema: 'ED.xsd',
    management: 'DispensingManagement',
    version: 'EPD1.0',
    csv: 'DispensingDocument',
    signed: 'Dispensing',
    sign: 'DispensingSign',
  },
};

/** Ids that a dispensing result always has; a nested prescription must not bring one of them along. */
export const dispensingIds: readonly string[] = ['Document', 'DispensingManagement', 'Dispensing', 'DispensingDocument', 'DispensingSign'];

/** Everything before the element that the first reference signs. */
export function wrapperHead(type: DocumentType): string {
  const { schema, management, version } = wrapperNames[type];
  const root = `<?xml version="1.0" encoding="UTF-8"?><Document ${xsiDeclaration} id="Document" xsi:noNamespaceSchemaLocation="${schema}">`;
  const versioned = `<${management} id="${management}"><Version Value="${version}"/></${management}>`;
  return type === 'prescription' ? `${root}<Prescription>${versioned}` : `${root}${versioned}`;
}

/** Between the signed element and ds:Signature. */
export function signHead(type: DocumentType): string {
  return `<${wrapperNames[type].sign}>`;
}

/** Right after ds:Signature. */
export function signTail(type: DocumentType): string {
  return `</${wrapperNames[type].sign}>`;
}

/** Everything after the element around ds:Signature. */
export function wrapperTail(type: DocumentType): string {
  return type === 'prescription' ? '</Prescription></Document>' : '</Document>';
}
