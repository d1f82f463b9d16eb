import { constants, createHash, privateEncrypt } from 'node:crypto';
import { digestInfo } from '../../formats/pki/emsa-pkcs1.ts';
import type { IssuedCertificate } from '../ca/test-ca.ts';
import type { FaultInjector } from './faults/fault-injector.ts';
import type { PeopleDirectory, PersonKey, RemotePerson } from './people.ts';

/** The keys of the second certificates, and the one place where they are used. */
export class SigningDesk {
  readonly #people: PeopleDirectory;
  readonly #faults: FaultInjector;
  readonly #made = new Map<PersonKey, number>();

  constructor(people: PeopleDirectory, faults: FaultInjector) {
    this.#people = people;
    this.#faults = faults;
  }

  /** The certificate and key that this endpoint works with for the person: theirs, unless a fault says otherwise. */
  async identity(person: RemotePerson, endpoint: string): Promise<IssuedCertificate> {
    const fault = this.#faults.take('wrong-certificate', endpoint);
    if (fault === null) return this.#people.secondCertificate(person);
    return this.#people.secondCertificate(this.#people.person(impostor(person, fault.whose)));
  }

  /** RSASSA-PKCS1-v1_5 over a SHA-256 hash. */
  sign(person: RemotePerson, { privateKey }: IssuedCertificate, hash: Uint8Array, endpoint: string): Buffer {
    const signed = this.#faults.take('wrong-hash', endpoint) === null ? hash : createHash('sha256').update(hash).update('another document').digest();
    this.#made.set(person.key, (this.#made.get(person.key) ?? 0) + 1);
    return privateEncrypt({ key: privateKey, padding: constants.RSA_PKCS1_PADDING }, digestInfo(signed));
  }

  /** How many signatures were made for whom. */
  get made(): Readonly<Partial<Record<PersonKey, number>>> {
    return Object.fromEntries(this.#made);
  }

  forgetCounts(): void {
    this.#made.clear();
  }
}

function impostor(person: RemotePerson, whose: 'other-doctor' | 'wrong-role'): PersonKey {
  if (whose === 'other-doctor') return person.key === 'otherDoctor' ? 'doctor' : 'otherDoctor';
  return person.key === 'pharmacist' ? 'doctor' : 'pharmacist';
}
