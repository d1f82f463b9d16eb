import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readPolicyFile } from '../../../../src/agent/config/machine-policy.ts';

const asRoot = process.getuid?.() === 0;
const nobody = 65534;

// Only root can make files that root owns; elsewhere the refusals that need no root are still checked.
describe('reading the machine policy file', () => {
  let folder: string;
  let file: string;

  beforeEach(() => {
    folder = mkdtempSync('/tmp/hpki-policy-');
    file = `${folder}/policy.json`;
    chmodSync(folder, 0o755);
    writeFileSync(file, '{"language":"en"}', { mode: 0o644 });
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it.runIf(asRoot)('reads a file that root owns and nobody else may write', async () => {
    expect(await readPolicyFile(file)).toEqual({ state: 'read', place: file, content: { language: 'en' } });
  });

  it('finds no policy where there is no file', async () => {
    expect(await readPolicyFile(`${folder}/other.json`)).toMatchObject({ state: 'none' });
  });

  it.runIf(asRoot)('refuses a file that a user owns', async () => {
    chownSync(file, nobody, nobody);
    expect(await readPolicyFile(file)).toMatchObject({ state: 'refused', reason: { en: `${file} is not owned by root` } });
  });

  it.runIf(asRoot)('refuses a file that others may write', async () => {
    chmodSync(file, 0o666);
    expect(await readPolicyFile(file)).toMatchObject({ state: 'refused' });
  });

  it.runIf(asRoot)('refuses a file in a folder that a user owns, because the user can replace it', async () => {
    const inner = `${folder}/inner`;
    mkdirSync(inner);
    writeFileSync(`${inner}/policy.json`, '{}');
    chownSync(inner, nobody, nobody);
    expect(await readPolicyFile(`${inner}/policy.json`)).toMatchObject({ state: 'refused', reason: { en: `${inner} is not owned by root` } });
  });

  it('refuses a link, wherever it leads', async () => {
    const link = `${folder}/link.json`;
    symlinkSync(file, link);
    expect(await readPolicyFile(link)).toMatchObject({ state: 'refused', reason: { en: expect.stringContaining('is a link') as string } });
  });

  it.runIf(asRoot)('refuses a file that is not JSON and says so', async () => {
    writeFileSync(file, '{"language":');
    expect(await readPolicyFile(file)).toMatchObject({ state: 'refused', reason: { en: 'The policy cannot be read (not JSON)' } });
  });
});
