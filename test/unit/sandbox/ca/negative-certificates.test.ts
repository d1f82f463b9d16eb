import { beforeAll, describe, expect, it } from 'vitest';
import type { CertificateCheckId } from '../../../../src/formats/pki/check.ts';
import type { Verdict } from '../../../../src/formats/verdict.ts';
import { allowedRole } from '../../../../src/formats/pki/hc-role.ts';
import { validatePath, type PathQuestion, type PathResult } from '../../../../src/formats/pki/path.ts';
import { signingPolicy } from '../../../../src/formats/pki/policies.ts';
import { negativeCertificates, revokedCrl, staleCrl, type NegativeName } from '../../../../src/sandbox/ca/negative-certificates.ts';
import { createTestCa, type IssuedCertificate, type TestCa } from '../../../../src/sandbox/ca/test-ca.ts';
import { generateTestKey, type TestKey } from '../../../../src/sandbox/ca/test-keys.ts';

let ca: TestCa;
let key: TestKey;

beforeAll(async () => {
  [ca, key] = await Promise.all([createTestCa(), generateTestKey()]);
});

const validate = ({ certificate }: IssuedCertificate, crls: PathQuestion['crls'] = ca.crls()): PathResult =>
  validatePath({
    certificate,
    chain: ca.certificates,
    anchors: { certificates: [ca.root.certificate], fingerprints: new Set() },
    crls,
    at: ca.now,
    requireKeyUsage: 'nonRepudiation',
    requirePolicies: [signingPolicy],
  });

interface Expected {
  readonly verdict: Verdict;
  /** The checks that are not VALID. */
  readonly because: readonly CertificateCheckId[];
  readonly mayPrescribe: boolean;
}

const good: Expected = { verdict: 'VALID', because: [], mayPrescribe: true };
const bad = (...because: readonly CertificateCheckId[]): Expected => ({ verdict: 'INVALID', because, mayPrescribe: true });

const expected: Readonly<Record<NegativeName, Expected>> = {
  // Today's list need not have it any more.
  expired: bad('certificate.validity', 'certificate.revocation'),
  notYetValid: bad('certificate.validity'),
  // Without its own list; with it, below.
  revoked: good,
  wrongPolicy: bad('certificate.policy'),
  digitalSignatureOnly: bad('certificate.keyUsage'),
  otherCodingScheme: { ...good, mayPrescribe: false },
  lowerCaseRole: { ...good, mayPrescribe: false },
  twoRoles: good,
  codeDataValue: good,
  sha1Signed: bad('certificate.path', 'certificate.algorithm', 'certificate.revocation'),
  unknownCriticalExtension: bad('certificate.extensions'),
  rsa1024: bad('certificate.algorithm'),
  rsa4096: good,
  untrustedRoot: { verdict: 'INDETERMINATE', because: ['certificate.path', 'certificate.revocation'], mayPrescribe: true },
  untrustedRootClaimingKeyId: bad('certificate.path', 'certificate.revocation'),
};

describe('each negative certificate gets its verdict', () => {
  it.each(Object.entries(expected))('%s', async (name, { verdict, because, mayPrescribe }) => {
    const issued = await negativeCertificates[name as NegativeName](ca, key);
    const result = validate(issued);
    expect(result.checks.filter((check) => check.verdict !== 'VALID').map(({ id }) => id)).toEqual(because);
    expect(result.verdict).toBe(verdict);
    expect(allowedRole(issued.certificate.hcActors, 'prescription') !== null).toBe(mayPrescribe);
  });

  it('revoked: INVALID with the list that has it', async () => {
    const issued = await negativeCertificates.revoked(ca, key);
    const result = validate(issued, [revokedCrl(ca, issued), ca.crl('root')]);
    expect(result.verdict).toBe('INVALID');
    expect(result.checks.find(({ verdict }) => verdict === 'INVALID')?.reason.en).toContain('keyCompromise');
  });

  it('a good one is INDETERMINATE with a stale list', async () => {
    const issued = await ca.issue({ kind: 'signing', role: 'Medical Doctor', commonName: 'TEST' }, key);
    expect(validate(issued, [staleCrl(ca), ca.crl('root')]).verdict).toBe('INDETERMINATE');
    expect(validate(issued).verdict).toBe('VALID');
  });

  it('an authentication certificate cannot sign', async () => {
    const issued = await ca.issue({ kind: 'authentication', role: 'Medical Doctor', commonName: 'TEST' }, key);
    const failed = validate(issued).checks.filter(({ verdict }) => verdict === 'INVALID');
    expect(failed.map(({ id }) => id)).toEqual(['certificate.keyUsage', 'certificate.policy']);
  });

  it('those under another root are trusted by nobody who has the real one, whatever they bring along', async () => {
    const impostor = await createTestCa({ now: ca.now });
    const issued = await impostor.issue({ kind: 'signing', role: 'Medical Doctor', commonName: 'TEST' }, key);
    const result = validatePath({
      certificate: issued.certificate,
      chain: [...impostor.certificates, ...ca.certificates],
      anchors: { certificates: [ca.root.certificate], fingerprints: new Set() },
      crls: [...impostor.crls(), ...ca.crls()],
      at: ca.now,
    });
    expect(result.verdict).toBe('INDETERMINATE');
    expect(result.anchor).toBeNull();
  });
});
