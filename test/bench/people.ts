import { writeFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { medicalDoctor } from '../../src/formats/pki/hc-role.ts';
import { writePem } from '../../src/formats/pki/pem.ts';
import { createTestCa, type IssuedCertificate, type TestCa } from '../../src/sandbox/ca/test-ca.ts';
import { openTemporaryFolder } from '../../src/sandbox/temporary-folder.ts';

/** A test CA and one doctor, with the files that other programs want to read. */
export interface BenchPeople {
  readonly ca: TestCa;
  readonly doctor: IssuedCertificate;
  /** Gone with {@link BenchPeople.leave}. */
  readonly folder: string;
  readonly trust: { readonly anchors: string; readonly chain: string; readonly crls: string };
  leave(): Promise<void>;
}

export async function gatherPeople(): Promise<BenchPeople> {
  const ca = await createTestCa();
  const doctor = await ca.issue({ kind: 'signing', role: medicalDoctor, commonName: 'TEST ISHA SABURO', kanjiName: 'テスト　医者　三郎' });
  const folder = openTemporaryFolder('hpki-bench');
  const file = async (name: string, pem: string): Promise<string> => {
    await writeFile(join(folder, name), pem);
    return join(folder, name);
  };
  await file('crl.pem', ca.crls().map(({ der }) => writePem(der, 'X509 CRL')).join(''));
  return {
    ca,
    doctor,
    folder,
    trust: {
      anchors: await file('trust.pem', writePem(ca.root.certificate.der)),
      chain: await file('chain.pem', [ca.signing, ca.authentication].map(({ certificate }) => writePem(certificate.der)).join('')),
      crls: folder,
    },
    leave: () => rm(folder, { recursive: true, force: true }),
  };
}
