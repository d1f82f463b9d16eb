/**
 * The whole agent with a vendor's PKCS#11 module: SoftHSM2 as the module of a card, and a shim around it that behaves as
 * badly as vendor modules do.
 */
import { rmSync } from 'node:fs';
import { afterEach, beforeAll, afterAll, beforeEach, expect, it } from 'vitest';
import { askAgent } from '../../src/agent/control/control-client.ts';
import { settingsSchema, type Settings } from '../../src/agent/config/settings.ts';
import type { CardHost, PinTries } from '../../src/native/host/card-host.ts';
import { connectToVpcd } from '../../src/sandbox/cards/vpcd-connection.ts';
import { verifyDocument, type SignedAnswer, type StaffMember } from '../../src/sandbox/ehr/ehr-client.ts';
import { sampleDispensingCsv } from '../../src/sandbox/samples/dispensing.ts';
import { provisionSoftHsm, type SoftHsm } from '../../src/sandbox/softhsm/provision-softhsm.ts';
import { cardHostProcesses } from '../support/card-host-processes.ts';
import { readerIn, stateWhere } from '../support/card-states.ts';
import { pairedWith, problemOf, signAt } from '../support/ehr-at-agent.ts';
import { describeWith } from '../support/machine.ts';
import { startPcscd } from '../support/pcscd.ts';
import { buildTestModule, makeTempDir, testPin, type TestModule } from '../support/pkcs11-shim/test-module.ts';
import { RunningAgent } from '../support/running-agent.ts';
import { startCardHosts } from '../support/start-card-hosts.ts';
import { TestClinic, type ClinicPerson } from '../support/test-clinic.ts';

const saburo: StaffMember = { id: 'D0012', name: '医者 三郎' };
const hanako: StaffMember = { id: 'P0001', name: '調剤 花子' };

let clinic: TestClinic;
let dir: string;
let agent: RunningAgent;
let cards: CardHost;

/** A token with one person's certificate, as their card looks behind a module. */
function provision(folder: string, person: ClinicPerson, alwaysAuthenticate: boolean): Promise<SoftHsm> {
  const { certificate, pkcs8 } = clinic.people[person];
  const chain = [clinic.ca.signing.certificate.der, clinic.ca.root.certificate.der];
  return provisionSoftHsm({ dir: folder, certificate: certificate.der, privateKey: pkcs8, chain, pin: testPin, label: `HPKI ${person}`, alwaysAuthenticate });
}

/** Card hosts take over the agent's environment: what a module reads there lies on the machine, not in a request. */
async function startAgent(module: Settings['cards']['modules'][number], environment: Readonly<Record<string, string>>, direct = false, loginAndSignSeconds = 3): Promise<void> {
  Object.assign(process.env, environment);
  const settings: Pick<Settings, 'cards' | 'deadlines'> = {
    cards: { ...settingsSchema.parse({}).cards, direct, modules: [module] },
    deadlines: { consentSeconds: 10, cardSeconds: 10, cardCallSeconds: 5, loginAndSignSeconds },
  };
  agent = await RunningAgent.start({
    clinic,
    readers: ['not used'],
    inserted: null,
    settings,
    cards: (data) => (cards = startCardHosts(settings, data)),
  });
  agent.person.pin = () => testPin;
}

async function endAgent(): Promise<void> {
  expect(await agent.verifyAudit()).toMatchObject({ ok: true });
  await agent.close();
  expect(cardHostProcesses()).toEqual([]);
}

const ready = (): Promise<unknown> => readerIn(cards, 'ready', undefined, 20_000);
const sign = (key?: string): Promise<SignedAnswer> => signAt(agent, saburo, key);
const triesShown = (): PinTries[] => agent.person.shown.flatMap((shown) => (shown.what === 'pin' ? [shown.question.tries] : []));

describeWith(['softhsm2'], 'the whole agent with SoftHSM as the module', () => {
  beforeAll(async () => {
    clinic = await TestClinic.open();
    dir = makeTempDir();
    const softHsm = await provision(dir, 'doctor', true);
    await provision(dir, 'pharmacist', true);
    await startAgent({ path: softHsm.modulePath, login: softHsm.login, purpose: 'signing' }, softHsm.environment);
  });
  afterAll(async () => {
    await endAgent();
    rmSync(dir, { recursive: true });
  });
  beforeEach(() => {
    agent.person.shown.splice(0);
  });

  it('a doctor signs a prescription and a pharmacist its dispensing result, each with their own token', async () => {
    await ready();
    const prescription = (await sign()).documents[0]?.xml ?? new Uint8Array();
    const dispensing = await signAt(agent, hanako, undefined, { id: 'dx-1', type: 'dispensing', csv: sampleDispensingCsv(), prescription });
    expect(dispensing.signer.certificateSha256).toBe(clinic.people.pharmacist.certificate.sha256);
    for (const xml of [prescription, dispensing.documents[0]?.xml ?? new Uint8Array()]) {
      expect(await verifyDocument(pairedWith(agent), xml)).toMatchObject({ verdict: 'VALID' });
    }
    expect(agent.person.asked('choice')).toBe(0);
  });

  it('a wrong PIN is asked for again, with the tries unknown; from the third on only with consent', async () => {
    const typed = ['0000', '9999', testPin, testPin];
    agent.person.pin = () => {
      agent.person.spendLastTries = typed.length === 1;
      return typed.shift() ?? 'cancelled';
    };
    await sign();
    const unknown = { triesLeft: 'unknown' };
    expect(triesShown()).toEqual([
      { ...unknown, failuresSeen: 0, consentNeeded: false },
      { ...unknown, failuresSeen: 1, consentNeeded: false },
      { ...unknown, failuresSeen: 2, consentNeeded: true },
      // The PIN typed without consent went nowhere.
      { ...unknown, failuresSeen: 2, consentNeeded: true },
    ]);
    agent.person.spendLastTries = false;
    agent.person.pin = () => testPin;
    await sign();
    expect(triesShown().at(-1)).toEqual({ ...unknown, failuresSeen: 0, consentNeeded: false });
  });

  it('a wrong PIN that is given up is PIN_INCORRECT, with no number of tries made up', async () => {
    const typed = ['0000'];
    agent.person.pin = () => typed.shift() ?? 'cancelled';
    const answer = sign();
    await expect(answer).rejects.toMatchObject({ code: 'PIN_INCORRECT', problem: { triesLeft: null } });
    agent.person.pin = () => testPin;
    await sign();
  });
});

