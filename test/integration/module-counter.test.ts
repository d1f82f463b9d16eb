/**
 * The try counter of a card that a PKCS#11 module owns: pcscd, a virtual HPKI card in vpcd's reader, and a module that
 * presents PINs to that very card, each in its own process. The reading is ours, the spending is the module's.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { settingsSchema, type Settings } from '../../src/agent/config/settings.ts';
import type { CardHost, PinTries } from '../../src/native/host/card-host.ts';
import type { VirtualHpkiCard } from '../../src/sandbox/cards/virtual-hpki-card.ts';
import { connectToVpcd, type VpcdConnection } from '../../src/sandbox/cards/vpcd-connection.ts';
import type { StaffMember } from '../../src/sandbox/ehr/ehr-client.ts';
import { provisionSoftHsm } from '../../src/sandbox/softhsm/provision-softhsm.ts';
import { cardHostProcesses } from '../support/card-host-processes.ts';
import { readerIn, stateWhere } from '../support/card-states.ts';
import { signAt } from '../support/ehr-at-agent.ts';
import { describeWith } from '../support/machine.ts';
import { compileOtherPcscProgram, holdCard } from '../support/other-pcsc-program.ts';
import { startPcscd, type PrivatePcscd } from '../support/pcscd.ts';
import { buildTestModule, makeTempDir, neededByModuleWithCard, testPin, type TestModule } from '../support/pkcs11-shim/test-module.ts';
import { RunningAgent } from '../support/running-agent.ts';
import { startCardHosts } from '../support/start-card-hosts.ts';
import { TestClinic } from '../support/test-clinic.ts';

const saburo: StaffMember = { id: 'D0012', name: '医者 三郎' };
const wrongPin = '0000';
const hash = new Uint8Array(32);
const patient = 20_000;

describeWith(['softhsm2', 'pcscd', 'vpcd', 'libpcsclite', ...neededByModuleWithCard], "the counter of a module's card", () => {
  let dir: string;
  let clinic: TestClinic;
  let pcscd: PrivatePcscd;
  let module: TestModule;
  let agent: RunningAgent | undefined;
  let cards: CardHost;
  let inserted: VpcdConnection;

  beforeAll(async () => {
    [clinic, pcscd] = await Promise.all([TestClinic.open(), startPcscd()]);
    dir = makeTempDir();
    const { certificate, pkcs8 } = clinic.people.doctor;
    const softHsm = await provisionSoftHsm({ dir: join(dir, 'softhsm'), certificate: certificate.der, privateKey: pkcs8, chain: [], pin: testPin, alwaysAuthenticate: false });
    module = buildTestModule(dir, softHsm, { withCard: true });
    Object.assign(process.env, module.environment);
  });
  afterEach(async () => {
    await agent?.close();
    agent = undefined;
    await inserted.remove();
    expect(cardHostProcesses()).toEqual([]);
  });
  afterAll(async () => {
    await pcscd.stop();
    rmSync(dir, { recursive: true });
  });

  /** The agent with the module and this card, and the commands that the card gets. */
  async function startWith(card: VirtualHpkiCard, { direct = true, reader = pcscd.readers[0]?.name ?? '' } = {}): Promise<RunningAgent> {
    module.control({ card_reader: reader });
    module.forget();
    inserted = await connectToVpcd(card, { port: pcscd.vpcdPorts[0] ?? 0 });
    const settings: Pick<Settings, 'cards' | 'deadlines'> = {
      cards: { ...settingsSchema.parse({}).cards, direct, modules: [{ path: module.path, login: 'user', purpose: 'signing' }] },
      deadlines: { consentSeconds: 10, cardSeconds: 10, cardCallSeconds: 10, loginAndSignSeconds: 10 },
    };
    agent = await RunningAgent.start({
      clinic,
      readers: ['not used'],
      inserted: null,
      settings,
      cards: (data) => (cards = startCardHosts(settings, data)),
    });
    agent.person.pin = () => testPin;
    await readerIn(cards, 'ready', reader, patient);
    await stateWhere(cards, () => !cards.isStarting(), patient);
    return agent;
  }

  const cardOfDoctor = (maxTries = 15): VirtualHpkiCard => clinic.card('doctor', { pin: testPin, maxTries });
  const triesShown = ({ person }: RunningAgent): PinTries[] => person.shown.flatMap((shown) => (shown.what === 'pin' ? [shown.question.tries] : []));
  const pinTries = (): Promise<PinTries> => cards.pinTries(clinic.people.doctor.certificate.sha256);

  it('stands in the PIN window, and a wrong PIN shows what the card has left', async () => {
    const card = cardOfDoctor(15);
    const running = await startWith(card);
    const typed = [wrongPin, wrongPin, testPin];
    running.person.pin = () => typed.shift() ?? 'cancelled';
    await signAt(running, saburo);
    expect(triesShown(running)).toEqual([
      { triesLeft: 15, failuresSeen: 0, consentNeeded: false },
      { triesLeft: 14, failuresSeen: 1, consentNeeded: false },
      // By the failures alone the third entry would need consent; the card says that there is room.
      { triesLeft: 13, failuresSeen: 2, consentNeeded: false },
    ]);
    expect(card.statistics.pinsPresented).toBe(3);
  });

  it('is in the answer when the person gives up', async () => {
    const running = await startWith(cardOfDoctor(9));
    const typed = [wrongPin];
    running.person.pin = () => typed.shift() ?? 'cancelled';
    await expect(signAt(running, saburo)).rejects.toMatchObject({ code: 'PIN_INCORRECT', problem: { triesLeft: 8 } });
  });

  it("guards the last tries by the card's number, whoever has spent the others", async () => {
    const card = cardOfDoctor(3);
    const running = await startWith(card);
    const typed = [wrongPin, testPin, testPin];
    running.person.pin = () => {
      // Consent comes only with the last entry.
      running.person.spendLastTries = typed.length === 1;
      return typed.shift() ?? 'cancelled';
    };
    await signAt(running, saburo);
    expect(triesShown(running).map(({ triesLeft, consentNeeded }) => [triesLeft, consentNeeded])).toEqual([[3, false], [2, true], [2, true]]);
    // The PIN typed without consent went nowhere.
    expect(card.statistics.pinsPresented).toBe(2);
  });

  it('is read between logins only: no SELECT of ours comes into one, whenever it is asked for', async () => {
    const card = cardOfDoctor();
    const trace: string[] = [];
    const transmit = card.transmit.bind(card);
    card.transmit = (command) => {
      trace.push(kindOf(command));
      return transmit(command);
    };
    await startWith(card);
    trace.length = 0;
    const certificateSha256 = clinic.people.doctor.certificate.sha256;
    const session = await cards.holdPin({ certificateSha256, pin: Buffer.from(testPin), maxSignatures: 6, lifetimeMs: 60_000, spendLastTries: false });
    const asked: Promise<unknown>[] = [];
    for (let signature = 0; signature < 6; signature += 1) asked.push(cards.sign(session, hash), pinTries());
    await Promise.all(asked);
    expect(module.events()).not.toContain('login lost');
    // The module: SELECT, VERIFY with the PIN, the sign of life of C_Sign, SELECT of the other application. Ours: SELECT, certificate, counter.
    const ofModule = 'select,pin,counter,leave';
    const ours = /select,select-file,(?:read,)+counter/g;
    expect(trace.join().split(ofModule)).toHaveLength(7);
    expect(trace.join().match(ours)?.length).toBeGreaterThanOrEqual(6);
    expect(trace.join().replaceAll(ofModule, '').replaceAll(ours, '')).toMatch(/^,*$/);
  });

  it('is not read while the module is logged in, nor in a reader of another name, nor where policy switches PC/SC off', async () => {
    const card = cardOfDoctor();
    await startWith(card);
    module.control({ card_reader: pcscd.readers[0]?.name ?? '', logged_in: testPin });
    const before = card.statistics.commands;
    expect((await pinTries()).triesLeft).toBe('unknown');
    expect(card.statistics.commands).toBe(before);
    module.control({ card_reader: pcscd.readers[0]?.name ?? '' });
    expect((await pinTries()).triesLeft).toBe(15);
    await agent?.close();
    await inserted.remove();

    await startWith(card, { reader: 'A reader that only the module knows' });
    expect((await pinTries()).triesLeft).toBe('unknown');
    await agent?.close();
    await inserted.remove();

    await startWith(card, { direct: false });
    card.resetStatistics();
    expect((await pinTries()).triesLeft).toBe('unknown');
    expect(card.statistics.commands).toBe(0);
  }, 60_000);

  it("is not told of another doctor's card that stands in that reader", async () => {
    const other = clinic.card('otherDoctor', { pin: testPin, maxTries: 3 });
    await startWith(other);
    expect((await pinTries()).triesLeft).toBe('unknown');
    expect(other.statistics.commandsByIns.has(0x20)).toBe(false);
  });

  it('is unknown, before the host is taken for stuck, while another program keeps the card', async () => {
    await startWith(cardOfDoctor());
    const host = cardHostProcesses();
    const other = await holdCard(compileOtherPcscProgram(dir), pcscd.readers[0]?.name ?? '', 'transaction');
    expect((await pinTries()).triesLeft).toBe('unknown');
    await other.letGo();
    await expect.poll(async () => (await pinTries()).triesLeft).toBe(15);
    expect(cardHostProcesses()).toEqual(host);
  });

  it('is unknown while pcscd is away, and read again when it is back', async () => {
    const card = cardOfDoctor();
    await startWith(card);
    await pcscd.kill();
    expect((await pinTries()).triesLeft).toBe('unknown');
    await pcscd.restart();
    inserted = await connectToVpcd(card, { port: pcscd.vpcdPorts[0] ?? 0 });
    await expect.poll(async () => (await pinTries()).triesLeft).toBe(15);
  });
});

function kindOf(command: Uint8Array): string {
  const [, ins, p1] = command;
  if (ins === 0xa4) return p1 !== 0x04 ? 'select-file' : command[20] === 0x01 ? 'select' : 'leave';
  if (ins === 0xb0) return 'read';
  if (ins === 0x20) return command.length > 5 ? 'pin' : 'counter';
  return `ins ${String(ins)}`;
}
