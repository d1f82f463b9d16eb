import type { KeyObject } from 'node:crypto';
import type { Certificate } from '../../formats/pki/certificate.ts';
import { writeOid, writeSequence } from '../../formats/pki/der-writer.ts';
import { extensionOids } from '../../formats/pki/extensions.ts';
import { writePem } from '../../formats/pki/pem.ts';
import { jstMidnight } from './jst-midnight.ts';
import { issuerKeyIdentifier, issuerOf, keyUsage, randomSerialNumber, writeCertificate, writeExtension } from './test-certificate.ts';
import { generateTestKey } from './test-keys.ts';
import { writeName } from './test-names.ts';
import { certifyRoot } from './test-tls-ca.ts';

/** An authority for time-stamps under a root of its own. */
export interface TestTsa {
  /** PEM. */
  readonly root: string;
  readonly certificate: Certificate;
  readonly privateKey: KeyObject;
}

const timeStamping = '1.3.6.1.5.5.7.3.8';

export async function createTestTsa(now: Date = new Date()): Promise<TestTsa> {
  const [rootKey, key] = await Promise.all([generateTestKey(), generateTestKey()]);
  const root = certifyRoot('TEST Time-Stamp Root CA', rootKey, now);
  const certificate = writeCertificate(
    {
      serialNumber: randomSerialNumber(),
      subject: writeName([['country', 'JP'], ['organization', 'TEST'], ['commonName', 'TEST Time-Stamp Unit']]),
      publicKey: key.publicKey,
      notBefore: jstMidnight(now, -1),
      notAfter: jstMidnight(now, 5),
      extensions: [
        issuerKeyIdentifier(root),
        keyUsage(['digitalSignature']),
        // RFC 3161 §2.3: critical, and the only purpose.
        writeExtension(extensionOids.extendedKeyUsage, writeSequence(writeOid(timeStamping)), true),
      ],
    },
    issuerOf(root),
  );
  return { root: writePem(root.certificate.der), certificate, privateKey: key.privateKey };
}
