import { chmod, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { KeyObject } from 'node:crypto';
import { dentist, medicalDoctor, pharmacist } from '../../formats/pki/hc-role.ts';
import { writePem } from '../../formats/pki/pem.ts';
import { negativeCertificates, revokedCrl, staleCrl, type NegativeName } from './negative-certificates.ts';
import { createTestCa, type CertificateRequest, type TestCa, type TestCaOptions } from './test-ca.ts';
import { generateTestKey } from './test-keys.ts';

const people: Readonly<Record<string, Omit<CertificateRequest, 'kind'>>> = {
  doctor: { commonName: 'TEST Taro', kanjiName: 'テスト　太郎', role: medicalDoctor, registration: 'TEST0001' },
  dentist: { commonName: 'TEST Hanako', kanjiName: 'テスト　花子', role: dentist, registration: 'TEST0002' },
  pharmacist: { commonName: 'TEST Jiro', role: pharmacist, registration: 'TEST0003' },
  nurse: { commonName: 'TEST Saburo', role: 'General Nurse', registration: 'TEST0004' },
  clerk: { commonName: 'TEST Yuko', kanjiName: 'テスト　優子', role: null, registration: 'TEST0005' },
};

export interface WrittenTestCa {
  readonly ca: TestCa;
  /** Paths relative to the folder, in the order of writing. */
  readonly files: readonly string[];
}

/**
 * Fills a folder with a new test CA: `trust.pem` (root), `chain.pem` (CAs), `crl.pem` (today's lists and the ARL),
 * `NAME.KIND.pem` with `SANDBOX-NAME.KIND.key.pem` for five people, and `negative/`. Key files are readable by their
 * owner alone and say SANDBOX: they protect nothing.
 */
export async function writeTestCa(directory: string, options: TestCaOptions = {}): Promise<WrittenTestCa> {
  const files: string[] = [];
  const write = async (name: string, text: string): Promise<void> => {
    const file = path.join(directory, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, text, { mode: 0o600 });
    if (!name.includes('SANDBOX-')) await chmod(file, 0o644);
    files.push(name);
  };
  const writeKey = (name: string, key: KeyObject): Promise<void> =>
    write(`SANDBOX-${name}.key.pem`, key.export({ type: 'pkcs8', format: 'pem' }).toString());

  const [ca, sharedKey] = await Promise.all([createTestCa(options), generateTestKey()]);
  await write('trust.pem', writePem(ca.root.certificate.der));
  await write('chain.pem', [ca.signing, ca.authentication].map(({ certificate }) => writePem(certificate.der)).join(''));
  await write('crl.pem', ca.crls().map(({ der }) => writePem(der, 'X509 CRL')).join(''));
  await writeKey('root', ca.root.privateKey);
  await writeKey('signing-ca', ca.signing.privateKey);
  await writeKey('authentication-ca', ca.authentication.privateKey);

  const certificates = await Promise.all(
    Object.entries(people).flatMap(([name, person]) =>
      (['signing', 'authentication'] as const).map(async (kind) => ({ name: `${name}.${kind}`, issued: await ca.issue({ ...person, kind }) })),
    ),
  );
  for (const { name, issued } of certificates) {
    await write(`${name}.pem`, writePem(issued.certificate.der));
    await writeKey(name, issued.privateKey);
  }

  // One key for all of them, except where the key itself is the fault.
  await writeKey('negative', sharedKey.privateKey);
  for (const name of Object.keys(negativeCertificates) as NegativeName[]) {
    const issued = await negativeCertificates[name](ca, sharedKey);
    await write(`negative/${name}.pem`, writePem(issued.certificate.der));
    if (issued.privateKey !== sharedKey.privateKey) await writeKey(`negative-${name}`, issued.privateKey);
    if (name === 'revoked') await write('negative/revoked.crl.pem', writePem(revokedCrl(ca, issued).der, 'X509 CRL'));
  }
  await write('negative/stale.crl.pem', writePem(staleCrl(ca).der, 'X509 CRL'));
  return { ca, files };
}
