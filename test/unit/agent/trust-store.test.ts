import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { settingsSchema } from '../../../src/agent/config/settings.ts';
import { silentLog, type Log } from '../../../src/agent/log.ts';
import { dataDirectory } from '../../../src/agent/storage/data-directory.ts';
import { openTrustStore } from '../../../src/agent/trust-store.ts';
import { writePem } from '../../../src/formats/pki/pem.ts';
import { createTestCa, type TestCa } from '../../../src/sandbox/ca/test-ca.ts';

const damaged = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';

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

    await store.lookAgain();
    expect(store.current()).toBe(first);

    writeFileSync(path.join(folder, 'crl', 'today.pem'), writePem(ca.crl('signing').der, 'X509 CRL'));
    vi.advanceTimersByTime(5 * 60 * 1000);
    await expect.poll(() => store.current().crls).toHaveLength(1);
    store.close();
  });

  it('keeps what it trusted when a file has become unreadable', async () => {
    const root = path.join(folder, 'root.pem');
    writeFileSync(root, writePem(ca.root.certificate.der));
    const { trust } = settingsSchema.parse({ trust: { anchors: [root] } });
    const warned = vi.fn();
    const store = await openTrustStore(dataDirectory(path.join(folder, 'data')), trust, { ...silentLog, warn: warned });
    const first = store.current();
    writeFileSync(root, damaged);
    await store.lookAgain();
    expect(warned).toHaveBeenCalledExactlyOnceWith('trust.unreadable', { file: root, why: 'not a certificate or list' });
    expect(store.current()).toBe(first);
    store.close();
  });

  it('takes up today’s list also while another file, or yesterday’s, cannot be read', async () => {
    const root = path.join(folder, 'root.pem');
    const [yesterday, today] = [path.join(folder, 'crl', '1.crl'), path.join(folder, 'crl', '2.crl')];
    writeFileSync(root, writePem(ca.root.certificate.der));
    writeFileSync(yesterday, ca.crl('signing').der);
    const { trust } = settingsSchema.parse({ trust: { anchors: [root], crlDir: path.join(folder, 'crl') } });
    const store = await openTrustStore(dataDirectory(path.join(folder, 'data')), trust, silentLog);
    const first = store.current();
    writeFileSync(root, damaged);
    writeFileSync(yesterday, damaged);
    await store.lookAgain();
    expect(store.current()).toBe(first);

    writeFileSync(today, ca.crl('root').der);
    await store.lookAgain();
    expect(store.current().anchors).toEqual(first.anchors);
    expect(store.current().crls).toHaveLength(2);

    rmSync(yesterday);
    await store.lookAgain();
    expect(store.current().crls).toEqual([ca.crl('root').der]);
    rmSync(path.join(folder, 'crl'), { recursive: true });
    await store.lookAgain();
    expect(store.current().crls).toHaveLength(1);
    mkdirSync(path.join(folder, 'crl'));
    writeFileSync(today, damaged);
    await store.lookAgain();
    expect(store.current().crls).toEqual([ca.crl('root').der]);
    store.close();
  });

  it('names an unreadable file once, and again only when it has been readable meanwhile or fails in another way', async () => {
    const [root, chain] = [path.join(folder, 'root.pem'), path.join(folder, 'chain.pem')];
    const pem = writePem(ca.root.certificate.der);
    const { trust } = settingsSchema.parse({ trust: { anchors: [root], chain: [chain] } });
    const said: string[] = [];
    const log: Log = {
      ...silentLog,
      warn: (_event, fields) => said.push(`${path.basename(String(fields?.['file']))}: ${String(fields?.['why'])}`),
      info: (_event, fields) => said.push(`anchors: ${String(fields?.['anchors'])}`),
    };
    writeFileSync(root, damaged);
    writeFileSync(chain, pem);
    const store = await openTrustStore(dataDirectory(path.join(folder, 'data')), trust, log);
    const sayings = async (): Promise<readonly string[]> => {
      await store.lookAgain();
      return said.splice(0);
    };
    expect(said.splice(0)).toEqual(['root.pem: not a certificate or list']);
    writeFileSync(chain, pem + pem);
    expect(await sayings()).toEqual(['anchors: 0']);
    writeFileSync(root, pem);
    expect(await sayings()).toEqual(['anchors: 1']);
    writeFileSync(root, damaged);
    expect(await sayings()).toEqual(['root.pem: not a certificate or list']);
    expect(await sayings()).toEqual([]);
    writeFileSync(chain, damaged);
    expect(await sayings()).toEqual(['chain.pem: not a certificate or list']);
    rmSync(root);
    expect(await sayings()).toEqual(['root.pem: ENOENT']);
    writeFileSync(root, pem);
    writeFileSync(chain, pem);
    expect(await sayings()).toEqual(['anchors: 1']);
    writeFileSync(root, damaged);
    expect(await sayings()).toEqual(['root.pem: not a certificate or list']);
    store.close();
  });

  it('starts without a file that policy names and that is not there, says so, and takes it up when it comes', async () => {
    const root = path.join(folder, 'root.pem');
    const { trust } = settingsSchema.parse({ trust: { anchors: [root], crlDir: path.join(folder, 'crl') } });
    const warned = vi.fn();
    const store = await openTrustStore(dataDirectory(path.join(folder, 'data')), trust, { ...silentLog, warn: warned });
    expect(warned).toHaveBeenCalledWith('trust.unreadable', { file: root, why: 'ENOENT' });
    expect(store.current().anchors).toEqual([]);
    writeFileSync(root, writePem(ca.root.certificate.der));
    await store.lookAgain();
    expect(store.current().anchors).toHaveLength(1);
    store.close();
  });
});
