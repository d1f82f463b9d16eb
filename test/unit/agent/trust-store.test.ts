import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { settingsSchema } from '../../../src/agent/config/settings.ts';
import { silentLog } from '../../../src/agent/log.ts';
import { dataDirectory } from '../../../src/agent/storage/data-directory.ts';
import { openTrustStore } from '../../../src/agent/trust-store.ts';
import { writePem } from '../../../src/formats/pki/pem.ts';
import { createTestCa, type TestCa } from '../../../src/sandbox/ca/test-ca.ts';

describe('what the running agent trusts', () => {
  let folder: string;
  let ca: TestCa;

  beforeEach(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'hpki-trust-'));
    mkdirSync(path.join(folder, 'crl'));
    ca = await createTestCa();
  });
  afterEach(() => {
    vi.useRealTimers();
    rmSync(folder, { recursive: true });
  });

  it('takes a new revocation list up without a restart, and keeps its object until then', async () => {
    const root = path.join(folder, 'root.pem');
    writeFileSync(root, writePem(ca.root.certificate.der));
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const { trust } = settingsSchema.parse({ trust: { anchors: [root], crlDir: path.join(folder, 'crl') } });
    const store = await openTrustStore(dataDirectory(path.join(folder, 'data')), trust, silentLog);
    const first = store.current();
    expect(first.anchors).toHaveLength(1);
    expect(first.crls).toHaveLength(0);

    vi.advanceTimersByTime(5 * 60 * 1000);
    await vi.waitFor(() => expect(store.current()).toBe(first));

    writeFileSync(path.join(folder, 'crl', 'today.pem'), writePem(ca.crl('signing').der, 'X509 CRL'));
    vi.advanceTimersByTime(5 * 60 * 1000);
    await vi.waitFor(() => expect(store.current().crls).toHaveLength(1));
    store.close();
  });

  it('keeps what it trusted when a file has become unreadable', async () => {
    const root = path.join(folder, 'root.pem');
    writeFileSync(root, writePem(ca.root.certificate.der));
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const { trust } = settingsSchema.parse({ trust: { anchors: [root] } });
    const warned = vi.fn();
    const store = await openTrustStore(dataDirectory(path.join(folder, 'data')), trust, { ...silentLog, warn: warned });
    writeFileSync(root, '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n');
    vi.advanceTimersByTime(5 * 60 * 1000);
    await vi.waitFor(() => expect(warned).toHaveBeenCalled());
    expect(store.current().anchors).toHaveLength(1);
    store.close();
  });

  it('starts without a file that policy names and that is not there, says so, and takes it up when it comes', async () => {
    const root = path.join(folder, 'root.pem');
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const { trust } = settingsSchema.parse({ trust: { anchors: [root], crlDir: path.join(folder, 'crl') } });
    const warned = vi.fn();
    const store = await openTrustStore(dataDirectory(path.join(folder, 'data')), trust, { ...silentLog, warn: warned });
    expect(warned).toHaveBeenCalledWith('trust.unreadable', { file: root, why: 'ENOENT' });
    expect(store.current().anchors).toEqual([]);
    writeFileSync(root, writePem(ca.root.certificate.der));
    vi.advanceTimersByTime(5 * 60 * 1000);
    await vi.waitFor(() => expect(store.current().anchors).toHaveLength(1));
    store.close();
  });
});
