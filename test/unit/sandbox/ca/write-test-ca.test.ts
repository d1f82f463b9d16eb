import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseCertificate } from '../../../../src/formats/pki/certificate.ts';
import { parseCrl } from '../../../../src/formats/pki/crl.ts';
import { validatePath } from '../../../../src/formats/pki/path.ts';
import { readPem } from '../../../../src/formats/pki/pem.ts';
import { writeTestCa, type WrittenTestCa } from '../../../../src/sandbox/ca/write-test-ca.ts';

let folder: string;
let written: WrittenTestCa;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'write-test-ca-'));
  written = await writeTestCa(path.join(folder, 'ca'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const text = (name: string): string => readFileSync(path.join(folder, 'ca', name), 'utf8');

describe('the folder of a test CA', () => {
  it('holds what a verifier needs: trust, chain and lists', () => {
    const anchors = { certificates: readPem(text('trust.pem')).map(parseCertificate), fingerprints: new Set<string>() };
    const [certificate] = readPem(text('doctor.signing.pem')).map(parseCertificate);
    if (certificate === undefined) throw new Error('doctor.signing.pem holds no certificate');
    const result = validatePath({
      certificate,
      chain: readPem(text('chain.pem')).map(parseCertificate),
      anchors,
      crls: readPem(text('crl.pem')).map(parseCrl),
      at: written.ca.now,
      requireKeyUsage: 'nonRepudiation',
    });
    expect(result.verdict).toBe('VALID');
  });

  it('has two certificates for each of five people, each with its key', () => {
    const people = written.files.filter((name) => /^[a-z]+\.(signing|authentication)\.pem$/.test(name));
    expect(people).toHaveLength(10);
    for (const name of people) {
      const key = createPrivateKey(text(`SANDBOX-${name.replace(/\.pem$/, '.key.pem')}`));
      expect(new X509Certificate(text(name)).checkPrivateKey(key), name).toBe(true);
    }
  });

  it('says SANDBOX in the name of every key, and lets only its owner read it', () => {
    for (const name of written.files) {
      const isKey = text(name).includes('PRIVATE KEY');
      expect(name.includes('SANDBOX-'), name).toBe(isKey);
      expect(statSync(path.join(folder, 'ca', name)).mode & 0o777, name).toBe(isKey ? 0o600 : 0o644);
    }
  });
});
