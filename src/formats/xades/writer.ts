import { createHash, hash } from 'node:crypto';
import type { DocumentType } from '../prescription/document.ts';
import { signHead, wrapperHead, wrapperNames, wrapperTail, xsiDeclaration } from '../prescription/wrapper.ts';
import { exclusive, inclusive } from './canonicalization.ts';
import { carryPrescription, type CarriedPrescription } from './carried-prescription.ts';
import { sha256Base64, toBase64 } from './digests.ts';
import { checkSignatureIds, signatureIds, type SignatureIds } from './signature-ids.ts';
import type { SignatureProfile } from './signature-profile.ts';
import { keyInfo, signedInfo, signedProperties } from './signed-parts.ts';
import { dsNamespace, xadesNamespace } from './vocabulary.ts';

export type DocumentInput =
  | { readonly type: 'prescription'; readonly csv: Uint8Array }
  /** `prescription` is the doctor's signed XML. Check it first: the writer only carries it. */
  | { readonly type: 'dispensing'; readonly csv: Uint8Array; readonly prescription: Uint8Array };

export interface SignatureChoices {
  /** DER of the signing certificate. */
  readonly certificate: Uint8Array;
  readonly signingTime: Date;
  readonly profile: SignatureProfile;
  /** Ids of an earlier preparation, to make the same bytes again. By default they follow from the document. */
  readonly ids?: SignatureIds;
}

/** A document that only lacks the signature value. The same input gives the same bytes, always. */
export interface PreparedSignature {
  /** Canonical bytes of SignedInfo: what the key signs (RSASSA-PKCS1-v1_5 with SHA-256). */
  readonly signedInfo: Uint8Array;
  /** SHA-256 of `signedInfo`, 32 bytes. */
  readonly hash: Uint8Array;
  /** SHA-256 of the first reference: the CSV in its wrapper and, for a dispensing result, the nested prescription. 32 bytes. */
  readonly documentDigest: Uint8Array;
  readonly ids: SignatureIds;
  /** The whole XML file, UTF-8. Verifies nothing. Throws RangeError for an empty value. */
  assemble(signatureValue: Uint8Array): Uint8Array;
}

/**
 * Prepares an enveloped XAdES-BES signature (ETSI TS 101 903 v1.3.2) over a prescription or a dispensing result. Everything is
 * written in canonical form at once, so that nothing has to be parsed to be hashed.
 *
 * Throws XmlRefusal or PrescriptionNotCarriable for a prescription that cannot be nested, DerError for a certificate whose issuer
 * cannot be read, RangeError for a signing time or ids that cannot be written.
 */
export function prepareSignature(input: DocumentInput, by: SignatureChoices): PreparedSignature {
  const { type } = input;
  const { profile, certificate } = by;
  const signed = input.type === 'prescription' ? csvElement('prescription', input.csv) : dispensingElement(input.csv, carryPrescription(input.prescription));
  const ids = by.ids === undefined ? signatureIds(type, signed.ids) : checkSignatureIds(by.ids, type, signed.ids);

  const documentDigest = hashSigned(signed, profile);
  const key = keyInfo(certificate, ids);
  const properties = signedProperties(certificate, by.signingTime, profile, ids);
  const info = signedInfo(
    wrapperNames[type].signed,
    {
      document: toBase64(documentDigest),
      keyInfo: sha256Base64(key.canonical),
      signedProperties: sha256Base64(properties.canonical),
    },
    profile,
    ids,
  );
  return {
    signedInfo: Buffer.from(info.canonical),
    hash: hash('sha256', info.canonical, 'buffer'),
    documentDigest,
    ids,
    assemble(signatureValue) {
      if (signatureValue.length === 0) throw new RangeError('the signature value is empty');
      const head = wrapperHead(type) + openTag(signed, '');
      const tail =
        `</${signed.name}>${signHead(type)}<xs:Signature xmlns:xs="${dsNamespace}" Id="${ids.signature}">${info.inFile}` +
        `<xs:SignatureValue Id="${ids.signatureValue}">${toBase64(signatureValue)}</xs:SignatureValue>${key.inFile}` +
        `<xs:Object xmlns:xa="${xadesNamespace}"><xa:QualifyingProperties Target="#${ids.signature}">${properties.inFile}` +
        `</xa:QualifyingProperties></xs:Object></xs:Signature>${wrapperTail(type)}`;
      return join(head, signed.content, tail);
    },
  };
}

/** The element of the first reference. */
interface SignedElement {
  readonly name: string;
  /** Between its tags: texts as written by us, bytes as carried. */
  readonly content: readonly (string | CarriedPrescription)[];
  /** Ids inside, which those of the signature must not meet. */
  readonly ids: ReadonlySet<string>;
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
    content: [
      '<ReferencePrescription>',
      carried,
      `</ReferencePrescription>${openTag(document, '')}`,
      ...document.content,
      `</${document.name}>`,
    ],
    ids: carried.ids,
  };
}

function openTag(element: Pick<SignedElement, 'name'>, declarations: string): string {
  return `<${element.name}${declarations} id="${element.name}">`;
}

/** SHA-256 of the element as the profile's canonicalization of it reads. */
function hashSigned(element: SignedElement, profile: SignatureProfile): Uint8Array {
  const canonicalization = profile.reference1 === 'inclusive' ? inclusive : exclusive;
  // Inclusive canonicalization pulls the root's declaration into the subset.
  const digest = createHash('sha256').update(openTag(element, profile.reference1 === 'inclusive' ? ` ${xsiDeclaration}` : ''));
  for (const piece of element.content) digest.update(typeof piece === 'string' ? piece : piece.canonical(canonicalization));
  return digest.update(`</${element.name}>`).digest();
}

function join(head: string, content: SignedElement['content'], tail: string): Uint8Array {
  let length = head.length + tail.length;
  for (const piece of content) length += typeof piece === 'string' ? piece.length : piece.bytes.length;
  // What we write is ASCII; what is carried is copied as bytes.
  const file = Buffer.allocUnsafeSlow(length);
  let at = file.write(head, 0, 'latin1');
  for (const piece of content) {
    if (typeof piece === 'string') at += file.write(piece, at, 'latin1');
    else {
      file.set(piece.bytes, at);
      at += piece.bytes.length;
    }
  }
  file.write(tail, at, 'latin1');
  return file;
}
