import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { StaffBindingsFile } from '../../../../src/agent/signing/staff-bindings-file.ts';
import { ownershipOf } from '../../../../src/agent/signing/staff-ownership.ts';
import type { ReadCard } from '../../../../src/agent/signing/card-fitness.ts';
import type { IssuedCertificate } from '../../../../src/sandbox/ca/test-ca.ts';
import { createCast, today, type Cast } from './signing-desk.ts';

let cast: Cast;
let folder: string;
let file: string;

beforeAll(async () => {
  cast = await createCast();
});
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'hpki-staff-'));
  file = path.join(folder, 'staff.json');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const at = today.getTime();
const ask = { binding: 'ask', preset: [] } as const;

describe('staff bindings', () => {
  it('are kept across restarts, with names for people and digests for comparison', async () => {
    await new StaffBindingsFile(file).bind('D1', cast.doctor.certificate, 'administrator', at);
    expect(new StaffBindingsFile(file).list()).toMatchObject([
      { staffId: 'D1', subjects: [{ by: 'administrator', boundAt: today.toISOString(), subject: expect.stringContaining('TEST Saburo Isha') as string }] },
    ]);
  });

  it('see what the command line wrote meanwhile', async () => {
    const agent = new StaffBindingsFile(file);
    expect(agent.subjectsOf('D1')).toEqual([]);
    const commandLine = new StaffBindingsFile(file);
    await commandLine.bind('D1', cast.doctor.certificate, 'administrator', at);
    expect(agent.subjectsOf('D1')).toHaveLength(1);
    await commandLine.unbind('D1');
    expect(agent.subjectsOf('D1')).toEqual([]);
  });

  it('add a renewed certificate to its subject, and another subject beside it', async () => {
    const bindings = new StaffBindingsFile(file);
    await bindings.bind('D1', cast.doctor.certificate, 'person', at);
    await bindings.bind('D1', (await cast.issue({ serialNumber: 5n })).certificate, 'person', at);
    await bindings.bind('D1', cast.otherDoctor.certificate, 'administrator', at);
    expect(bindings.subjectsOf('D1').map(({ certificates }) => certificates.length)).toEqual([2, 1]);
  });

  it('are removed one subject at a time or all at once', async () => {
    const bindings = new StaffBindingsFile(file);
    await bindings.bind('D1', cast.doctor.certificate, 'person', at);
    await bindings.bind('D1', cast.otherDoctor.certificate, 'person', at);
    const [first] = bindings.subjectsOf('D1');
    expect(await bindings.unbind('D1', first?.subjectSha256)).toBe(true);
    expect(await bindings.unbind('D1', first?.subjectSha256)).toBe(false);
    expect(bindings.subjectsOf('D1')).toHaveLength(1);
    expect(await bindings.unbind('D1')).toBe(true);
    expect(bindings.list()).toEqual([]);
    expect(await bindings.unbind('D1')).toBe(false);
  });

  it('that cannot be read are an error, not an empty list', () => {
    writeFileSync(file, '[{"staffId":');
    expect(() => new StaffBindingsFile(file).list()).toThrow('STORAGE_FAILED');
  });
});

describe('whose card it is', () => {
  it('may be bound by the person only under policy ask and only the first time', async () => {
    const bindings = new StaffBindingsFile(file);
    expect(ownershipOf(read(cast.doctor), 'D1', bindings, ask)).toBe('unbound');
    expect(ownershipOf(read(cast.doctor), 'D1', bindings, { ...ask, binding: 'admin' })).toBe('other');
    await bindings.bind('D1', cast.doctor.certificate, 'person', at);
    expect(ownershipOf(read(cast.doctor), 'D1', bindings, ask)).toBe('bound');
    expect(ownershipOf(read(cast.otherDoctor), 'D1', bindings, ask)).toBe('other');
    expect(ownershipOf(read(cast.otherDoctor), 'D2', bindings, ask)).toBe('unbound');
  });

  it('follows the subject under its issuer: the same name from another authority is somebody else', async () => {
    const bindings = new StaffBindingsFile(file);
    await bindings.bind('D1', cast.doctor.certificate, 'person', at);
    const renewed = await cast.issue({ serialNumber: 6n });
    expect(ownershipOf(read(renewed), 'D1', bindings, ask)).toBe('bound');
    const elsewhere = await cast.issue({ kind: 'authentication' });
    expect(ownershipOf(read(elsewhere), 'D1', bindings, ask)).toBe('other');
  });
});

function read({ certificate }: IssuedCertificate): ReadCard {
  const card = { reader: 'R', certificateSha256: certificate.sha256, certificate: certificate.der, chain: [], driver: 'direct' } as const;
  return { card, certificate };
}
