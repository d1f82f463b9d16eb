/** Keys with a certificate of HPKI's size, for tests that are about cards and not about certificates. */
import 'reflect-metadata';
import { KeyObject } from 'node:crypto';
import { CertificatePolicyExtension, Extension, KeyUsageFlags, KeyUsagesExtension, X509CertificateGenerator } from '@peculiar/x509';
import { authenticationPolicy, jpkiAuthenticationPolicy, signingPolicy } from '../../src/formats/pki/policies.ts';
import type { CardIdentity } from '../../src/sandbox/cards/card-options.ts';

const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256', modulusLength: 2048, publicExponent: Uint8Array.of(1, 0, 1) };

/** A self-signed certificate for documents, of about 1.3 KiB, as real ones have, with its key. */
export const makeCardIdentity = (name: string): Promise<CardIdentity> => makeIdentity(name, KeyUsageFlags.nonRepudiation, signingPolicy);

/** The same for logins. */
export const makeLoginIdentity = (name: string, kind: 'hpki' | 'jpki' = 'hpki'): Promise<CardIdentity> =>
  makeIdentity(name, KeyUsageFlags.digitalSignature, kind === 'jpki' ? jpkiAuthenticationPolicy : authenticationPolicy);

async function makeIdentity(name: string, keyUsage: KeyUsageFlags, policy: string): Promise<CardIdentity> {
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  // An extension of no meaning, so that reading takes as many steps as with a real certificate.
  const filler = new Extension('1.2.392.200000.1', false, Uint8Array.of(0x04, 0x82, 0x02, 0x00, ...new Uint8Array(512)));
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: `C=JP, O=TEST Clinic, CN=TEST ${name}`,
    serialNumber: '01',
    notBefore: new Date('2020-01-01T00:00:00+09:00'),
    notAfter: new Date('2040-01-01T00:00:00+09:00'),
    keys,
    signingAlgorithm: algorithm,
    extensions: [new KeyUsagesExtension(keyUsage, true), new CertificatePolicyExtension([policy], true), filler],
  });
  return { certificate: new Uint8Array(certificate.rawData), privateKey: KeyObject.from(keys.privateKey) };
}
