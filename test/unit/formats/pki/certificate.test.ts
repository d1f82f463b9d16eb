import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { X509Certificate } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseCertificate, type Certificate } from '../../../../src/formats/pki/certificate.ts';
import { DerError } from '../../../../src/formats/pki/der.ts';
import { writeOctetString, writeSequence, writeOid } from '../../../../src/formats/pki/der-writer.ts';
import { readPem } from '../../../../src/formats/pki/pem.ts';
import { createTestCa, type TestCa } from '../../../../src/sandbox/ca/test-ca.ts';
import { generateTestKey, type TestKey } from '../../../../src/sandbox/ca/test-keys.ts';
import { keyUsage, writeExtension } from '../../../../src/sandbox/ca/test-certificate.ts';
import { describeWith, programPath } from '../../../support/machine.ts';

let ca: TestCa;
let key: TestKey;
let doctor: Certificate;

beforeAll(async () => {
  [ca, key] = await Promise.all([createTestCa(), generateTestKey()]);
  doctor = ca.certify(
    { kind: 'signing', role: 'Medical Doctor', commonName: 'TEST Taro', kanjiName: 'テスト　太郎', organization: 'TEST Clinic', registration: 'TEST0042' },
    key.publicKey,
  );
});

/** Throws anything but a DerError onwards; the answer is what was read. */
function parseOrRefuse(bytes: Uint8Array): Certificate | null {
  try {
    const certificate = parseCertificate(bytes);
    try {
      expect(certificate.publicKey.type).toBe('public');
    } catch (error) {
      if (!(error instanceof DerError)) throw error;
    }
    return certificate;
  } catch (error) {
    if (error instanceof DerError) return null;
    throw error;
  }
}

/** What node:crypto and we both say of a certificate. */
function expectAgreement(certificate: Certificate): void {
  const theirs = new X509Certificate(certificate.der);
  expect(certificate.sha256).toBe(theirs.fingerprint256.replaceAll(':', '').toLowerCase());
  expect(BigInt(`0x${theirs.serialNumber}`)).toBe(certificate.serialNumber);
  expect(certificate.notBefore).toEqual(theirs.validFromDate);
  expect(certificate.notAfter).toEqual(theirs.validToDate);
  expect(certificate.publicKey.equals(theirs.publicKey)).toBe(true);
  expect(certificate.basicConstraints?.ca ?? false).toBe(theirs.ca);
  if (certificate.keyInfo.kind === 'rsa') {
    expect(certificate.keyInfo.bits).toBe(theirs.publicKey.asymmetricKeyDetails?.modulusLength);
    expect(BigInt(`0x${Buffer.from(certificate.keyInfo.exponent).toString('hex')}`)).toBe(
      theirs.publicKey.asymmetricKeyDetails?.publicExponent,
    );
  }
}

describe('a certificate of HPKI’s profile', () => {
  it('gives its names, in romaji and in kanji', () => {
    expect(doctor.subject.text).toBe('C=JP, O=TEST Clinic, CN=TEST Taro, serialNumber=TEST0042');
    expect(doctor.subject.commonName).toBe('TEST Taro');
    expect(doctor.kanjiName).toBe('テスト　太郎');
    expect(doctor.issuer.commonName).toBe('HPKI-01-TestSignCA2-forNonRepudiation');
    expect(doctor.issuerDer).toEqual(ca.signing.certificate.subjectDer);
  });

  it('gives its use, policy, role, revocation list and issuer’s key', () => {
    expect([...(doctor.keyUsage ?? [])]).toEqual(['nonRepudiation']);
    expect(doctor.policies).toEqual(['1.2.392.100495.1.5.1.1.0.1']);
    expect(doctor.policiesCritical).toBe(true);
    expect(doctor.extendedKeyUsage).toBeNull();
    expect(doctor.hcActors.map(({ codeDataFreeText }) => codeDataFreeText)).toEqual(['Medical Doctor']);
    expect(doctor.crlUrls).toEqual(['http://hpki-sandbox.example/signing.crl']);
    expect(doctor.authorityKeyIdentifier?.keyId).toEqual(ca.signing.certificate.subjectKeyIdentifier);
    expect(doctor.authorityKeyIdentifier?.serialNumber).toBe(ca.signing.certificate.serialNumber);
    expect(doctor.authorityKeyIdentifier?.issuers[0]?.der).toEqual(ca.root.certificate.subjectDer);
  });

  it('is independent of the bytes it was read from', () => {
    const bytes = Uint8Array.from(doctor.der);
    const certificate = parseCertificate(bytes);
    bytes.fill(0);
    expect(certificate.der).toEqual(doctor.der);
    expect(certificate.subject.commonName).toBe('TEST Taro');
  });

  it('reads as node:crypto reads it', () => {
    for (const certificate of [...ca.certificates, doctor]) expectAgreement(certificate);
  });
});

