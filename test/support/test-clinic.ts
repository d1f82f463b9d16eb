/** A test CA with a doctor, another doctor and a pharmacist, for tests that run the whole agent. */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { writePem } from '../../src/formats/pki/pem.ts';
import { createTestCa, type CertificateRequest, type IssuedCertificate, type TestCa } from '../../src/sandbox/ca/test-ca.ts';
import { generateTestKey, type TestKey } from '../../src/sandbox/ca/test-keys.ts';
import type { CardIdentity, VirtualHpkiCardOptions } from '../../src/sandbox/cards/card-options.ts';
import { VirtualHpkiCard } from '../../src/sandbox/cards/virtual-hpki-card.ts';
import { sandboxPeople } from '../../src/sandbox/sandbox-clinic.ts';

export type ClinicPerson = 'doctor' | 'otherDoctor' | 'pharmacist';

export class TestClinic {
  readonly ca: TestCa;
  readonly people: Readonly<Record<ClinicPerson, IssuedCertificate>>;
  /** For further certificates: making a key takes time. */
  readonly spareKey: TestKey;

  private constructor(ca: TestCa, people: Readonly<Record<ClinicPerson, IssuedCertificate>>, spareKey: TestKey) {
    this.ca = ca;
    this.people = people;
    this.spareKey = spareKey;
  }

  static async open(): Promise<TestClinic> {
    const [ca, spareKey] = await Promise.all([createTestCa(), generateTestKey()]);
    const other = { ...sandboxPeople.doctor, commonName: 'TEST BETSU JIRO', kanjiName: 'テスト　別　次郎', registration: 'TEST0003' };
    const [doctor, otherDoctor, pharmacist] = await Promise.all([ca.issue(sandboxPeople.doctor), ca.issue(other), ca.issue(sandboxPeople.pharmacist)]);
    return new TestClinic(ca, { doctor, otherDoctor, pharmacist }, spareKey);
  }

  /** A card of its own, with untouched counters. */
  card(person: ClinicPerson, options: VirtualHpkiCardOptions = {}): VirtualHpkiCard {
    return new VirtualHpkiCard({ signing: this.identity(this.people[person]), ...options });
  }

  /** A card with a certificate that departs from the doctor's. */
  async cardWith(departure: Partial<CertificateRequest>, options: VirtualHpkiCardOptions = {}): Promise<VirtualHpkiCard> {
    return new VirtualHpkiCard({ signing: this.identity(await this.issue(departure)), ...options });
  }

  issue(departure: Partial<CertificateRequest>): Promise<IssuedCertificate> {
    return this.ca.issue({ ...sandboxPeople.doctor, ...departure }, this.spareKey);
  }

  identity({ certificate, privateKey }: IssuedCertificate): CardIdentity {
    return { certificate: certificate.der, privateKey, ca: this.ca.signing.certificate.der, root: this.ca.root.certificate.der };
  }

  /** `trust.pem`, `chain.pem` and, unless left out, `crl.pem`. */
  async writeTrust(folder: string, { crl = true } = {}): Promise<void> {
    const { ca } = this;
    await mkdir(folder, { recursive: true });
    await writeFile(path.join(folder, 'trust.pem'), writePem(ca.root.certificate.der));
    await writeFile(path.join(folder, 'chain.pem'), [ca.signing, ca.authentication].map(({ certificate }) => writePem(certificate.der)).join(''));
    if (crl) await writeFile(path.join(folder, 'crl.pem'), ca.crls().map(({ der }) => writePem(der, 'X509 CRL')).join(''));
  }
}
