import { contextConstructed, DerCursor, readDer, tags, unwrap } from '../pki/der.ts';
import { writeExplicit, writeSequence } from '../pki/der-writer.ts';

const maxBytes = 64 * 1024;

export interface IssuerSerial {
  /** DER of the Name. */
  readonly issuer: Uint8Array;
  /** DER of the INTEGER. */
  readonly serial: Uint8Array;
}

/** Issuer and serial number as they stand in a certificate. Throws DerError. */
export function issuerSerialOf(certificate: Uint8Array): IssuerSerial {
  const tbs = new DerCursor(new DerCursor(readDer(certificate, maxBytes), tags.sequence).next(tags.sequence));
  tbs.optional(contextConstructed(0));
  const serial = tbs.next(tags.integer).encoded;
  tbs.next(tags.sequence);
  return { issuer: tbs.next(tags.sequence).encoded, serial };
}

/** IssuerSerial of RFC 5035 §4: SEQUENCE { GeneralNames { [4] EXPLICIT Name }, INTEGER }, what IssuerSerialV2 holds in base64. */
export function writeIssuerSerial({ issuer, serial }: IssuerSerial): Uint8Array {
  return writeSequence(writeSequence(writeExplicit(4, issuer)), serial);
}

/** Reads it back, strictly. Throws DerError. */
export function readIssuerSerial(der: Uint8Array): IssuerSerial {
  const outer = new DerCursor(readDer(der, maxBytes), tags.sequence);
  const names = new DerCursor(outer.next(tags.sequence));
  const issuer = unwrap(names.next(contextConstructed(4)), contextConstructed(4), tags.sequence).encoded;
  names.end();
  const serial = outer.next(tags.integer).encoded;
  outer.end();
  return { issuer, serial };
}