describeWith(['softhsm2', 'gcc'], 'the whole agent with a module that fails', () => {
  let module: TestModule;
  beforeAll(async () => {
    clinic = await TestClinic.open();
    dir = makeTempDir();
    const softHsm = await provision(dir, 'doctor', false);
    module = buildTestModule(dir, softHsm);
  });
  beforeEach(async () => {
    module.control({});
    module.forget();
    await startAgent({ path: module.path, login: 'user', purpose: 'signing' }, module.environment);
    await ready();
  });
  afterEach(async () => {
    module.control({});
    await endAgent();
  });
  afterAll(() => {
    rmSync(dir, { recursive: true });
  });

  const moduleFailed = { code: 'CARD_MODULE_FAILED', retriable: true };

  it.each(['crash', 'hang'])('a %s in C_Sign is CARD_MODULE_FAILED; the next signature works, and the key has one SignedInfo', async (fault) => {
    module.control({ [fault]: 'C_Sign' });
    expect(await problemOf(sign('again'))).toEqual(moduleFailed);
    module.control({});
    const answer = await sign('again');
    expect(triesShown().map(({ failuresSeen }) => failuresSeen)).toEqual([0, 1]);
    expect(agent.journal().split('\n').filter((line) => line.includes('"type":"recipe"') && line.includes(answer.id))).toHaveLength(1);
  });

  it('a module that keeps crashing is given up after three restarts, by name, until a person starts it again', async () => {
    module.control({ crash: 'C_Login' });
    agent.person.spendLastTries = true;
    for (let crash = 1; crash <= 4; crash += 1) {
      expect(await problemOf(sign())).toEqual(moduleFailed);
      if (crash <= 3) await ready();
    }
    await stateWhere(cards, (state) => state.service === 'unavailable' && state.detail.startsWith('given up'));
    expect(cardHostProcesses()).toEqual([]);
    module.control({});
    module.forget();
    expect(await problemOf(sign())).toEqual(moduleFailed);
    expect(module.events()).toEqual([]);
    await askAgent(agent.data, { command: 'cards.revive' });
    await ready();
    await sign();
  }, 90_000);

  it('can be ended while the module hangs: soon, and whoever waits is told', async () => {
    await endAgent();
    await startAgent({ path: module.path, login: 'user', purpose: 'signing' }, module.environment, false, 60);
    await ready();
    module.control({ hang: 'C_Sign' });
    module.forget();
    const answer = problemOf(sign());
    await expect.poll(() => module.events()).toContain('call C_Sign');
    const began = performance.now();
    await agent.agent.close();
    expect(performance.now() - began).toBeLessThan(20_000);
    expect(await answer).toEqual(moduleFailed);
    expect(cardHostProcesses()).toEqual([]);
  }, 90_000);

  it('a device that is removed while it signs is CARD_REMOVED', async () => {
    // CKR_DEVICE_REMOVED
    module.control({ answer: 'C_Sign', answer_value: 0x32 });
    expect(await problemOf(sign('removed'))).toEqual({ code: 'CARD_REMOVED', retriable: true });
    module.control({});
    await ready();
    await sign('removed');
  });
});

describeWith(['softhsm2', 'pcscd', 'vpcd', 'gcc', 'libpcsclite'], 'the whole agent where a module and PC/SC see the same card, in readers of different names', () => {
  it('leaves the card to the module: PC/SC watches, and not one command of ours reaches the card', async () => {
    clinic = await TestClinic.open();
    dir = makeTempDir();
    const pcscd = await startPcscd();
    const card = clinic.card('doctor');
    const inserted = await connectToVpcd(card, { port: pcscd.vpcdPorts[0] ?? 0 });
    const softHsm = await provision(dir, 'doctor', true);
    await startAgent({ path: softHsm.modulePath, login: softHsm.login, purpose: 'signing' }, softHsm.environment, true);
    try {
      await readerIn(cards, 'unknown_card', pcscd.readers[0]?.name, 20_000);
      await ready();
      const answer = await sign();
      expect(answer.signer.certificateSha256).toBe(clinic.people.doctor.certificate.sha256);
      expect(agent.person.asked('choice')).toBe(0);
      expect(card.statistics.commands).toBe(0);
    } finally {
      await inserted.remove();
      await endAgent();
      await pcscd.stop();
      rmSync(dir, { recursive: true });
    }
  });
});
