import { wrapperNames } from '../prescription/wrapper.ts';
import type { DocumentType } from '../prescription/document.ts';

/** The Id attributes of one signature. `signature` is fixed by the document type. */
export interface SignatureIds {
  readonly signature: string;
  readonly signedInfo: string;
  readonly signatureValue: string;
  readonly keyInfo: string;
  readonly signedProperties: string;
}

/** Ids that follow from the document alone, so that a repeated preparation gives the same bytes. None is in `taken`. */
export function signatureIds(type: DocumentType, taken: ReadonlySet<string>): SignatureIds {
  const signature = wrapperNames[type].sign;
  for (let attempt = 1; ; attempt += 1) {
    const stem = attempt === 1 ? signature : `${signature}-${attempt}`;
    const ids = {
      signature,
      signedInfo: `${stem}-SignedInfo`,
      signatureValue: `${stem}-SignatureValue`,
      keyInfo: `${stem}-KeyInfo`,
      signedProperties: `${stem}-SignedProperties`,
    };
    if (!generatedIds(ids).some((id) => taken.has(id))) return ids;
  }
}

function generatedIds(ids: SignatureIds): readonly string[] {
  return [ids.signedInfo, ids.signatureValue, ids.keyInfo, ids.signedProperties];
}

const ncName = /^[A-Za-z_][A-Za-z0-9._-]{0,127}$/;

/** Ids given from outside (a journal's recipe): well-formed, different from each other, and not in `taken`. Throws RangeError. */
export function checkSignatureIds(ids: SignatureIds, type: DocumentType, taken: ReadonlySet<string>): SignatureIds {
  const generated = generatedIds(ids);
  const fixed = [wrapperNames[type].signed, wrapperNames[type].csv, wrapperNames[type].management, 'Document', ids.signature];
  const fits =
    ids.signature === wrapperNames[type].sign &&
    generated.every((id) => ncName.test(id) && !taken.has(id) && !fixed.includes(id)) &&
    new Set(generated).size === generated.length;
  if (!fits) throw new RangeError('the signature ids do not fit the document');
  return ids;
}
