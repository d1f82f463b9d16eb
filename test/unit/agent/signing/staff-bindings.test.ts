import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { StaffBindingsFile } from '../../../../src/agent/signing/staff-bindings-file.ts';
import { ownershipOf } from '../../../../src/agent/signing/staff-ownership.ts';
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

  it('know the accounts of remote signing beside the certificates, each once, and lose them with the rest', async () => {
    const bindings = new StaffBindingsFile(file);
    const account = { provider: 'csc', subject: 'sub-1' };
    expect(bindings.accountsOf('D1')).toEqual([]);
    await bindings.bindAccount('D1', account, at);
    await bindings.bindAccount('D1', account, at + 1000);
    await bindings.bindAccount('D1', { ...account, subject: 'sub-2' }, at);
    await bindings.bind('D1', cast.doctor.certificate, 'person', at);
    const again = new StaffBindingsFile(file);
    expect(again.accountsOf('D1')).toEqual([{ ...account, boundAt: today.toISOString() }, { ...account, subject: 'sub-2', boundAt: today.toISOString() }]);
    expect(await again.unbind('D1', again.subjectsOf('D1')[0]?.subjectSha256)).toBe(true);
    expect(again.accountsOf('D1')).toHaveLength(2);
    expect(await again.unbind('D1')).toBe(true);
    expect(again.list()).toEqual([]);
  });

  it('from before remote signing are read as they are', () => {
    writeFileSync(file, JSON.stringify([{ staffId: 'D1', subjects: [] }]));
    expect(new StaffBindingsFile(file).list()).toEqual([{ staffId: 'D1', subjects: [], accounts: [] }]);
  });

  it('that cannot be read are an error, not an empty list', () => {
    writeFileSync(file, '[{"staffId":');
    expect(() => new StaffBindingsFile(file).list()).toThrow('STORAGE_FAILED');
    expect(() => new StaffBindingsFile(file).list()).toThrow(expect.objectContaining({ problem: { code: 'STORAGE_FAILED', detail: expect.objectContaining({ en: expect.stringContaining('staff.json') as unknown }) as unknown } }));
  });
});

describe('whose card it is', () => {
  it('may be bound by the person only under policy ask and only the first time', async () => {
    const bindings = new StaffBindingsFile(file);
    expect(ownershipOf(cast.doctor.certificate, 'D1', bindings, ask)).toBe('unbound');
    expect(ownershipOf(cast.doctor.certificate, 'D1', bindings, { ...ask, binding: 'admin' })).toBe('other');
    await bindings.bind('D1', cast.doctor.certificate, 'person', at);
    expect(ownershipOf(cast.doctor.certificate, 'D1', bindings, ask)).toBe('bound');
    expect(ownershipOf(cast.otherDoctor.certificate, 'D1', bindings, ask)).toBe('other');
    expect(ownershipOf(cast.otherDoctor.certificate, 'D2', bindings, ask)).toBe('unbound');
  });

  it('is settled by policy where it names a card for the staff member: no person binds another one beside it', () => {
    const bindings = new StaffBindingsFile(file);
    const named = { ...ask, preset: [{ staffId: 'D1', certificateSha256: cast.otherDoctor.certificate.sha256 }] };
    expect(ownershipOf(cast.otherDoctor.certificate, 'D1', bindings, named)).toBe('bound');
    expect(ownershipOf(cast.doctor.certificate, 'D1', bindings, named)).toBe('other');
    expect(ownershipOf(cast.doctor.certificate, 'D2', bindings, named)).toBe('unbound');
  });

  it('follows the subject under its issuer: the same name from another authority is somebody else', async () => {
    const bindings = new StaffBindingsFile(file);
    await bindings.bind('D1', cast.doctor.certificate, 'person', at);
    const renewed = await cast.issue({ serialNumber: 6n });
    expect(ownershipOf(renewed.certificate, 'D1', bindings, ask)).toBe('bound');
    const elsewhere = await cast.issue({ kind: 'authentication' });
    expect(ownershipOf(elsewhere.certificate, 'D1', bindings, ask)).toBe('other');
  });
});
