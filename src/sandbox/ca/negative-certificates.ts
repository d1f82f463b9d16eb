import { medicalDoctor, pharmacist } from '../../formats/pki/hc-role.ts';
import type { CertificateRevocationList } from '../../formats/pki/crl.ts';
import { jstMidnight } from './jst-midnight.ts';
import { createTestCa, type CertificateRequest, type IssuedCertificate, type TestCa } from './test-ca.ts';
import { writeExtension } from './test-certificate.ts';
import { generateTestKey, type TestKey } from './test-keys.ts';

/** Certificates that a verifier must refuse or doubt, and a few that look odd and are legal. */

const doctor = (commonName: string): CertificateRequest => ({ kind: 'signing', role: medicalDoctor, commonName: `TEST ${commonName}` });

/** An OID from the arc for examples (RFC 5612 has none for extensions; 2.999 is ITU-T's). */
const unknownCritical = writeExtension('2.999.17090', Uint8Array.of(0x05, 0x00), true);

type Make = (ca: TestCa, key?: TestKey) => Promise<IssuedCertificate>;

const departing =
  (commonName: string, departure: (ca: TestCa) => Partial<CertificateRequest>): Make =>
  (ca, key) =>
    ca.issue({ ...doctor(commonName), ...departure(ca) }, key);

export const negativeCertificates = {
  /** Until last year. */
  expired: departing('Expired', ({ now }) => ({ notBefore: jstMidnight(now, -3), notAfter: jstMidnight(now, -1) })),
  /** From next year on. */
  notYetValid: departing('Not yet valid', ({ now }) => ({ notBefore: jstMidnight(now, 1), notAfter: jstMidnight(now, 3) })),
  /** Listed by revokedCrl. */
  revoked: departing('Revoked', () => ({})),
  wrongPolicy: departing('Wrong policy', () => ({ policies: ['1.2.392.100495.1.5.1.1.9.1'] })),
  digitalSignatureOnly: departing('Digital signature only', () => ({ keyUsage: ['digitalSignature'] })),
  otherCodingScheme: departing('Other coding scheme', () => ({
    hcActors: [{ role: medicalDoctor, codingScheme: '1.2.392.100495.1.6.9.9' }],
  })),
  lowerCaseRole: departing('Lower case role', () => ({ role: 'medical doctor' })),
  /** Legal: two licences. */
  twoRoles: departing('Two roles', () => ({ hcActors: [{ role: medicalDoctor }, { role: pharmacist }] })),
  /** Legal: a code beside the text. */
  codeDataValue: departing('Code data value', () => ({ hcActors: [{ role: medicalDoctor, codeDataValue: '1' }] })),
  sha1Signed: departing('SHA-1 signed', () => ({ hash: 'sha1' })),
  unknownCriticalExtension: departing('Unknown critical extension', () => ({ extraExtensions: [unknownCritical] })),
  async rsa1024(ca) {
    return ca.issue(doctor('RSA 1024'), await generateTestKey(1024));
  },
  /** Legal. */
  async rsa4096(ca) {
    return ca.issue(doctor('RSA 4096'), await generateTestKey(4096));
  },
  /** Names as under the trusted root, all of them; keys of somebody else. */
  async untrustedRoot(ca, key) {
    const impostor = await createTestCa({ now: ca.now });
    return impostor.issue(doctor('Untrusted root'), key);
  },
  /** The same, and it names the trusted CA's certificate as its issuer's, key identifier and all. */
  async untrustedRootClaimingKeyId(ca, key) {
    const impostor = await createTestCa({ now: ca.now });
    return impostor.issue({ ...doctor('Untrusted root, key id claimed'), claimedIssuer: ca.signing }, key);
  },
} as const satisfies Record<string, Make>;

export type NegativeName = keyof typeof negativeCertificates;

/** The signing CA's list that has this certificate, with a reason code, since yesterday. */
export function revokedCrl(ca: TestCa, { certificate }: IssuedCertificate): CertificateRevocationList {
  const at = new Date(jstMidnight(ca.now).getTime() - 43_200_000);
  return ca.crl('signing', { revoked: [{ serialNumber: certificate.serialNumber, at, reason: 'keyCompromise' }] });
}

/** The signing CA's list of last week, out of date since days. */
export function staleCrl(ca: TestCa): CertificateRevocationList {
  return ca.crl('signing', { thisUpdate: new Date(jstMidnight(ca.now).getTime() - 7 * 86_400_000) });
}
