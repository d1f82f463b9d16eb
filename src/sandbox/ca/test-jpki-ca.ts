import { randomBytes } from 'node:crypto';
import type { Certificate } from '../../formats/pki/certificate.ts';
import type { CertificateRevocationList } from '../../formats/pki/crl.ts';
import { jpkiAuthenticationPolicy, jpkiSigningPolicy } from '../../formats/pki/policies.ts';
import { jstMidnight } from './jst-midnight.ts';
import type { IssuedCertificate } from './test-ca.ts';
import {
  authorityKeyIdentifier,
  basicConstraints,
  certificatePolicies,
  crlDistributionPoint,
  extendedKeyUsage,
  issuerKeyIdentifier,
  issuerOf,
  keyIdentifier,
  keyUsage,
  randomSerialNumber,
  subjectKeyIdentifier,
  writeCertificate,
  type CertifiedKey,
} from './test-certificate.ts';
import { writeCrl, type RevocationEntry } from './test-crl.ts';
import { generateTestKey, type TestKey } from './test-keys.ts';
import { testJpkiNames, writeHolderNumber } from './test-names.ts';

/** id-kp-clientAuth (RFC 5280 §4.2.1.12). */
const clientAuthentication = '1.3.6.1.5.5.7.3.2';
/** Nothing is served there: `.example` never resolves (RFC 2606). */
const crlUrl = 'http://jpki-sandbox.example/user.crl';

export interface JpkiRequest {
  /** Default: yesterday's midnight in Japan. */
  readonly notBefore?: Date;
  /** Default: five years after notBefore. A real one ends on its holder's birthday. */
  readonly notAfter?: Date;
}

/**
 * Two authorities in the image of JPKI (公的個人認証サービス), each its own root, with names that say TEST: one for the
 * certificates by which a My Number card's holder logs in, one for digital signatures. Written from public descriptions
 * [F]; no real certificate was compared.
 */
export interface TestJpkiCa {
  readonly authentication: CertifiedKey;
  readonly signing: CertifiedKey;
  /** A new key and its authentication certificate, which names nobody. */
  issueAuthentication(request?: JpkiRequest, key?: TestKey): Promise<IssuedCertificate>;
  /** What a card also holds and this product never uses. Without the holder's name and address, which a real one has. */
  issueSigning(request?: JpkiRequest, key?: TestKey): Promise<IssuedCertificate>;
  /** Today's list of the authentication authority. */
  crl(revoked?: readonly RevocationEntry[]): CertificateRevocationList;
}

export async function createTestJpkiCa({ now = new Date() }: { readonly now?: Date } = {}): Promise<TestJpkiCa> {
  const [authenticationKey, signingKey] = await Promise.all([generateTestKey(), generateTestKey()]);
  const authentication = { certificate: certifyRoot('authentication', authenticationKey, now), privateKey: authenticationKey.privateKey };
  const signing = { certificate: certifyRoot('signing', signingKey, now), privateKey: signingKey.privateKey };
  const issue = async (profile: Uint8Array[], issuer: CertifiedKey, request: JpkiRequest, given: TestKey | undefined): Promise<IssuedCertificate> => {
    const key = given ?? (await generateTestKey());
    const notBefore = request.notBefore ?? new Date(jstMidnight(now).getTime() - 86_400_000);
    const certificate = writeCertificate(
      {
        subject: writeHolderNumber(`TEST${randomBytes(10).toString('hex').toUpperCase()}`),
        publicKey: key.publicKey,
        notBefore,
        notAfter: request.notAfter ?? jstMidnight(notBefore, 5),
        extensions: [issuerKeyIdentifier(issuer), subjectKeyIdentifier(key.publicKey), ...profile, crlDistributionPoint(crlUrl)],
      },
      issuerOf(issuer),
    );
    return { certificate, privateKey: key.privateKey, pkcs8: new Uint8Array(key.privateKey.export({ type: 'pkcs8', format: 'der' })) };
  };
  return {
    authentication,
    signing,
    issueAuthentication(request = {}, key) {
      const profile = [keyUsage(['digitalSignature']), extendedKeyUsage([clientAuthentication]), certificatePolicies([jpkiAuthenticationPolicy])];
      return issue(profile, authentication, request, key);
    },
    issueSigning(request = {}, key) {
      const profile = [keyUsage(['digitalSignature', 'nonRepudiation']), certificatePolicies([jpkiSigningPolicy])];
      return issue(profile, signing, request, key);
    },
    crl: (revoked = []) => writeCrl({ thisUpdate: jstMidnight(now), revoked }, authentication),
  };
}

function certifyRoot(kind: keyof typeof testJpkiNames, { publicKey, privateKey }: TestKey, now: Date): Certificate {
  const serialNumber = randomSerialNumber();
  const name = testJpkiNames[kind];
  return writeCertificate(
    {
      serialNumber,
      subject: name,
      publicKey,
      notBefore: jstMidnight(now, -4),
      notAfter: jstMidnight(now, 6),
      extensions: [
        authorityKeyIdentifier(keyIdentifier(publicKey), name, serialNumber),
        subjectKeyIdentifier(publicKey),
        basicConstraints(true),
        keyUsage(['keyCertSign', 'cRLSign']),
      ],
    },
    { name, privateKey },
  );
}
