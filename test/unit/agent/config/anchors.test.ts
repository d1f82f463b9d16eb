import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { importAnchors, pemOrDer, readTrust } from '../../../../src/agent/config/anchors.ts';
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
    expect((await readTrust(data, trustOf({}))).anchors).toEqual([]);
  });

  it('trusts a root that machine policy names', async () => {
    const file = path.join(folder, 'policy-root.pem');
    writeFileSync(file, writePem(ca.root.certificate.der));
    expect((await readTrust(data, trustOf({ anchors: [file] }))).anchors).toMatchObject([{ sha256: ca.root.certificate.sha256, known: false }]);
  });

  it('imports nothing whose fingerprint is not published, and says what it refused', async () => {
    const { imported, refused } = await importAnchors(data, [ca.root.certificate.der]);
    expect(imported).toEqual([]);
    expect(refused.map((anchor) => anchor.sha256)).toEqual([ca.root.certificate.sha256]);
    expect((await readTrust(data, trustOf({}))).anchors).toEqual([]);
  });

  it('reads revocation lists of a folder in either form and passes certificates over', async () => {
    writeFileSync(path.join(folder, 'a.crl'), ca.crl('signing').der);
    writeFileSync(path.join(folder, 'b.pem'), writePem(ca.crl('root').der, 'X509 CRL'));
    writeFileSync(path.join(folder, 'c.pem'), writePem(ca.root.certificate.der));
    const { crls, unreadable } = await readTrust(data, trustOf({ crlDir: folder }));
    expect(crls).toHaveLength(2);
    expect(unreadable).toEqual([]);
  });

  it('names each file that cannot be read, and reads the rest', async () => {
    const at = (name: string): string => path.join(folder, name);
    mkdirSync(at('lists'));
    writeFileSync(at('root.der'), ca.root.certificate.der);
    writeFileSync(at('text.pem'), 'hello');
    writeFileSync(at('list.pem'), writePem(ca.crl('signing').der, 'X509 CRL'));
    writeFileSync(at('lists/broken.crl'), 'hello');
    writeFileSync(at('lists/root.crl'), writePem(ca.root.certificate.der));
    writeFileSync(at('lists/today.crl'), ca.crl('signing').der);
    const found = await readTrust(data, trustOf({ anchors: [at('absent.pem'), at('root.der'), at('list.pem')], chain: [at('text.pem')], crlDir: at('lists') }));
    expect(found.anchors.map(({ sha256 }) => sha256)).toEqual([ca.root.certificate.sha256]);
    expect(found.chain).toEqual([]);
    expect(found.crls).toHaveLength(1);
    const named = Object.fromEntries(found.unreadable.map(({ file, why }) => [path.basename(file), why]));
    const content = 'not a certificate or list';
    expect(named).toEqual({ 'absent.pem': 'ENOENT', 'list.pem': content, 'text.pem': content, 'broken.crl': content, 'root.crl': content });
    expect((await readTrust(data, trustOf({ crlDir: at('nowhere') }))).unreadable).toEqual([{ file: at('nowhere'), why: 'ENOENT' }]);
  });

  it('takes each kind out of a file that holds both', () => {
    const both = Buffer.from(writePem(ca.root.certificate.der) + writePem(ca.crl('signing').der, 'X509 CRL'));
    expect(pemOrDer(both, 'CERTIFICATE')).toEqual([ca.root.certificate.der]);
    expect(pemOrDer(both, 'X509 CRL')).toEqual([ca.crl('signing').der]);
  });
});
