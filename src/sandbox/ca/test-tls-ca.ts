import { generateKeyPair } from 'node:crypto';
import { promisify } from 'node:util';
import { writePem } from '../../formats/pki/pem.ts';
import { jstMidnight } from './jst-midnight.ts';
import {
  alternativeHostNames,
  basicConstraints,
  extendedKeyUsage,
  issuerKeyIdentifier,
  issuerOf,
  keyUsage,
  randomSerialNumber,
  subjectKeyIdentifier,
  writeCertificate,
  type CertifiedKey,
} from './test-certificate.ts';
import { generateTestKey, type TestKey } from './test-keys.ts';
import { asTestName, writeName } from './test-names.ts';

/** What a TLS endpoint needs, in PEM. The certificate alone: its issuer is the other side's anchor. */
export interface TlsIdentity {
  readonly certificate: string;
  readonly privateKey: string;
}

export interface Validity {
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/**
 * Two small authorities beside HPKI's: one for TLS servers, one for the client certificates that the network of online
 * eligibility checks (オンライン資格確認) gives to facilities.
 */
export interface TestTlsCa {
  /** PEM of the servers' root: a client's extra CA. */
  readonly serverRoot: string;
  /** PEM of the facilities' root: what a server demands of its clients. */
  readonly facilityRoot: string;
  /** A server under these names. 127.0.0.1 and ::1 are always among them. */
  issueServer(dnsNames: readonly string[], validity?: Validity): Promise<TlsIdentity>;
  /** A client certificate; `facility` becomes its organization. */
  issueFacility(facility: string, validity?: Validity): Promise<TlsIdentity>;
  /** Two days that are over. */
  readonly past: Validity;
}

/** extendedKeyUsage of RFC 5280 §4.2.1.12. */
const serverAuthentication = '1.3.6.1.5.5.7.3.1';
const clientAuthentication = '1.3.6.1.5.5.7.3.2';

const loopback = [Uint8Array.of(127, 0, 0, 1), Uint8Array.from({ length: 16 }, (_, index) => (index === 15 ? 1 : 0))];

const generateEcKey = promisify(generateKeyPair);

export async function createTestTlsCa(now: Date = new Date()): Promise<TestTlsCa> {
  const [serverKey, facilityKey] = await Promise.all([generateTestKey(), generateTestKey()]);
  const servers = certifyRoot('TEST Web Server Root CA', serverKey, now);
  const facilities = certifyRoot('TEST Facility Client Root CA', facilityKey, now);
  const yesterday = new Date(jstMidnight(now).getTime() - 86_400_000);
  const current: Validity = { notBefore: yesterday, notAfter: jstMidnight(yesterday, 1) };
  return {
    serverRoot: writePem(servers.certificate.der),
    facilityRoot: writePem(facilities.certificate.der),
    past: { notBefore: jstMidnight(yesterday, -1), notAfter: yesterday },
    async issueServer(dnsNames, validity = current) {
      const [commonName = 'localhost'] = dnsNames;
      // P-256: BoringSSL and OpenSSL both know it, and it is made in no time.
      const key = await generateEcKey('ec', { namedCurve: 'prime256v1' });
      return certifyEnd(writeName([['country', 'JP'], ['organization', 'TEST'], ['commonName', commonName]]), key, servers, validity, [
        extendedKeyUsage([serverAuthentication]),
        alternativeHostNames(dnsNames, loopback),
      ]);
    },
    async issueFacility(facility, validity = current) {
      const subject = writeName([['country', 'JP'], ['organization', asTestName(facility)], ['commonName', 'TEST facility terminal']]);
      return certifyEnd(subject, await generateTestKey(), facilities, validity, [extendedKeyUsage([clientAuthentication])]);
    },
  };
}

export function certifyRoot(commonName: string, { publicKey, privateKey }: TestKey, now: Date): CertifiedKey {
  const name = writeName([['country', 'JP'], ['organization', 'TEST'], ['commonName', commonName]]);
  const certificate = writeCertificate(
    {
      serialNumber: randomSerialNumber(),
      subject: name,
      publicKey,
      notBefore: jstMidnight(now, -2),
      notAfter: jstMidnight(now, 10),
      extensions: [subjectKeyIdentifier(publicKey), basicConstraints(true), keyUsage(['keyCertSign', 'cRLSign'])],
    },
    { name, privateKey },
  );
  return { certificate, privateKey };
}

function certifyEnd(subject: Uint8Array, { publicKey, privateKey }: TestKey, issuer: CertifiedKey, validity: Validity, extensions: readonly Uint8Array[]): TlsIdentity {
  const certificate = writeCertificate(
    { subject, publicKey, ...validity, extensions: [issuerKeyIdentifier(issuer), keyUsage(['digitalSignature']), ...extensions] },
    issuerOf(issuer),
  );
  return { certificate: writePem(certificate.der), privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() };
}
