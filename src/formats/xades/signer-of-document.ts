import { readXml } from '../xml/reader.ts';
import { isNamed } from './certificate-checks.ts';
import { parseSignature } from './parsed-signature.ts';
import { locateSignedDocument } from './signed-wrapper.ts';

/**
 * DER of the certificate that a signed file names as its signer's, found by the paths that the verifier pins. Verifies
 * nothing. Throws XmlRefusal and StructureRefused.
 */
export function signerOfDocument(xml: Uint8Array): Uint8Array {
  const { certificates, namedCertificate } = parseSignature(locateSignedDocument(readXml(xml).root).signature);
  const named = certificates.find((der) => namedCertificate !== null && isNamed(der, namedCertificate)) ?? certificates[0];
  if (named === undefined) throw new Error('a parsed signature has a certificate');
  return named;
}
