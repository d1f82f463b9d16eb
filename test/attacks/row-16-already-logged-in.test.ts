/**
 * Row 16: a wrong PIN is accepted because the card is already logged in (fortify #543: CKR_USER_ALREADY_LOGGED_IN was taken
 * for "the PIN is right", so that whoever sat down at the desk signed with the last doctor's card and any PIN). Here each
 * signature is behind a login of its own; a module that says "already logged in" is logged out and asked anew. Run on the
 * agent over a card host process with a PKCS#11 module that is left logged in by somebody else; the module alone is
 * tried in test/integration/pkcs11-host.test.ts.
 */
import { rmSync } from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { createFilePinLedger } from '../../src/native/host/pin-ledger-file.ts';
import { startCardHost } from '../../src/native/host/process-card-host.ts';
import { provisionSoftHsm } from '../../src/sandbox/softhsm/provision-softhsm.ts';
import { buildTestModule, makeTempDir, testPin, type TestModule } from '../support/pkcs11-shim/test-module.ts';
import { describeWith } from '../support/machine.ts';
import { until } from '../support/running-api.ts';
import { codeOf, RunningAgent } from '../support/running-agent.ts';
import { TestClinic } from '../support/test-clinic.ts';

describeWith(['softhsm2', 'gcc'], 'a wrong PIN while the module is already logged in', () => {
  let folder: string;
  let clinic: TestClinic;
  let module: TestModule;
  let running: RunningAgent;

  beforeAll(async () => {
    folder = makeTempDir();
    clinic = await TestClinic.open();
    const { certificate, pkcs8 } = clinic.people.doctor;
    const softHsm = await provisionSoftHsm({
      dir: path.join(folder, 'softhsm'),
      certificate: certificate.der,
      privateKey: pkcs8,
      chain: [clinic.ca.signing.certificate.der, clinic.ca.root.certificate.der],
      pin: testPin,
      alwaysAuthenticate: false,
    });
    module = buildTestModule(folder, softHsm);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  beforeEach(() => module.forget());
  afterEach(() => running.close());

  it.each([
    ['and the module says so', {}],
    ['and the module hides it', { lie_session: 1 }],
  ])('is PIN_INCORRECT, %s; nothing is signed, and the right PIN signs afterwards', async (_what, lie) => {
    module.control({ logged_in: testPin, ...lie });
    running = await RunningAgent.start({
      clinic,
      inserted: null,
      cards: (data) =>
        startCardHost({
          stack: { kind: 'pkcs11', module: { path: module.path, environment: module.environment, pollMs: 50 } },
          ledger: createFilePinLedger(data.pinLedger),
        }),
    });
    await until(() => running.cardsReady() > 0, 'the module shows its card', 20_000);
    const typed = ['0000'];
    running.person.pin = () => typed.shift() ?? 'cancelled';
    const refused = await running.sign();
    expect([refused.status, codeOf(refused)]).toEqual([422, 'PIN_INCORRECT']);
    expect(module.events()).not.toContain('signed');
    expect(module.presentations().filter((event) => event === 'login user refused')).toHaveLength(1);
    typed.push(testPin);
    await until(() => running.cardsReady() > 0, 'the next host shows the card', 20_000);
    expect((await running.sign()).status).toBe(201);
  });
});
