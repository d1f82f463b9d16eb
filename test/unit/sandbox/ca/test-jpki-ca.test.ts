import { beforeAll, describe, expect, it } from 'vitest';
import { cardKindOf, isForAuthentication } from '../../../../src/formats/pki/authentication-certificate.ts';
import { validatePath } from '../../../../src/formats/pki/path.ts';
import { jpkiAuthenticationPolicy } from '../../../../src/formats/pki/policies.ts';
import type { IssuedCertificate } from '../../../../src/sandbox/ca/test-ca.ts';
import { createTestJpkiCa, type TestJpkiCa } from '../../../../src/sandbox/ca/test-jpki-ca.ts';
import { generateTestKey } from '../../../../src/sandbox/ca/test-keys.ts';

let ca: TestJpkiCa;
let login: IssuedCertificate;
let documents: IssuedCertificate;

beforeAll(async () => {
  const key = await generateTestKey();
  ca = await createTestJpkiCa();
  [login, documents] = await Promise.all([ca.issueAuthentication({}, key), ca.issueSigning({}, key)]);
});

const verdict = (certificate: IssuedCertificate['certificate'], revoked: Parameters<TestJpkiCa['crl']>[0] = []) =>
  validatePath({
    certificate,
    chain: [],
    anchors: { certificates: [ca.authentication.certificate], fingerprints: new Set() },
    crls: [ca.crl(revoked)],
    at: new Date(),
    requireKeyUsage: 'digitalSignature',
    requirePolicies: [jpkiAuthenticationPolicy],
  }).verdict;

describe('the test JPKI', () => {
  it('says TEST in every name, and names nobody on a certificate for authentication', () => {
    for (const { certificate } of [ca.authentication, ca.signing, login, documents]) expect(certificate.subject.text).toMatch(/TEST/);
    expect(login.certificate.subject.text).toMatch(/^C=JP, CN=TEST[0-9A-F]{20}$/);
    expect(login.certificate.alternativeNames).toEqual([]);
  });

  it('issues certificates for authentication that hold under its root, until one is revoked', () => {
    expect(verdict(login.certificate)).toBe('VALID');
    expect(verdict(login.certificate, [{ serialNumber: login.certificate.serialNumber, at: new Date(Date.now() - 1_000) }])).toBe('INVALID');
    expect(verdict(documents.certificate)).not.toBe('VALID');
  });

  it('keeps the two kinds apart: only one of them is for authentication', () => {
    expect([login, documents].map(({ certificate }) => isForAuthentication(certificate))).toEqual([true, false]);
    expect([login, documents].map(({ certificate }) => cardKindOf(certificate))).toEqual(['jpki', 'jpki']);
  });
});
