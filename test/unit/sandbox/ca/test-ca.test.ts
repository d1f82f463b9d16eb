import 'reflect-metadata';
import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createPrivateKey } from 'node:crypto';
import { promisify } from 'node:util';
import * as x509 from '@peculiar/x509';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writePem } from '../../../../src/formats/pki/pem.ts';
import { jstMidnight } from '../../../../src/sandbox/ca/jst-midnight.ts';
import { negativeCertificates, revokedCrl, staleCrl, type NegativeName } from '../../../../src/sandbox/ca/negative-certificates.ts';
import { createTestCa, type IssuedCertificate, type TestCa } from '../../../../src/sandbox/ca/test-ca.ts';
import { generateTestKey, type TestKey } from '../../../../src/sandbox/ca/test-keys.ts';
import { asTestName } from '../../../../src/sandbox/ca/test-names.ts';
import { describeWith, programPath } from '../../../support/machine.ts';

let ca: TestCa;
let key: TestKey;
let doctor: IssuedCertificate;
let pharmacist: IssuedCertificate;

beforeAll(async () => {
  [ca, key] = await Promise.all([createTestCa(), generateTestKey()]);
  doctor = await ca.issue({ kind: 'signing', role: 'Medical Doctor', commonName: 'TEST Taro', kanjiName: 'テスト　太郎' }, key);
  pharmacist = await ca.issue({ kind: 'authentication', role: 'Pharmacist', commonName: 'TEST Jiro' }, key);
});

describe('the test CA', () => {
  it('has a root with two OUs and no CN, and authorities with names of HPKI’s form', () => {
    expect(ca.root.certificate.subject.commonName).toBeNull();
    expect(ca.root.certificate.subject.text.match(/OU=/g)).toHaveLength(2);
    expect(ca.signing.certificate.subject.commonName).toBe('HPKI-01-TestSignCA2-forNonRepudiation');
    expect(ca.authentication.certificate.subject.commonName).toBe('HPKI-01-TestAuthCA2-forAuthentication-forIndividual');
  });

  it('says TEST in every name, whatever name it is asked for', () => {
    for (const { subject } of ca.certificates) expect(subject.text).toMatch(/test/i);
    const named = ca.certify({ kind: 'signing', role: null, commonName: 'Yamada Taro', kanjiName: '山田　太郎' }, key.publicKey);
    expect(named.subject.commonName).toBe('TEST Yamada Taro');
    expect(named.kanjiName).toBe('テスト　山田　太郎');
    expect(asTestName('TEST Taro')).toBe('TEST Taro');
  });

  it('lets everything begin and end at midnight in Japan', () => {
    for (const { notBefore, notAfter } of [...ca.certificates, doctor.certificate]) {
      expect(notBefore.toISOString()).toMatch(/T15:00:00\.000Z$/);
      expect(notAfter.toISOString()).toMatch(/T15:00:00\.000Z$/);
    }
    expect(jstMidnight(new Date('2026-01-01T14:59:59Z'))).toEqual(new Date('2025-12-31T15:00:00Z'));
    expect(jstMidnight(new Date('2026-01-01T15:00:00Z'))).toEqual(new Date('2026-01-01T15:00:00Z'));
  });

  it('hands out the private key as PKCS #8, and certifies keys that others hold', () => {
    const imported = createPrivateKey({ key: Buffer.from(doctor.pkcs8), format: 'der', type: 'pkcs8' });
    expect(imported.equals(key.privateKey)).toBe(true);
    expect(doctor.certificate.publicKey.equals(key.publicKey)).toBe(true);
  });

  it('is understood by @peculiar/x509, names and signatures included', async () => {
    const root = new x509.X509Certificate(ca.root.certificate.der);
    const issuer = new x509.X509Certificate(ca.signing.certificate.der);
    const theirs = new x509.X509Certificate(doctor.certificate.der);
    expect(await theirs.verify({ publicKey: issuer, signatureOnly: true })).toBe(true);
    expect(await issuer.verify({ publicKey: root, signatureOnly: true })).toBe(true);
    expect(theirs.getExtension(x509.KeyUsagesExtension)?.usages).toBe(x509.KeyUsageFlags.nonRepudiation);
    expect(theirs.getExtension(x509.CertificatePolicyExtension)?.policies).toEqual(doctor.certificate.policies);
    expect(theirs.getExtension(x509.SubjectAlternativeNameExtension)?.names.items[0]?.value).toContain('CN=テスト');
    const crl = new x509.X509Crl(ca.crl('signing', { revoked: [{ serialNumber: 255n, at: ca.now, reason: 'superseded' }] }).der);
    expect(await crl.verify({ publicKey: issuer })).toBe(true);
    expect(crl.findRevoked('ff')?.reason).toBe(x509.X509CrlReason.superseded);
  });
});

