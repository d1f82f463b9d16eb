/** Files as openssl makes them, the old kinds too, and the command that the refusal tells. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { conversionCommand, fromSealed, importClientCertificate, sealable, UnusableClientCertificate } from '../../../../../src/agent/remote/network/client-certificate.ts';
import { describeWith, programPath } from '../../../../support/machine.ts';

describeWith(['openssl'], 'a client certificate file', () => {
  let folder: string;
  const at = (name: string): string => path.join(folder, name);
  const openssl = (...args: string[]): unknown => execFileSync(programPath('openssl'), args, { cwd: folder, stdio: 'pipe' });
  const pfx = (name: string, ...options: string[]): unknown => openssl('pkcs12', '-export', '-inkey', 'key', '-in', 'cert', '-out', name, '-passout', 'pass:secret', ...options);
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'hpki-pfx-'));
    openssl('req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', 'key', '-out', 'cert', '-days', '90', '-subj', '/C=JP/O=TEST/CN=TEST clinic');
    openssl('req', '-x509', '-newkey', 'rsa:1024', '-nodes', '-keyout', 'weak.key', '-out', 'weak.cert', '-days', '90', '-subj', '/CN=TEST weak');
    openssl('pkcs8', '-topk8', '-in', 'key', '-out', 'encrypted.key', '-passout', 'pass:secret');
    pfx('modern.pfx');
    pfx('rc2.pfx', '-legacy');
    pfx('3des.pfx', '-certpbe', 'PBE-SHA1-3DES', '-keypbe', 'PBE-SHA1-3DES', '-macalg', 'sha1');
    openssl('pkcs12', '-export', '-nokeys', '-in', 'cert', '-out', 'nokey.pfx', '-passout', 'pass:secret');
  });
  afterAll(() => rmSync(folder, { recursive: true }));
  const read = (...names: string[]): Buffer => Buffer.concat(names.map((name) => readFileSync(at(name))));
  const reasonOf = (act: () => unknown): string => {
    try {
      act();
    } catch (error) {
      if (error instanceof UnusableClientCertificate) return error.reason;
      throw error;
    }
    return 'usable';
  };

  it.each([[['modern.pfx']], [['cert', 'key']], [['encrypted.key', 'cert']]])('of %j tells its subject and end, and survives being sealed', (names) => {
    const certificate = importClientCertificate(read(...names), 'secret');
    expect(certificate).toMatchObject({ subject: 'C=JP, O=TEST, CN=TEST clinic', organization: 'TEST' });
    expect(Math.round((certificate.notAfter.getTime() - Date.now()) / 86_400_000)).toBe(90);
    expect(fromSealed(sealable(certificate))).toEqual(certificate);
  });

  it.each([
    [['rc2.pfx'], 'secret', 'old-encryption'],
    [['3des.pfx'], 'secret', 'old-encryption'],
    [['modern.pfx'], 'wrong', 'wrong-passphrase'],
    [['encrypted.key', 'cert'], 'wrong', 'wrong-passphrase'],
    [['nokey.pfx'], 'secret', 'no-key'],
    [['cert'], '', 'no-key'],
    [['key'], '', 'no-certificate'],
    [['key', 'weak.cert'], '', 'key-mismatch'],
    [['weak.key', 'weak.cert'], '', 'weak-key'],
  ])('of %j with %j is refused: %s', (names, passphrase, reason) => {
    expect(reasonOf(() => importClientCertificate(read(...names), passphrase))).toBe(reason);
  });

  it('that is none at all is refused', () => {
    expect(reasonOf(() => importClientCertificate(Buffer.from('hello'), 'secret'))).toBe('unreadable');
  });

  it.each(['rc2.pfx', '3des.pfx'])('of the old kind (%s) is usable after the command that its refusal tells', (old) => {
    const told = (() => {
      try {
        return importClientCertificate(read(old), 'secret').subject;
      } catch (error) {
        return error instanceof UnusableClientCertificate ? error.text.ja : '';
      }
    })();
    expect(told).toContain(conversionCommand);
    const answered = conversionCommand.replace('OLD.pfx', `${old} -passin pass:secret`).replace('NEW.pfx', 'new.pfx -passout pass:new');
    execFileSync('sh', ['-c', answered], { cwd: folder, stdio: 'pipe' });
    expect(importClientCertificate(read('new.pfx'), 'new').subject).toBe('C=JP, O=TEST, CN=TEST clinic');
  });
});