describe('random certificates', () => {
  const time = fc.date({ min: new Date('1950-01-01T00:00:00Z'), max: new Date('9999-12-31T23:59:59Z'), noInvalidDate: true });
  const request = fc.record({
    commonName: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 }),
    kanjiName: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 }),
    serialNumber: fc.bigInt({ min: 1n, max: (1n << 159n) - 1n }),
    notBefore: time,
    notAfter: time,
    policies: fc.array(fc.constantFrom('1.2.3', '2.5.29.32.0', '1.2.392.100495.1.5.1.1.0.1'), { minLength: 1 }),
    role: fc.option(fc.string({ unit: 'grapheme', maxLength: 20 })),
  });

  it('read as node:crypto reads them, and give back what was put in', () => {
    fc.assert(
      fc.property(request, (given) => {
        const certificate = ca.certify({ kind: 'authentication', ...given }, key.publicKey);
        expectAgreement(certificate);
        expect(certificate.subject.commonName).toContain(given.commonName);
        expect(certificate.kanjiName).toContain(given.kanjiName);
        expect(certificate.policies).toEqual(given.policies);
        expect(certificate.hcActors.map(({ codeDataFreeText }) => codeDataFreeText)).toEqual(given.role === null ? [] : [given.role]);
      }),
      { numRuns: 60 },
    );
  });
});

describe('bytes that are no certificate', () => {
  it('only ever give a DerError', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => parseOrRefuse(bytes) === null), { numRuns: 300 });
  });

  it('only ever give a DerError or a certificate when a real one was tampered with', () => {
    const position = fc.nat(10_000);
    const edit = fc.record({ at: position, to: fc.nat(255), kind: fc.constantFrom('change', 'remove', 'insert', 'cut') });
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 4 }), (edits) => {
        const bytes = [...doctor.der];
        for (const { at, to, kind } of edits) {
          const index = at % Math.max(bytes.length, 1);
          if (kind === 'change') bytes[index] = to;
          else if (kind === 'remove') bytes.splice(index, 1);
          else if (kind === 'insert') bytes.splice(index, 0, to);
          else bytes.length = index;
        }
        const mutated = Uint8Array.from(bytes);
        const certificate = parseOrRefuse(mutated);
        if (certificate !== null) expect(certificate.der).toEqual(mutated);
      }),
      { numRuns: 1_500 },
    );
  });

  it('are refused when something follows the certificate', () => {
    expect(() => parseCertificate(Uint8Array.of(...doctor.der, 0))).toThrow(expect.objectContaining({ problem: 'trailing-bytes' }));
  });

  it('are refused above 64 KiB', () => {
    expect(() => parseCertificate(new Uint8Array(65 * 1024))).toThrow(expect.objectContaining({ problem: 'too-large' }));
  });

  it('are refused when an extension is there twice', () => {
    const twice = (): Certificate =>
      ca.certify({ kind: 'signing', role: null, commonName: 'TEST', extraExtensions: [keyUsage(['keyCertSign'])] }, key.publicKey);
    expect(twice).toThrow(DerError);
  });

  it('are refused when the two signature algorithms differ', () => {
    const bytes = Buffer.from(doctor.der);
    const sha256WithRsa = Buffer.from('2a864886f70d01010b', 'hex');
    const outer = bytes.lastIndexOf(sha256WithRsa);
    bytes[outer + sha256WithRsa.length - 1] = 0x0c;
    expect(() => parseCertificate(bytes)).toThrow(DerError);
  });

  it('are refused when a known extension is malformed', () => {
    const broken = writeExtension('2.5.29.37', writeSequence(writeOctetString(Uint8Array.of(1))));
    expect(() => ca.certify({ kind: 'signing', role: null, commonName: 'TEST', extraExtensions: [broken] }, key.publicKey)).toThrow(DerError);
    const fine = writeExtension('2.5.29.37', writeSequence(writeOid('1.3.6.1.5.5.7.3.2')));
    const certificate = ca.certify({ kind: 'signing', role: null, commonName: 'TEST', extraExtensions: [fine] }, key.publicKey);
    expect(certificate.extendedKeyUsage).toEqual(['1.3.6.1.5.5.7.3.2']);
  });
});