describeWith(['openssl'], 'openssl agrees', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'test-ca-'));
    file('root.pem', writePem(ca.root.certificate.der));
    file('chain.pem', [ca.signing, ca.authentication].map(({ certificate }) => writePem(certificate.der)).join(''));
    file('crl.pem', ca.crls().map(({ der }) => writePem(der, 'X509 CRL')).join(''));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const file = (name: string, content: string | Uint8Array): string => {
    const whole = path.join(folder, name);
    writeFileSync(whole, content);
    return whole;
  };
  const openssl = (...options: readonly string[]): string =>
    execFileSync(programPath('openssl'), options, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  /** `openssl verify` with our lists: its answer, good or bad. */
  const verify = async (der: Uint8Array, ...options: readonly string[]): Promise<string> => {
    const certificate = file('end.pem', writePem(der));
    const all = ['verify', '-CAfile', 'root.pem', '-untrusted', 'chain.pem', ...options, certificate];
    const { stdout, stderr } = await promisify(execFile)(programPath('openssl'), all, { cwd: folder }).catch(
      (failure: unknown) => failure as { stdout: string; stderr: string },
    );
    return stdout + stderr;
  };

  it('that every certificate reads as the profile has it', () => {
    const text = openssl('x509', '-noout', '-text', '-nameopt', 'utf8', '-certopt', 'no_pubkey,no_sigdump', '-inform', 'DER', '-in', file('doctor.der', doctor.certificate.der));
    expect(text).toContain('Subject: C=JP, CN=TEST Taro, serialNumber=TEST0001');
    expect(text).toMatch(/Key Usage: critical\s+Non Repudiation\n/);
    expect(text).toMatch(/Certificate Policies: critical\s+Policy: 1\.2\.392\.100495\.1\.5\.1\.1\.0\.1\n/);
    expect(text).toMatch(/Authority Key Identifier:\s+keyid:([0-9A-F:]+)\s+DirName:\/C=JP\/O=TEST Ministry of Sandbox[^\n]*\s+serial:/);
    expect(text).toContain('URI:http://hpki-sandbox.example/signing.crl');
    expect(text).toMatch(/Subject Directory Attributes:/);
    expect(text).not.toContain('Extended Key Usage');
    const authority = openssl('x509', '-noout', '-text', '-in', file('ca.pem', writePem(ca.signing.certificate.der)));
    expect(authority).toMatch(/Basic Constraints: critical\s+CA:TRUE/);
    expect(authority).toMatch(/Key Usage: critical\s+Certificate Sign, CRL Sign/);
    expect(authority).toMatch(/Policy: 1\.2\.392\.100495\.1\.5\.1\.1\.3\.1\s+CPS: http:/);
  });

  it('that C and serialNumber are PrintableString and the rest UTF8String', () => {
    const subject = openssl('x509', '-noout', '-subject', '-nameopt', 'show_type,sep_multiline', '-inform', 'DER', '-in', file('doctor.der', doctor.certificate.der));
    expect(subject.match(/=\w+/g)).toEqual(['=PRINTABLESTRING', '=UTF8STRING', '=PRINTABLESTRING']);
  });

  it('that hcRole is the DER of a real certificate', () => {
    const extension = doctor.certificate.extensions.find(({ oid }) => oid === '2.5.29.9');
    const parsed = openssl('asn1parse', '-inform', 'DER', '-in', file('role.der', extension?.value ?? new Uint8Array()));
    expect(parsed).toContain(':1.0.17090.0.1');
    expect(parsed).toContain(':1.2.392.100495.1.6.1.1');
    expect(parsed).toMatch(/UTF8STRING\s+:Medical Doctor/);
  });

  it('that good paths are good, lists included', async () => {
    for (const { certificate } of [doctor, pharmacist]) {
      expect(await verify(certificate.der, '-crl_check', '-CRLfile', 'crl.pem')).toMatch(/: OK\n/);
    }
    expect(openssl('verify', '-CAfile', 'root.pem', '-crl_check_all', '-CRLfile', 'crl.pem', '-x509_strict', file('ca.pem', writePem(ca.signing.certificate.der)))).toContain('OK');
  });

  it('that the lists read as the profile has them', () => {
    const at = jstMidnight(ca.now);
    const list = ca.crl('signing', { revoked: [{ serialNumber: 0xabcdn, at, reason: 'keyCompromise', invalidSince: at }], number: 7n });
    const text = openssl('crl', '-noout', '-text', '-CAfile', file('ca.pem', writePem(ca.signing.certificate.der)), '-in', file('list.pem', writePem(list.der, 'X509 CRL')));
    expect(text).toMatch(/Version 2/);
    expect(text).toMatch(/Serial Number: ABCD[\s\S]*Key Compromise[\s\S]*Invalidity Date/);
    expect(text).toMatch(/X509v3 CRL Number:\s+7\n/);
    const arl = openssl('crl', '-noout', '-text', '-in', file('arl.pem', writePem(ca.crl('root').der, 'X509 CRL')));
    expect(arl).toMatch(/Issuing Distribution Point: critical[\s\S]*Only CA Certificates/);
  });

  it('that a certificate is revoked, a list stale, and the other negatives are what they say', async () => {
    const reasons: Partial<Record<NegativeName, RegExp>> = {
      expired: /certificate has expired/,
      notYetValid: /not yet valid/,
      unknownCriticalExtension: /unhandled critical extension/,
      untrustedRootClaimingKeyId: /certificate signature failure/,
      untrustedRoot: /unable to get (local )?issuer certificate/,
      rsa4096: /: OK\n/,
      twoRoles: /: OK\n/,
      codeDataValue: /: OK\n/,
    };
    for (const [name, reason] of Object.entries(reasons)) {
      const issued = await negativeCertificates[name as NegativeName](ca, key);
      expect(await verify(issued.certificate.der), name).toMatch(reason);
    }
    const weak = { sha1Signed: /signature digest algorithm too weak/, rsa1024: /EE certificate key too weak/ };
    for (const [name, reason] of Object.entries(weak)) {
      const issued = await negativeCertificates[name as NegativeName](ca, key);
      expect(await verify(issued.certificate.der, '-auth_level', '2'), name).toMatch(reason);
    }
    const revoked = await negativeCertificates.revoked(ca, key);
    file('revoked.crl.pem', writePem(revokedCrl(ca, revoked).der, 'X509 CRL'));
    expect(await verify(revoked.certificate.der, '-crl_check', '-CRLfile', 'revoked.crl.pem')).toMatch(/certificate revoked/);
    file('stale.crl.pem', writePem(staleCrl(ca).der, 'X509 CRL'));
    expect(await verify(doctor.certificate.der, '-crl_check', '-CRLfile', 'stale.crl.pem')).toMatch(/CRL has expired/);
  });
});
