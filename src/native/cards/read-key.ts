import { X509Certificate, type KeyObject } from 'node:crypto';
import { isForAuthentication } from '../../formats/pki/authentication-certificate.ts';
import { parseCertificate } from '../../formats/pki/certificate.ts';
import { rsaModulusLength } from '../../formats/pki/emsa-pkcs1.ts';
import type { CardKey } from './card-key.ts';

/** What looking for a key on a card came to. */
export type KeySearch =
  | { readonly found: 'key'; readonly key: CardKey }
  /** The card has no such application. */
  | { readonly found: 'nothing' }
  /** It has one, with nothing in it that is of use here. */
  | { readonly found: 'unusable'; readonly reason: string };

/** The key of a certificate that was read, or why it cannot be used. */
export function rsaKeyOf(der: Uint8Array): KeyObject | string {
  const { publicKey } = new X509Certificate(der);
  return rsaModulusLength(publicKey) === undefined ? 'has no RSA key' : publicKey;
}

/** SECURITY: a certificate for documents is not offered for logins (test/unit/native/cards/authentication-key.test.ts). */
export function isAuthenticationCertificate(der: Uint8Array): boolean {
  try {
    return isForAuthentication(parseCertificate(der));
  } catch {
    return false;
  }
}
