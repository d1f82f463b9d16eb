import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { medicalDoctor, pharmacist } from '../formats/pki/hc-role.ts';
import { writePem } from '../formats/pki/pem.ts';
import { createTestCa, type CertificateRequest, type TestCa } from './ca/test-ca.ts';
import type { VirtualHpkiCardOptions } from './cards/card-options.ts';
import { VirtualHpkiCard } from './cards/virtual-hpki-card.ts';
import { VirtualReaders } from './cards/virtual-readers.ts';

/** One reader and two people with a virtual HPKI card each, under a test CA of their own. */
export interface SandboxClinic {
  readonly ca: TestCa;
  readonly readers: VirtualReaders;
  readonly cards: Readonly<Record<SandboxPerson, VirtualHpkiCard>>;
  /** Puts this person's card into the reader, in place of whatever is there. */
  insert(person: SandboxPerson): void;
  /** `trust.pem` (root), `chain.pem` (CAs) and `crl.pem` (today's lists) for whoever verifies. */
  writeTrust(folder: string): Promise<void>;
}

export type SandboxPerson = 'doctor' | 'pharmacist';

export const sandboxReader = 'Virtual Reader 1';

export const sandboxPeople: Readonly<Record<SandboxPerson, CertificateRequest>> = {
  doctor: { kind: 'signing', commonName: 'TEST ISHA SABURO', kanjiName: 'テスト　医者　三郎', role: medicalDoctor, registration: 'TEST0001' },
  pharmacist: { kind: 'signing', commonName: 'TEST CHOZAI HANAKO', kanjiName: 'テスト　調剤　花子', role: pharmacist, registration: 'TEST0002' },
};

export async function openSandboxClinic(card: Pick<VirtualHpkiCardOptions, 'layout'> = {}): Promise<SandboxClinic> {
  const ca = await createTestCa();
  const [doctor, druggist] = await Promise.all([ca.issue(sandboxPeople.doctor), ca.issue(sandboxPeople.pharmacist)]);
  const cardOf = ({ certificate, privateKey }: Awaited<ReturnType<TestCa['issue']>>): VirtualHpkiCard =>
    new VirtualHpkiCard({
      ...card,
      signing: { certificate: certificate.der, privateKey, ca: ca.signing.certificate.der, root: ca.root.certificate.der },
    });
  const cards = { doctor: cardOf(doctor), pharmacist: cardOf(druggist) };
  const readers = new VirtualReaders([sandboxReader]);
  return {
    ca,
    readers,
    cards,
    insert(person) {
      readers.remove(sandboxReader);
      readers.insert(cards[person], sandboxReader);
    },
    async writeTrust(folder) {
      await mkdir(folder, { recursive: true });
      await writeFile(path.join(folder, 'trust.pem'), writePem(ca.root.certificate.der));
      await writeFile(path.join(folder, 'chain.pem'), [ca.signing, ca.authentication].map(({ certificate }) => writePem(certificate.der)).join(''));
      await writeFile(path.join(folder, 'crl.pem'), ca.crls().map(({ der }) => writePem(der, 'X509 CRL')).join(''));
    },
  };
}
