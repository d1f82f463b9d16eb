import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { importAnchors, pemOrDer, readAnchors, readRevocationLists } from '../../../../src/agent/config/anchors.ts';
import { settingsSchema } from '../../../../src/agent/config/settings.ts';
import { dataDirectory, type DataDirectory } from '../../../../src/agent/storage/data-directory.ts';
import { writePem } from '../../../../src/formats/pki/pem.ts';
import { createTestCa, type TestCa } from '../../../../src/sandbox/ca/test-ca.ts';

describe('trust anchors', () => {
  let ca: TestCa;
  let folder: string;
  let data: DataDirectory;
  const trustOf = (trust: object) => settingsSchema.parse({ trust }).trust;

  beforeAll(async () => {
    ca = await createTestCa();
  });
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'hpki-anchors-'));
    data = dataDirectory(folder);
    mkdirSync(data.anchors);
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('does not trust a root that somebody planted in the user’s own folder', async () => {
    writeFileSync(path.join(data.anchors, 'planted.pem'), writePem(ca.root.certificate.der));
    expect(await readAnchors(data, trustOf({}))).toEqual([]);
  });

  it('trusts a root that machine policy names', async () => {
    const file = path.join(folder, 'policy-root.pem');
    writeFileSync(file, writePem(ca.root.certificate.der));
    expect(await readAnchors(data, trustOf({ anchors: [file] }))).toMatchObject([{ sha256: ca.root.certificate.sha256, known: false }]);
  });

  it('imports nothing whose fingerprint is not published, and says what it refused', async () => {
    const file = path.join(folder, 'root.der');
    writeFileSync(file, ca.root.certificate.der);
    const { imported, refused } = await importAnchors(data, file);
    expect(imported).toEqual([]);
    expect(refused.map((anchor) => anchor.sha256)).toEqual([ca.root.certificate.sha256]);
    expect(await readAnchors(data, trustOf({}))).toEqual([]);
  });

  it('reads revocation lists of a folder in either form and passes certificates over', async () => {
    writeFileSync(path.join(folder, 'a.crl'), ca.crl('signing').der);
    writeFileSync(path.join(folder, 'b.pem'), writePem(ca.crl('root').der, 'X509 CRL'));
    writeFileSync(path.join(folder, 'c.pem'), writePem(ca.root.certificate.der));
    const lists = await readRevocationLists(trustOf({ crlDir: folder }));
    expect(lists).toHaveLength(2);
  });

  it('takes each kind out of a file that holds both', () => {
    const both = Buffer.from(writePem(ca.root.certificate.der) + writePem(ca.crl('signing').der, 'X509 CRL'));
    expect(pemOrDer(both, 'CERTIFICATE')).toEqual([ca.root.certificate.der]);
    expect(pemOrDer(both, 'X509 CRL')).toEqual([ca.crl('signing').der]);
  });
});
