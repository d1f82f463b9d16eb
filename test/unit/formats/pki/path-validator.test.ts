import { beforeAll, describe, expect, it } from 'vitest';
import { parseCertificate } from '../../../../src/formats/pki/certificate.ts';
import { DerError } from '../../../../src/formats/pki/der.ts';
import type { PathQuestion } from '../../../../src/formats/pki/path.ts';
import { PathValidator } from '../../../../src/formats/pki/path-validator.ts';
import { createTestCa, type TestCa } from '../../../../src/sandbox/ca/test-ca.ts';
import { generateTestKey, type TestKey } from '../../../../src/sandbox/ca/test-keys.ts';

let ca: TestCa;
let key: TestKey;

beforeAll(async () => {
  [ca, key] = await Promise.all([createTestCa(), generateTestKey()]);
});

const question = (commonName: string): PathQuestion => ({
  certificate: ca.certify({ kind: 'signing', role: 'Medical Doctor', commonName }, key.publicKey),
  chain: [ca.signing.certificate],
  anchors: { certificates: [ca.root.certificate], fingerprints: new Set() },
  crls: ca.crls(),
  at: ca.now,
});

describe('a validator with a memory', () => {
  it('gives the same answer the second time, without verifying anything again', () => {
    const validator = new PathValidator();
    const asked = question('TEST Taro');
    const first = validator.validate(asked);
    const { signatures } = validator.size;
    expect(validator.validate(asked)).toEqual(first);
    expect(first.verdict).toBe('VALID');
    expect(validator.size.signatures).toBe(signatures);
  });

  it('reads the same bytes once', () => {
    const validator = new PathValidator();
    const { der } = question('TEST Taro').certificate;
    expect(validator.parse(Uint8Array.from(der))).toBe(validator.parse(Uint8Array.from(der)));
    expect(() => validator.parse(Uint8Array.of(1))).toThrow(DerError);
    expect(validator.size.certificates).toBe(1);
  });

  it('still looks at the time, the lists and the anchors of every question', () => {
    const validator = new PathValidator();
    const asked = question('TEST Taro');
    expect(validator.validate(asked).verdict).toBe('VALID');
    expect(validator.validate({ ...asked, at: new Date('2100-01-01T00:00:00Z') }).verdict).toBe('INVALID');
    expect(validator.validate({ ...asked, crls: [] }).verdict).toBe('INDETERMINATE');
    expect(validator.validate({ ...asked, anchors: { certificates: [], fingerprints: new Set() } }).verdict).toBe('INDETERMINATE');
    const crls = ca.crls([{ serialNumber: asked.certificate.serialNumber, at: asked.at }]);
    expect(validator.validate({ ...asked, crls }).verdict).toBe('INVALID');
    expect(validator.validate(asked).verdict).toBe('VALID');
    expect(validator.validate({ ...asked, chain: [] }).verdict).toBe('INDETERMINATE');
    expect(validator.validate({ ...asked, chain: [ca.authentication.certificate] }).verdict).toBe('INDETERMINATE');
    expect(validator.validate({ ...asked, requireKeyUsage: 'digitalSignature' }).verdict).toBe('INVALID');
    expect(validator.validate({ ...asked, requireExtendedKeyUsage: '1.2.3' }).verdict).toBe('INVALID');
    expect(validator.validate({ ...asked, requirePolicies: ['1.2.3'] }).verdict).toBe('INVALID');
    expect(validator.validate(asked).verdict).toBe('VALID');
  });

  it('does not take a forged certificate for the good one it resembles', () => {
    const validator = new PathValidator();
    const asked = question('TEST Taro');
    expect(validator.validate(asked).verdict).toBe('VALID');
    const bytes = Uint8Array.from(asked.certificate.der);
    const last = bytes.length - 1;
    bytes[last] = (bytes[last] ?? 0) ^ 1;
    expect(validator.validate({ ...asked, certificate: parseCertificate(bytes) }).verdict).toBe('INVALID');
    expect(validator.validate(asked).verdict).toBe('VALID');
  });

  it('keeps within its bound, however many certificates pass', () => {
    const validator = new PathValidator(4);
    for (let i = 0; i < 10; i += 1) {
      const asked = question(`TEST ${i}`);
      validator.parse(asked.certificate.der);
      expect(validator.validate(asked).verdict).toBe('VALID');
    }
    expect(validator.size).toEqual({ certificates: 4, signatures: 4 });
  });
});
