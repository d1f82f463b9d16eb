import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { medicalDoctor, pharmacist } from '../formats/pki/hc-role.ts';
import { writePem } from '../formats/pki/pem.ts';
import { createTestCa, type CertificateRequest, type IssuedCertificate, type TestCa } from './ca/test-ca.ts';
import { createTestJpkiCa, type TestJpkiCa } from './ca/test-jpki-ca.ts';
import type { VirtualHpkiCardOptions } from './cards/card-options.ts';
import { VirtualHpkiCard } from './cards/virtual-hpki-card.ts';
import { VirtualJpkiCard } from './cards/virtual-jpki-card.ts';
import { VirtualReaders } from './cards/virtual-readers.ts';

/** One reader and two people with a virtual HPKI card each, and a My Number card, under test authorities of their own. */
export interface SandboxClinic {
  readonly ca: TestCa;
  readonly readers: VirtualReaders;
  readonly cards: Readonly<Record<SandboxPerson, VirtualHpkiCard>>;
  /** Puts this person's HPKI card into the reader, in place of whatever is there. */
  insert(person: SandboxPerson): void;
  /** The authorities of My Number cards, made when first asked for: keys take time. */
  jpki(): Promise<TestJpkiCa>;
  /** This person's My Number card; the same each time. */
  myNumberCard(person: SandboxPerson): Promise<SandboxMyNumberCard>;
  insertMyNumberCard(person: SandboxPerson): Promise<void>;
  /** `trust.pem` (root), `chain.pem` (CAs) and `crl.pem` (today's lists) for whoever verifies. */
  writeTrust(folder: string): Promise<void>;
}

export interface SandboxMyNumberCard {
  readonly card: VirtualJpkiCard;
  /** Its authentication certificate, by which a service knows whose it is. */
  readonly authentication: IssuedCertificate;
}

export type SandboxPerson = 'doctor' | 'pharmacist';

export const sandboxReader = 'Virtual Reader 1';

export const sandboxPeople: Readonly<Record<SandboxPerson, CertificateRequest>> = {
  doctor: { kind: 'signing', commonName: 'TEST ISHA SABURO', kanjiName: 'テスト　医者　三郎', role: medicalDoctor, registration: 'TEST0001' },
  pharmacist: { kind: 'signing', commonName: 'TEST CHOZAI HANAKO', kanjiName: 'テスト　調剤　花子', role: pharmacist, registration: 'TEST0002' },
};

export async function openSandboxClinic(card: Pick<VirtualHpkiCardOptions, 'layout'> = {}): Promise<SandboxClinic> {
  const ca = await createTestCa();
  const cardOf = async (person: SandboxPerson): Promise<VirtualHpkiCard> => {
    const request = sandboxPeople[person];
    const [signing, authentication] = await Promise.all([ca.issue(request), ca.issue({ ...request, kind: 'authentication' })]);
    const identity = ({ certificate, privateKey }: IssuedCertificate, issuer: 'signing' | 'authentication') => ({
      certificate: certificate.der,
      privateKey,
      ca: ca[issuer].certificate.der,
      root: ca.root.certificate.der,
    });
    return new VirtualHpkiCard({ ...card, signing: identity(signing, 'signing'), authentication: identity(authentication, 'authentication') });
  };
  const [doctor, pharmacist] = await Promise.all([cardOf('doctor'), cardOf('pharmacist')]);
  const cards = { doctor, pharmacist };
  const { jpki, myNumberCard } = myNumberCards();
  const readers = new VirtualReaders([sandboxReader]);
  return {
    ca,
    jpki,
    readers,
    cards,
    myNumberCard,
    async insertMyNumberCard(person) {
      const mine = await myNumberCard(person);
      readers.remove(sandboxReader);
      readers.insert(mine.card, sandboxReader);
    },
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

function myNumberCards(): Pick<SandboxClinic, 'jpki' | 'myNumberCard'> {
  let authorities: Promise<TestJpkiCa> | undefined;
  const jpki = (): Promise<TestJpkiCa> => (authorities ??= createTestJpkiCa());
  const made = new Map<SandboxPerson, Promise<SandboxMyNumberCard>>();
  const make = async (): Promise<SandboxMyNumberCard> => {
    const ca = await jpki();
    const [authentication, signing] = await Promise.all([ca.issueAuthentication(), ca.issueSigning()]);
    const card = new VirtualJpkiCard({
      authentication: { certificate: authentication.certificate.der, privateKey: authentication.privateKey, ca: ca.authentication.certificate.der },
      signing: { certificate: signing.certificate.der, privateKey: signing.privateKey, ca: ca.signing.certificate.der },
    });
    return { card, authentication };
  };
  return {
    jpki,
    myNumberCard(person) {
      const card = made.get(person) ?? make();
      made.set(person, card);
      return card;
    },
  };
}
