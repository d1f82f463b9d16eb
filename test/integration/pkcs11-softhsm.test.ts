import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWith, programPath } from '../support/machine.ts';
import { makeTempDir, provisionDoctor, testPin, type ProvisionedDoctor } from '../support/pkcs11-shim/test-module.ts';

/** Seen by OpenSC's pkcs11-tool, which we did not write. */
describeWith(['softhsm2', 'opensc', 'pkcs11-tool', 'gcc'], 'a provisioned SoftHSM token', () => {
  let dir: string;
  let doctor: ProvisionedDoctor;
  beforeAll(async () => {
    dir = makeTempDir();
    doctor = await provisionDoctor(dir);
  });
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  const tool = (...options: string[]) =>
    execFileSync(programPath('pkcs11-tool'), ['--module', doctor.softHsm.modulePath, '--token-label', 'HPKI Application', ...options], {
      env: { ...process.env, ...doctor.softHsm.environment },
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });

  it('offers its certificates without a PIN, under HPKI\'s names, and no public-key object', () => {
    const objects = tool('--list-objects');
    expect([...objects.matchAll(/label:\s+(.+)/g)].map(([, label]) => label).toSorted()).toEqual([
      'HPKI CA CERTIFICATE',
      'HPKI END ENTITY CERTIFICATE',
      'HPKI ROOT CA CERTIFICATE',
    ]);
    expect(objects).not.toContain('Public Key Object');
  });

  it('holds a private key that wants the PIN before each signature and never leaves', () => {
    const objects = tool('--login', '--pin', testPin, '--list-objects', '--type', 'privkey');
    expect(objects).toContain('Private key of HPKI');
    expect(objects).toMatch(/Access:.*always authenticate/);
    expect(objects).toMatch(/Access:.*sensitive/);
    expect(objects).not.toMatch(/Access:.*[^r] extractable/);
  });

  it('takes a second token into the same folder', async () => {
    const second = await provisionDoctor(dir, { dir: join(dir, 'softhsm'), label: 'SECOND' });
    expect(second.softHsm.environment).toEqual(doctor.softHsm.environment);
    expect(tool('--list-token-slots')).toMatch(/HPKI Application[\s\S]*SECOND|SECOND[\s\S]*HPKI Application/);
  });

  it('says what is wrong when it cannot be made', async () => {
    await expect(provisionDoctor(dir, { pin: '1' })).rejects.toThrow(/CKR_PIN_LEN_RANGE/);
    await expect(provisionDoctor(dir, { modulePath: '/nowhere.so' })).rejects.toThrow(/could not be provisioned/);
  });
});
