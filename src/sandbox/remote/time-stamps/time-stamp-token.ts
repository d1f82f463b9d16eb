import { createHash, randomBytes, sign } from 'node:crypto';
import { contextConstructed, tags } from '../../../formats/pki/der.ts';
import {
  retag,
  writeElement,
  writeExplicit,
  writeInteger,
  writeNamedBits,
  writeNull,
  writeOctetString,
  writeOid,
  writeSequence,
  writeSetOf,
  writeString,
} from '../../../formats/pki/der-writer.ts';
import { algorithmIdentifier } from '../../ca/test-certificate.ts';
import type { TestTsa } from '../../ca/test-tsa.ts';

const oids = {
  signedData: '1.2.840.113549.1.7.2',
  tstInfo: '1.2.840.113549.1.9.16.1.4',
  contentType: '1.2.840.113549.1.9.3',
  messageDigest: '1.2.840.113549.1.9.4',
  signingCertificateV2: '1.2.840.113549.1.9.16.2.47',
  sha256: '2.16.840.1.101.3.4.2.1',
} as const;

/** Below 2.999, the arc for examples (ITU-T X.660). */
export const sandboxPolicy = '2.999.3161.1';

/** What is stamped. DER as it came in the request. */
export interface ToStamp {
  readonly messageImprint: Uint8Array;
  readonly nonce: Uint8Array | null;
  readonly withCertificate: boolean;
}

/** A TimeStampToken: TSTInfo in CMS SignedData (RFC 3161 §2.4.2, RFC 5652 §5, RFC 5816). DER. */
export function writeTimeStampToken(tsa: TestTsa, { messageImprint, nonce, withCertificate }: ToStamp, at: Date): Uint8Array {
  const { certificate, privateKey } = tsa;
  const info = writeSequence(
    writeInteger(1),
    writeOid(sandboxPolicy),
    messageImprint,
    writeInteger(BigInt(`0x${randomBytes(8).toString('hex')}`)),
    writeString(tags.generalizedTime, at.toISOString().replace(/[-:T]|\.\d+/g, '')),
    writeSequence(writeInteger(1)),
    ...(nonce === null ? [] : [nonce]),
  );
  const sha256 = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest();
  const attribute = (oid: string, value: Uint8Array): Uint8Array => writeSequence(writeOid(oid), writeSetOf([value]));
  const signed = writeSetOf([
    attribute(oids.contentType, writeOid(oids.tstInfo)),
    attribute(oids.messageDigest, writeOctetString(sha256(info))),
    attribute(oids.signingCertificateV2, writeSequence(writeSequence(writeSequence(writeOctetString(sha256(certificate.der)))))),
  ]);
  const digestAlgorithm = writeSequence(writeOid(oids.sha256), writeNull());
  const signer = writeSequence(
    writeInteger(1),
    writeSequence(certificate.issuerDer, writeInteger(certificate.serialNumber)),
    digestAlgorithm,
    retag(contextConstructed(0), signed),
    algorithmIdentifier('sha256'),
    writeOctetString(sign('sha256', signed, privateKey)),
  );
  const data = writeSequence(
    writeInteger(3),
    writeSetOf([digestAlgorithm]),
    writeSequence(writeOid(oids.tstInfo), writeExplicit(0, writeOctetString(info))),
    ...(withCertificate ? [writeElement(contextConstructed(0), certificate.der)] : []),
    writeSetOf([signer]),
  );
  return writeSequence(writeOid(oids.signedData), writeExplicit(0, data));
}

/** PKIFailureInfo (RFC 3161 §2.4.2). */
const failures = { badAlg: 0, badRequest: 2, badDataFormat: 5, unacceptedPolicy: 15 } as const;

export type Failure = keyof typeof failures;

export const writeRejection = (failure: Failure): Uint8Array => writeSequence(writeSequence(writeInteger(2), writeNamedBits([failures[failure]])));

export const writeGranted = (token: Uint8Array): Uint8Array => writeSequence(writeSequence(writeInteger(0)), token);