describeWith(['openssl'], 'certificates that openssl made', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'pki-certificate-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const openssl = (...options: readonly string[]): void => {
    execFileSync(programPath('openssl'), options, { cwd: folder, stdio: ['ignore', 'ignore', 'ignore'] });
  };
  const make = (...options: readonly string[]): Certificate => {
    openssl('req', '-x509', '-nodes', '-keyout', 'key.pem', '-out', 'made.pem', '-utf8', ...options);
    const [der = new Uint8Array()] = readPem(readFileSync(path.join(folder, 'made.pem'), 'utf8'));
    return parseCertificate(der);
  };

  it('are read when they have RSA keys and every usual extension', () => {
    const certificate = make(
      '-newkey', 'rsa:2048', '-days', '30', '-subj', '/C=JP/ST=東京都/O=Test/OU=a+OU=b/CN=日本 太郎/emailAddress=a@b.example',
      '-multivalue-rdn', '-addext', 'keyUsage=critical,nonRepudiation,digitalSignature',
      '-addext', 'extendedKeyUsage=clientAuth,timeStamping', '-addext', 'subjectAltName=DNS:a.example,IP:127.0.0.1,email:a@b.example,dirName:dn',
      '-addext', 'certificatePolicies=1.2.3.4,2.5.29.32.0', '-addext', 'crlDistributionPoints=URI:http://a.example/c.crl,URI:ldap://b.example/c',
      '-config', writeConfig(),
    );
    expectAgreement(certificate);
    expect(certificate.subject.commonName).toBe('日本 太郎');
    expect([...(certificate.keyUsage ?? [])]).toEqual(['digitalSignature', 'nonRepudiation']);
    expect(certificate.extendedKeyUsage).toEqual(['1.3.6.1.5.5.7.3.2', '1.3.6.1.5.5.7.3.8']);
    expect(certificate.kanjiName).toBe('Hanako');
    expect(certificate.policies).toEqual(['1.2.3.4', '2.5.29.32.0']);
    expect(certificate.crlUrls).toEqual(['http://a.example/c.crl', 'ldap://b.example/c']);
  });

  it.each(['P-256', 'P-384', 'P-521'])('are read when they have keys on %s', (curve) => {
    const certificate = make('-newkey', 'ec', '-pkeyopt', `ec_paramgen_curve:${curve}`, '-subj', '/CN=Test EC');
    expectAgreement(certificate);
    expect(certificate.keyInfo.kind).toBe('ec');
  });

  it('are read when they have Ed25519 keys, which are then of another kind', () => {
    const certificate = make('-newkey', 'ed25519', '-subj', '/CN=Test Ed');
    expectAgreement(certificate);
    expect(certificate.keyInfo).toEqual({ kind: 'other', algorithm: '1.3.101.112' });
  });

  it('are read when they are of version 1, expired long ago, or without a name', () => {
    openssl('genrsa', '-out', 'old.pem', '2048');
    openssl('req', '-new', '-key', 'old.pem', '-subj', '/', '-out', 'old.csr');
    openssl('x509', '-req', '-in', 'old.csr', '-signkey', 'old.pem', '-days', '20000', '-out', 'old.crt');
    const [der = new Uint8Array()] = readPem(readFileSync(path.join(folder, 'old.crt'), 'utf8'));
    const certificate = parseCertificate(der);
    expectAgreement(certificate);
    expect(certificate.version).toBe(1);
    expect(certificate.subject.attributes).toEqual([]);
    expect(certificate.subject.commonName).toBeNull();
    expect(certificate.notAfter.getUTCFullYear()).toBeGreaterThan(2050);
  });

  function writeConfig(): string {
    const file = path.join(folder, 'openssl.cnf');
    writeFileSync(file, '[req]\ndistinguished_name=req\n[dn]\nC=JP\nCN=Hanako\n');
    return file;
  }
});
