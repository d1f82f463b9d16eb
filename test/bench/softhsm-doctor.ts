import { join } from 'node:path';
import { provisionSoftHsm, type SoftHsm } from '../../src/sandbox/softhsm/provision-softhsm.ts';
import { gatherPeople, type BenchPeople } from './people.ts';

export interface SoftHsmDoctor {
  readonly people: BenchPeople;
  readonly softHsm: SoftHsm;
  readonly pin: string;
}

/** A doctor whose key lies in SoftHSM and wants C_Login(CKU_USER) before each signature: one login on both sides. */
export async function provisionSoftHsmDoctor(): Promise<SoftHsmDoctor> {
  const people = await gatherPeople();
  const pin = '4711';
  const { ca, doctor, folder } = people;
  const softHsm = await provisionSoftHsm({
    dir: join(folder, 'softhsm'),
    certificate: doctor.certificate.der,
    privateKey: doctor.pkcs8,
    chain: [ca.signing.certificate.der, ca.root.certificate.der],
    pin,
    alwaysAuthenticate: false,
  });
  return { people, softHsm, pin };
}
