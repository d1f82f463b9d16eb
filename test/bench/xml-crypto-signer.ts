import { X509Certificate } from 'node:crypto';
import { SignedXml } from 'xml-crypto';

const exclusive = 'http://www.w3.org/2001/10/xml-exc-c14n#';
const rsaSha256 = 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256';

/**
 * The same wrapper, signed by xml-crypto 6.3 as it can: plain XML Signature with one reference and the certificate beside
 * it. It has no XAdES, so that signed properties and a signed KeyInfo, which a prescription needs, are missing: less work
 * than ours and xadesjs's. The key operation costs nothing and answers `value`.
 */
export function signByXmlCrypto(csv: Uint8Array, value: Uint8Array, certificate: Uint8Array): string {
  const signed = new SignedXml({
    // Never used: the algorithm below does not look at it, but without one xml-crypto does not begin.
    privateKey: 'none',
    publicCert: new X509Certificate(certificate).toString(),
    signatureAlgorithm: rsaSha256,
    canonicalizationAlgorithm: exclusive,
  });
  signed.SignatureAlgorithms = {
    ...signed.SignatureAlgorithms,
    [rsaSha256]: class {
      getSignature(): string {
        return Buffer.from(value).toString('base64');
      }
      verifySignature(): boolean {
        throw new Error('nothing is verified here');
      }
      getAlgorithmName(): string {
        return rsaSha256;
      }
    },
  };
  signed.addReference({ xpath: "//*[local-name(.)='PrescriptionDocument']", digestAlgorithm: 'http://www.w3.org/2001/04/xmlenc#sha256', transforms: [exclusive] });
  const base64 = Buffer.from(csv).toString('base64');
  signed.computeSignature(
    '<?xml version="1.0" encoding="UTF-8"?><Document id="Document"><Prescription><PrescriptionManagement id="PrescriptionManagement"><Version Value="EPS1.0"/></PrescriptionManagement>' +
      `<PrescriptionDocument id="PrescriptionDocument">${base64}</PrescriptionDocument><PrescriptionSign/></Prescription></Document>`,
    { prefix: 'xs', location: { reference: "//*[local-name(.)='PrescriptionSign']", action: 'append' } },
  );
  return signed.getSignedXml();
}

/** A file of ours, verified by xml-crypto: the three references and the value. */
export function verifyByXmlCrypto(xml: Uint8Array, certificate: string): boolean {
  const text = Buffer.from(xml).toString('utf8');
  const [signature] = /<xs:Signature .*<\/xs:Signature>/s.exec(text) ?? [];
  if (signature === undefined) throw new Error('no signature');
  const verifier = new SignedXml({ publicCert: certificate });
  verifier.loadSignature(signature);
  return verifier.checkSignature(text);
}
