import { hash } from 'node:crypto';
import { signHead, signTail, wrapperHead, wrapperNames, wrapperTail } from '../prescription/wrapper.ts';
import { sha256Base64, toBase64 } from './digests.ts';
import { checkSignatureIds, signatureIds, type SignatureIds } from './signature-ids.ts';
import type { SignatureProfile } from './signature-profile.ts';
import { closeTag, hashSigned, joinFile, openTag, signedElement, type DocumentInput } from './signed-element.ts';
import { keyInfo, signedInfo, signedProperties } from './signed-parts.ts';
import { dsNamespace, xadesNamespace } from './vocabulary.ts';

export type { DocumentInput };

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
  readonly assemble: (signatureValue: Uint8Array) => Uint8Array;
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
  const signed = signedElement(input);
  const ids = by.ids === undefined ? signatureIds(type, signed.ids) : checkSignatureIds(by.ids, type, signed.ids);

  const documentDigest = hashSigned(signed, profile.reference1);
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
      const head = wrapperHead(type) + openTag(signed);
      const tail =
        `${closeTag(signed)}${signHead(type)}<xs:Signature xmlns:xs="${dsNamespace}" Id="${ids.signature}">${info.inFile}` +
        `<xs:SignatureValue Id="${ids.signatureValue}">${toBase64(signatureValue)}</xs:SignatureValue>${key.inFile}` +
        `<xs:Object xmlns:xa="${xadesNamespace}"><xa:QualifyingProperties Target="#${ids.signature}">${properties.inFile}` +
        `</xa:QualifyingProperties></xs:Object></xs:Signature>${signTail(type)}${wrapperTail(type)}`;
      return joinFile([head, ...signed.content, tail]);
    },
  };
}
