import type { Certificate } from '../../formats/pki/certificate.ts';
import { dentist } from '../../formats/pki/hc-role.ts';
import { nameAttributes } from '../../formats/pki/name.ts';
import type { CertificateRequest, IssuedCertificate, TestCa } from '../ca/test-ca.ts';
import { sandboxPeople } from '../sandbox-clinic.ts';

/** Somebody whom the service knows: by a phone, by a card, and by the second certificate that it signs with for them. */
export interface RemotePerson {
  readonly key: PersonKey;
  /** `sub` of tokens. */
  readonly subject: string;
  /** Typed nowhere but shown, so that a person sees whose phone this is. */
  readonly userId: string;
  readonly name: string;
  /** For the first registration of a phone. */
  readonly password: string;
  /** What the second certificate (HPKIセカンド電子証明書) says. */
  readonly certificate: CertificateRequest;
}

export type PersonKey = 'doctor' | 'otherDoctor' | 'dentist' | 'pharmacist' | 'nurse' | 'clerk';

type Described = Pick<RemotePerson, 'subject' | 'userId' | 'name' | 'password' | 'certificate'>;

const described: Readonly<Record<PersonKey, Described>> = {
  doctor: { subject: 'hpki-2nd-0001', userId: 'D0012', name: '医者　三郎', password: 'sandbox-doctor', certificate: sandboxPeople.doctor },
  otherDoctor: {
    subject: 'hpki-2nd-0003',
    userId: 'D0034',
    name: '別　次郎',
    password: 'sandbox-other',
    certificate: { ...sandboxPeople.doctor, commonName: 'TEST BETSU JIRO', kanjiName: 'テスト　別　次郎', registration: 'TEST0003' },
  },
  dentist: {
    subject: 'hpki-2nd-0004',
    userId: 'S0005',
    name: '歯科　四郎',
    password: 'sandbox-dentist',
    certificate: { kind: 'signing', commonName: 'TEST SHIKA SHIRO', kanjiName: 'テスト　歯科　四郎', role: dentist, registration: 'TEST0004' },
  },
  pharmacist: { subject: 'hpki-2nd-0002', userId: 'P0003', name: '調剤　花子', password: 'sandbox-pharmacist', certificate: sandboxPeople.pharmacist },
  nurse: {
    subject: 'hpki-2nd-0005',
    userId: 'N0007',
    name: '看護　五郎',
    password: 'sandbox-nurse',
    certificate: { kind: 'signing', commonName: 'TEST KANGO GORO', kanjiName: 'テスト　看護　五郎', role: 'General Nurse', registration: 'TEST0005' },
  },
  clerk: {
    subject: 'hpki-2nd-0006',
    userId: 'C0009',
    name: '事務　六子',
    password: 'sandbox-clerk',
    certificate: { kind: 'signing', commonName: 'TEST JIMU MUTSUKO', kanjiName: 'テスト　事務　六子', role: null, registration: 'TEST0006' },
  },
};

export const remotePeople: readonly RemotePerson[] = (Object.keys(described) as PersonKey[]).map((key) => ({ key, ...described[key] }));

/** The people, their second certificates and the cards that prove who they are. */
export class PeopleDirectory {
  readonly #ca: TestCa;
  readonly #issued = new Map<PersonKey, Promise<IssuedCertificate>>();
  /** SHA-256 of certificates that say nothing of a licence (JPKI), by enrolment. */
  readonly #enrolled = new Map<string, RemotePerson>();

  constructor(ca: TestCa) {
    this.#ca = ca;
  }

  person(key: PersonKey): RemotePerson {
    return { key, ...described[key] };
  }

  bySubject(subject: string): RemotePerson | undefined {
    return remotePeople.find((person) => person.subject === subject);
  }

  /** The second certificate with its key, made when it is first needed: a key takes 0.1 s and more. */
  secondCertificate({ key, certificate }: RemotePerson): Promise<IssuedCertificate> {
    const issued = this.#issued.get(key) ?? this.#ca.issue(certificate);
    this.#issued.set(key, issued);
    return issued;
  }

  /** Connects a My Number card with a person, as the ministry's portal does once. */
  enrol(certificate: Certificate, person: RemotePerson): void {
    this.#enrolled.set(certificate.sha256, person);
  }

  /** Whose authentication certificate this is: enrolled, or an HPKI one that states the person's registration number. */
  byAuthenticationCertificate(certificate: Certificate): RemotePerson | undefined {
    const registration = certificate.subject.attributes.findLast(({ type }) => type === nameAttributes.serialNumber)?.value;
    return this.#enrolled.get(certificate.sha256) ?? remotePeople.find((person) => person.certificate.registration === registration);
  }
}
