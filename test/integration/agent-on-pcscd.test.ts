/**
 * The whole agent as it is installed: card host in its own process, PC/SC, the real pcscd, readers played by vpcd,
 * virtual HPKI cards, and the sample EHR in front of it.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { settingsSchema, type Settings } from '../../src/agent/config/settings.ts';
import type { CardHost, PinTries } from '../../src/native/host/card-host.ts';
import type { CardFault } from '../../src/sandbox/cards/card-faults.ts';
import { VirtualHpkiCard } from '../../src/sandbox/cards/virtual-hpki-card.ts';
import { connectToVpcd, type VpcdConnection } from '../../src/sandbox/cards/vpcd-connection.ts';
import { sampleDispensingCsv } from '../../src/sandbox/samples/dispensing.ts';
import { verifyDocument, type SignedAnswer, type StaffMember } from '../../src/sandbox/ehr/ehr-client.ts';
import { cardHostProcesses } from '../support/card-host-processes.ts';
import { readerIn, stateWhere } from '../support/card-states.ts';
import { pairedWith, problemOf, signAt } from '../support/ehr-at-agent.ts';
import { describeWith } from '../support/machine.ts';
import { compileOtherPcscProgram, holdCard, neededByOtherPcscProgram } from '../support/other-pcsc-program.ts';
import { startPcscd, type PrivatePcscd } from '../support/pcscd.ts';
import { RunningAgent } from '../support/running-agent.ts';
import { startCardHosts } from '../support/start-card-hosts.ts';
import { TestClinic, type ClinicPerson } from '../support/test-clinic.ts';

const saburo: StaffMember = { id: 'D0012', name: '医者 三郎' };
const hanako: StaffMember = { id: 'P0003', name: '調剤 花子' };
const jiro: StaffMember = { id: 'D0013', name: '別 次郎' };

/** Short, so that what nobody answers ends within a test. */
const settings: Pick<Settings, 'cards' | 'deadlines'> = {
  cards: settingsSchema.parse({}).cards,
  deadlines: { consentSeconds: 30, cardSeconds: 5, cardCallSeconds: 5, loginAndSignSeconds: 10 },
};

/** VERIFY with a PIN; without one it only reads the counter. */
const presentsPin = (command: Uint8Array): boolean => command[1] === 0x20 && command.length > 5;
/** PERFORM SECURITY OPERATION. */
const makesSignature = (command: Uint8Array): boolean => command[1] === 0x2a;

