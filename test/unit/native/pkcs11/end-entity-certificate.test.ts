import { beforeAll, describe, expect, it } from 'vitest';
import { EndEntityPicker, pickEndEntity } from '../../../../src/native/pkcs11/end-entity-certificate.ts';
import { createTestCa, type IssuedCertificate, type TestCa } from '../../../../src/sandbox/ca/test-ca.ts';

describe('the signer\'s certificate among those of a token', () => {
  let ca: TestCa;
  let doctor: IssuedCertificate;
  let other: IssuedCertificate;
  const object = (der: Uint8Array, label = '') => ({ der, label });

  beforeAll(async () => {
    ca = await createTestCa();
    [doctor, other] = await Promise.all([
      ca.issue({ kind: 'signing', role: 'Medical Doctor', commonName: 'TEST ONE' }),
      ca.issue({ kind: 'signing', role: 'Pharmacist', commonName: 'TEST TWO' }),
    ]);
  });

  it('is the one that is no CA, in whatever order they come and however they are called', () => {
    const certificates = [ca.root.certificate.der, doctor.certificate.der, ca.signing.certificate.der];
    for (const order of [certificates, certificates.toReversed()]) {
      const picked = pickEndEntity(order.map((der) => object(der, 'HPKI CA CERTIFICATE')));
      expect(Buffer.from(picked?.endEntity.raw ?? []).equals(doctor.certificate.der)).toBe(true);
      expect(picked?.chain).toHaveLength(2);
    }
  });

  it('is decided by the label between two', () => {
    const picked = pickEndEntity([object(other.certificate.der), object(doctor.certificate.der, 'HPKI END ENTITY CERTIFICATE')]);
    expect(Buffer.from(picked?.endEntity.raw ?? []).equals(doctor.certificate.der)).toBe(true);
  });

  it('is nobody\'s where two remain, or none', () => {
    expect(pickEndEntity([object(other.certificate.der), object(doctor.certificate.der)])).toBeUndefined();
    expect(pickEndEntity([object(ca.root.certificate.der), object(ca.signing.certificate.der)])).toBeUndefined();
    expect(pickEndEntity([])).toBeUndefined();
  });

  it('is not taken for two because the token holds it twice', () => {
    expect(pickEndEntity([object(doctor.certificate.der), object(doctor.certificate.der)])).toBeDefined();
  });

  it('is found among objects that are no certificates', () => {
    const rubbish = [Uint8Array.of(), Uint8Array.of(0x30, 0x82, 0xff), new Uint8Array(500)];
    expect(pickEndEntity([...rubbish.map((der) => object(der)), object(doctor.certificate.der)])).toBeDefined();
  });

  it('is picked anew as soon as one byte or one label is another, and only then', () => {
    const picker = new EndEntityPicker();
    const token = (der: Uint8Array, label?: string) => [object(Uint8Array.from(der), label), object(Uint8Array.from(ca.root.certificate.der))];
    const first = picker.pick(token(doctor.certificate.der));
    expect(picker.pick(token(doctor.certificate.der))).toBe(first);
    expect(picker.pick([...token(doctor.certificate.der), object(other.certificate.der)])).toBeUndefined();
    const swapped = picker.pick(token(other.certificate.der));
    expect(Buffer.from(swapped?.endEntity.raw ?? []).equals(other.certificate.der)).toBe(true);
    const oneBitOff = Uint8Array.from(other.certificate.der);
    oneBitOff[oneBitOff.length - 1] = (oneBitOff.at(-1) ?? 0) ^ 1;
    expect(picker.pick(token(oneBitOff))?.endEntity.fingerprint256).not.toBe(swapped?.endEntity.fingerprint256);
    expect(picker.pick(token(doctor.certificate.der, 'HPKI END ENTITY CERTIFICATE'))).not.toBe(first);
  });
});
