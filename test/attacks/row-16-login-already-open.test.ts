/**
 * Row 16 for logins: a wrong PIN is accepted because the card is open already. An authentication key signs on after one PIN
 * until its application is left, and OpenSC 0.23 leaves it open after C_Logout: whoever sits down next could log in as the
 * last person with any PIN, or with none. Here a login begins by selecting the application anew, stands behind a VERIFY of its
 * own, and closes the key when it ends.
 */
import { rmSync } from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { loginPinOrder, openCardAssertionKey } from '../../src/agent/remote/card-assertion-key.ts';
import type { CardHost } from '../../src/native/host/card-host.ts';
import { createMemoryPinLedger } from '../../src/native/host/pin-ledger.ts';
import { startCardHost } from '../../src/native/host/process-card-host.ts';
import { createTestJpkiCa } from '../../src/sandbox/ca/test-jpki-ca.ts';
import type { CardIdentity } from '../../src/sandbox/cards/card-options.ts';
import { VirtualJpkiCard } from '../../src/sandbox/cards/virtual-jpki-card.ts';
import { provisionSoftHsm } from '../../src/sandbox/softhsm/provision-softhsm.ts';
import { makeLoginIdentity } from '../support/card-identity.ts';
import { authenticationCard } from '../support/card-states.ts';
import { assertionHash, LoginDesk } from '../support/login-desk.ts';
import { describeWith } from '../support/machine.ts';
import { buildTestModule, makeTempDir, testPin, type TestModule } from '../support/pkcs11-shim/test-module.ts';

describe('a My Number card that another program has left open', () => {
  let holder: CardIdentity;
  let desk: LoginDesk;
  let card: VirtualJpkiCard;
  beforeAll(async () => {
    holder = await makeLoginIdentity('Holder', 'jpki');
  });
  beforeEach(async () => {
    desk = new LoginDesk();
    card = new VirtualJpkiCard({ authentication: holder });
    desk.insert(card);
    await desk.shown();
    for (const command of ['00A4040C0AD392F000260100000001', '00A4020C020018', '002000800431323334']) card.transmit(Buffer.from(command, 'hex'));
    expect(card.isVerified).toBe(true);
    card.resetStatistics();
  });
  afterEach(() => desk.close());

  it('takes no wrong PIN for that: nothing is signed, and the card is closed', async () => {
    expect(await desk.logIn(await desk.shown(), '0000')).toEqual({ signed: 0, code: 'PIN_INCORRECT' });
    expect(card.statistics).toMatchObject({ pinsPresented: 1, signatures: 0 });
    expect(card.isVerified).toBe(false);
  });

  it('tells its counter as it is, and is closed by the login that follows', async () => {
    expect(await desk.cards.pinTries((await desk.shown()).certificateSha256)).toMatchObject({ triesLeft: 3 });
    expect(await desk.logIn(await desk.shown(), '1234')).toMatchObject({ code: null });
    expect(card.isVerified).toBe(false);
  });
});

describeWith(['softhsm2', 'gcc'], 'a wrong PIN for a login while the module is already logged in', () => {
  let folder: string;
  let module: TestModule;
  let host: CardHost;

  beforeAll(async () => {
    folder = makeTempDir();
    const { certificate, pkcs8 } = await (await createTestJpkiCa()).issueAuthentication();
    const softHsm = await provisionSoftHsm({ dir: path.join(folder, 'softhsm'), certificate: certificate.der, privateKey: pkcs8, chain: [], pin: testPin, alwaysAuthenticate: false });
    module = buildTestModule(folder, softHsm);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  beforeEach(() => module.forget());
  afterEach(() => host.close());

  // A My Number card's PIN has four digits, and the token's own must be one for this test.
  it.each([
    ['and the module says so', {}],
    ['and the module hides it', { lie_session: 1 }],
  ])('is PIN_INCORRECT, %s', async (_what, lie) => {
    expect(testPin).toMatch(/^\d{4}$/);
    module.control({ logged_in: testPin, ...lie });
    host = startCardHost({
      stack: { kind: 'pkcs11', module: { path: module.path, environment: module.environment, pollMs: 50, purpose: 'authentication' } },
      ledger: createMemoryPinLedger(),
    });
    const shown = await authenticationCard(host, undefined, 20_000);
    const session = await host.holdPin({ ...loginPinOrder(shown), pin: Buffer.from('0000'), spendLastTries: false });
    await expect(openCardAssertionKey(host, shown, session).sign(assertionHash)).rejects.toMatchObject({ code: 'PIN_INCORRECT' });
    expect(module.events()).not.toContain('signed');
    expect(module.presentations().filter((event) => event === 'login user refused')).toHaveLength(1);
  });
});