describeWith(['pcscd', 'vpcd', 'libpcsclite', ...neededByOtherPcscProgram], 'the whole agent over pcscd', () => {
  let pcscd: PrivatePcscd;
  let clinic: TestClinic;
  let agent: RunningAgent;
  let cards: CardHost;
  const inserted: VpcdConnection[] = [];

  beforeAll(async () => {
    [pcscd, clinic] = await Promise.all([startPcscd({ readers: 2 }), TestClinic.open()]);
    agent = await RunningAgent.start({
      clinic,
      readers: ['not used'],
      inserted: null,
      settings,
      cards: (data) => (cards = startCardHosts(settings, data)),
    });
    await empty();
  });
  afterAll(async () => {
    expect(await agent.verifyAudit()).toMatchObject({ ok: true });
    await agent.close();
    expect(cardHostProcesses()).toEqual([]);
    await pcscd.stop();
  });
  afterEach(async () => {
    await Promise.all(inserted.splice(0).map((connection) => connection.remove()));
    await empty();
    agent.person.shown.splice(0);
  });

  const empty = (): Promise<unknown> =>
    stateWhere(cards, (state) => state.service === 'running' && state.readers.length === 2 && state.readers.every((reader) => reader.state === 'empty'), 20_000);

  const nameOf = (reader: 0 | 1): string => pcscd.readers[reader]?.name ?? '';
  const ready = (reader: 0 | 1 = 0): Promise<unknown> => readerIn(cards, 'ready', nameOf(reader), 20_000);

  async function insert(card: VirtualHpkiCard, reader: 0 | 1 = 0): Promise<VpcdConnection> {
    const connection = await connectToVpcd(card, { port: pcscd.vpcdPorts[reader] ?? 0 });
    inserted.push(connection);
    return connection;
  }

  const signAs = (staff: StaffMember, key?: string): Promise<SignedAnswer> => signAt(agent, staff, key);

  const fingerprint = (person: ClinicPerson): string => clinic.people[person].certificate.sha256;

  /** What the window said about tries each time it asked for a PIN. */
  const triesShown = (): PinTries[] => agent.person.shown.flatMap((shown) => (shown.what === 'pin' ? [shown.question.tries] : []));

  /** Does something once, at the very moment at which the card gets such a command. */
  function whenTold(card: VirtualHpkiCard, fits: (command: Uint8Array) => boolean, act: () => void): void {
    const transmit = card.transmit.bind(card);
    card.transmit = (command) => {
      if (fits(command)) {
        card.transmit = transmit;
        act();
      }
      return transmit(command);
    };
  }

  it('signs with an inserted card, with one VERIFY, and the document is valid', async () => {
    const card = clinic.card('doctor');
    await insert(card);
    await ready();
    const answer = await signAs(saburo);
    expect(answer.signer.certificateSha256).toBe(fingerprint('doctor'));
    expect(card.statistics).toMatchObject({ pinsPresented: 1, signatures: 1 });
    const [document] = answer.documents;
    expect(await verifyDocument(pairedWith(agent), document?.xml ?? new Uint8Array())).toMatchObject({ verdict: 'VALID' });
  });

  it('waits for a card that is not there yet', async () => {
    const answer = signAs(saburo);
    await expect.poll(() => agent.person.asked('need')).toBe(1);
    await insert(clinic.card('doctor'));
    expect((await answer).signer.certificateSha256).toBe(fingerprint('doctor'));
  });

  const pulls: readonly [what: string, at: (command: Uint8Array) => boolean, when: CardFault['when'], failuresSeen: number][] = [
    // With the PIN on its way nobody can say whether the card took it: it counts.
    ['before the PIN reaches it', presentsPin, 'before', 1],
    ['after it took the PIN', presentsPin, 'after', 1],
    ['before it signs', makesSignature, 'before', 1],
    ['while it signs', makesSignature, 'during', 1],
  ];
  it.each(pulls)('a card pulled %s is CARD_REMOVED and may be tried again: put back, the same SignedInfo is signed', async (what, at, when, failuresSeen) => {
    const card = clinic.card('doctor');
    await insert(card);
    await ready();
    whenTold(card, at, () => card.setFaults({ at: { command: 0 }, when, what: { kind: 'remove' } }));
    const key = what.replaceAll(' ', '-');
    expect(await problemOf(signAs(saburo, key))).toEqual({ code: 'CARD_REMOVED', retriable: true });
    await readerIn(cards, 'empty', nameOf(0));
    await insert(card);
    await ready();
    const answer = await signAs(saburo, key);
    const recipes = agent.journal().split('\n').filter((line) => line.includes('"type":"recipe"') && line.includes(answer.id));
    expect(recipes).toHaveLength(1);
    expect(triesShown().map((tries) => tries.failuresSeen)).toEqual([0, failuresSeen]);
    expect(card.statistics.pinsPresented).toBeLessThanOrEqual(2);
  });

  it('a card pulled with its last answer has signed', async () => {
    const card = clinic.card('doctor');
    await insert(card);
    await ready();
    card.setFaults({ at: 'signature', when: 'after', what: { kind: 'remove' } });
    expect((await signAs(saburo)).documents).toHaveLength(1);
  });

  it('a card pulled while the PIN is being typed is waited for, and the PIN is asked for anew', async () => {
    const card = clinic.card('doctor');
    const connection = await insert(card);
    await ready();
    let pulled = false;
    agent.person.pin = () => {
      if (pulled) return '1234';
      pulled = true;
      // A swap that nobody has seen asks for nothing anew.
      void connection
        .remove()
        .then(() => readerIn(cards, 'empty', nameOf(0), 20_000))
        .then(() => insert(card));
      return 'silent';
    };
    try {
      await signAs(saburo);
    } finally {
      agent.person.pin = () => '1234';
    }
    expect(agent.person.asked('pin')).toBe(2);
    expect(card.statistics.pinsPresented).toBe(1);
  });

  it('signs after 200 removals and insertions, without restarting anything', async () => {
    const card = clinic.card('doctor');
    let signatures = 0;
    const host = cardHostProcesses();
    for (let insertion = 1; insertion <= 200; insertion += 1) {
      const reader = insertion % 2 === 0 ? 0 : 1;
      const connection = await insert(card, reader);
      // Sometimes the request meets a card that is being read, sometimes one that has been.
      if (insertion % 8 !== 0) await ready(reader);
      if (insertion % 4 === 0) {
        await signAs(saburo);
        signatures += 1;
      }
      await connection.remove();
      await readerIn(cards, 'empty', nameOf(reader));
    }
    expect(card.statistics).toMatchObject({ signatures, pinsPresented: signatures });
    expect(cardHostProcesses()).toEqual(host);
  }, 120_000);

  it('with two doctors in two readers, each signs with their own card, whichever reader it is in', async () => {
    const [doctor, other] = [clinic.card('doctor'), clinic.card('otherDoctor')];
    // The first use of the other doctor's card, alone in the readers.
    const alone = await insert(other);
    await ready();
    expect((await signAs(jiro)).signer.certificateSha256).toBe(fingerprint('otherDoctor'));
    await alone.remove();
    await empty();
    for (const [ofDoctor, ofOther] of [[0, 1], [1, 0]] as const) {
      const connections = [await insert(doctor, ofDoctor), await insert(other, ofOther)];
      await Promise.all([ready(0), ready(1)]);
      const [first, second] = await Promise.all([signAs(saburo), signAs(jiro)]);
      expect(first.signer.certificateSha256).toBe(fingerprint('doctor'));
      expect(second.signer.certificateSha256).toBe(fingerprint('otherDoctor'));
      await Promise.all(connections.map((connection) => connection.remove()));
      await empty();
    }
    expect(agent.person.asked('choice')).toBe(0);
    expect(doctor.statistics.signatures).toBe(2);
    expect(other.statistics.signatures).toBe(3);
  });

  it("names another doctor's card, a pharmacist's and one that can only authenticate, and asks for no PIN", async () => {
    const other = clinic.card('otherDoctor');
    const first = await insert(other);
    await ready();
    expect(await problemOf(signAs(saburo))).toEqual({ code: 'STAFF_MISMATCH', retriable: false });
    await first.remove();
    await empty();

    const pharmacist = clinic.card('pharmacist');
    const second = await insert(pharmacist);
    await ready();
    expect((await problemOf(signAs({ id: 'D0099', name: '新人' }))).code).toBe('ROLE_NOT_ALLOWED');
    // Also for a doctor who is bound to another card, with a free reader beside it: nobody has claimed this one.
    const windows = agent.person.asked('opened');
    expect(await problemOf(signAs(saburo))).toEqual({ code: 'ROLE_NOT_ALLOWED', retriable: false });
    expect(agent.person.asked('opened')).toBe(windows);
    await second.remove();
    await empty();

    const wrong = new VirtualHpkiCard({ authentication: clinic.identity(clinic.people.doctor) });
    await insert(wrong);
    await readerIn(cards, 'unknown_card', nameOf(0));
    expect((await problemOf(signAs(saburo))).code).toBe('CARD_UNKNOWN');
    expect(wrong.statistics.pinsPresented).toBe(0);

    expect(agent.person.asked('pin')).toBe(0);
    expect(other.statistics.pinsPresented + pharmacist.statistics.pinsPresented).toBe(0);
  });

  it("a pharmacist's own card that stays in the second reader costs the doctor nothing, whose card comes into the first", async () => {
    const pharmacist = clinic.card('pharmacist');
    await insert(pharmacist, 1);
    await ready(1);
    const prescription = await ownPrescription();
    await signAt(agent, hanako, undefined, { id: 'dx-1', type: 'dispensing', csv: sampleDispensingCsv(), prescription });
    agent.person.shown.splice(0);

    const answer = signAs(saburo);
    await expect.poll(() => agent.person.shown.flatMap((shown) => (shown.what === 'need' ? [shown.need] : []))).toEqual(['other_doctor']);
    await insert(clinic.card('doctor'), 0);
    expect((await answer).signer.certificateSha256).toBe(fingerprint('doctor'));
    expect(pharmacist.statistics.pinsPresented).toBe(1);
    // Where no other comes, it is what that card cannot do.
    await inserted.pop()?.remove();
    await readerIn(cards, 'empty', nameOf(0));
    expect((await problemOf(signAs(saburo))).code).toBe('ROLE_NOT_ALLOWED');
  });

  /** Signed with the doctor's card in the first reader, which is empty again then. */
  async function ownPrescription(): Promise<Uint8Array> {
    const connection = await insert(clinic.card('doctor'), 0);
    await ready(0);
    const [document] = (await signAs(saburo)).documents;
    await connection.remove();
    await readerIn(cards, 'empty', nameOf(0));
    return document?.xml ?? new Uint8Array();
  }

  it('goes on by itself after pcscd was killed and started again, between signatures and during one', async () => {
    const card = clinic.card('doctor');
    await insert(card);
    await ready();
    await signAs(saburo);

    await pcscd.kill();
    await stateWhere(cards, (state) => state.service === 'unavailable');
    expect(await problemOf(signAs(saburo))).toEqual({ code: 'NO_CARD_SERVICE', retriable: true });
    await pcscd.restart();
    await empty();
    await insert(card);
    await ready();
    await signAs(saburo);

    whenTold(card, makesSignature, () => void pcscd.kill());
    const { code, retriable } = await problemOf(signAs(saburo, 'service-died'));
    expect(['NO_CARD_SERVICE', 'CARD_REMOVED']).toContain(code);
    expect(retriable).toBe(true);
    await stateWhere(cards, (state) => state.service === 'unavailable');
    await pcscd.restart();
    await empty();
    await insert(card);
    await ready();
    await signAs(saburo, 'service-died');
  });

  it('a card host killed while it signs is a named error; another takes its place, and the PIN in flight counts as a try', async () => {
    const card = clinic.card('doctor');
    await insert(card);
    await ready();
    await signAs(saburo);
    agent.person.shown.splice(0);
    const [before, ...none] = cardHostProcesses();
    expect(none).toEqual([]);
    whenTold(card, makesSignature, () => process.kill(before ?? 0, 'SIGKILL'));
    expect(await problemOf(signAs(saburo, 'host-died'))).toEqual({ code: 'CARD_MODULE_FAILED', retriable: true });
    await ready();
    await signAs(saburo, 'host-died');
    expect(triesShown().map(({ failuresSeen }) => failuresSeen)).toEqual([0, 1]);
    expect(cardHostProcesses()).not.toEqual([before]);
    expect(cardHostProcesses()).toHaveLength(1);
  });

  it('another program that keeps a transaction open is CARD_IN_USE in good time; nothing is killed for it', async () => {
    const host = cardHostProcesses();
    const folder = mkdtempSync(join(tmpdir(), 'hpki-other-'));
    const card = clinic.card('doctor');
    try {
      await insert(card);
      await ready();
      const other = await holdCard(compileOtherPcscProgram(folder), nameOf(0), 'transaction');
      for (const key of ['held', 'held-again']) expect(await problemOf(signAs(saburo, key))).toEqual({ code: 'CARD_IN_USE', retriable: true });
      expect(card.statistics.pinsPresented).toBe(0);
      await other.letGo();
      await signAs(saburo, 'held');
      expect(cardHostProcesses()).toEqual(host);
    } finally {
      rmSync(folder, { recursive: true });
    }
  }, 60_000);

  it('a card that another program holds as it is inserted is in use, and is read when it is let go', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'hpki-other-'));
    const card = clinic.card('doctor');
    try {
      const program = compileOtherPcscProgram(folder);
      await insert(card);
      await ready();
      const other = await holdCard(program, nameOf(0), 'transaction');
      // A card host that starts now finds the card held.
      process.kill(cardHostProcesses()[0] ?? 0, 'SIGKILL');
      await readerIn(cards, 'in_use', nameOf(0), 20_000);
      expect((await problemOf(signAs(saburo))).code).toBe('CARD_IN_USE');
      await other.letGo();
      await ready();
      await signAs(saburo);
    } finally {
      rmSync(folder, { recursive: true });
    }
  }, 60_000);
});
