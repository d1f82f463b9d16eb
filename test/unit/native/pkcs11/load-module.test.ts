import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { knownModules } from '../../../../src/native/pkcs11/known-modules.ts';
import { loadModule } from '../../../../src/native/pkcs11/load-module.ts';
import { processBitness } from '../../../../src/native/pkcs11/module-bitness.ts';

// Threats row 21 (CVE-2023-38408): a path decides which code sees the PIN.
describe('a PKCS#11 module is loaded only from', () => {
  let dir: string;
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'hpki-module-'));
  });
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  const notReached = () => Promise.reject(new Error('the binding must not be loaded for this path'));

  it.each(['', '.', 'module.so', './module.so', '../module.so', 'vendor/module.so'])('an absolute path, so not from "%s"', async (path) => {
    await expect(loadModule(path, notReached)).rejects.toMatchObject({ code: 'CARD_MODULE_FAILED', detail: expect.stringContaining('absolute') as string });
  });

  it('an existing file, so neither from a folder nor from nowhere', async () => {
    for (const path of [dir, join(dir, 'none.so')]) {
      await expect(loadModule(path, notReached)).rejects.toMatchObject({ detail: expect.stringContaining('no such file') as string });
    }
  });

  it('a program library of this process\'s width', async () => {
    const text = join(dir, 'text.so');
    writeFileSync(text, 'planted '.repeat(20));
    await expect(loadModule(text, notReached)).rejects.toMatchObject({ detail: expect.stringContaining('no program library') as string });

    const other = join(dir, 'other.so');
    writeFileSync(other, Buffer.concat([Buffer.of(0x7f, 0x45, 0x4c, 0x46, processBitness === 64 ? 1 : 2), Buffer.alloc(100)]));
    await expect(loadModule(other, notReached)).rejects.toMatchObject({ detail: expect.stringMatching(/32 bits .* 64|64 bits .* 32/) as string });
  });

  it('a machine that has the optional binding, and says so where it is missing', async () => {
    const missing = () => Promise.reject(Object.assign(new Error('Cannot find package'), { code: 'ERR_MODULE_NOT_FOUND' }));
    await expect(loadModule(process.execPath, missing)).rejects.toMatchObject({
      code: 'CARD_MODULE_FAILED',
      detail: expect.stringContaining('graphene-pk11') as string,
    });
  });

  it('a file that is such a module: any other library is refused by name', async () => {
    await expect(loadModule(process.execPath)).rejects.toMatchObject({ code: 'CARD_MODULE_FAILED', detail: expect.stringContaining('no PKCS#11 module') as string });
  });
});

describe('the known places of vendors\' modules', () => {
  it('are absolute Windows paths, and none elsewhere', () => {
    expect(knownModules('win32').map((module) => module.purpose)).toEqual(['hpki-signing', 'hpki-authentication', 'jpki-signing', 'jpki-authentication']);
    for (const { path } of knownModules('win32')) expect(path).toMatch(/^C:\\.+\.dll$/);
    expect(knownModules('linux')).toEqual([]);
    expect(knownModules('darwin')).toEqual([]);
  });
});
