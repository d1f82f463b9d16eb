import { createVerifier } from '../../../../src/formats/xades/verifier.ts';
import { whyNotHere } from '../../../../src/agent/remote/why-not-here.ts';
import { generateTestKey } from '../../../../src/sandbox/ca/test-keys.ts';
import { sampleDispensingCsv } from '../../../../src/sandbox/samples/dispensing.ts';
import { cancelledBy } from '../../../../src/agent/signing/request-end.ts';
import { CardError } from '../../../../src/native/host/card-host.ts';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { createCast, ehr, otherEhr, requestFor, SigningDesk, staff, until, xmlOf, type Cast, type DeskOptions } from './signing-desk.ts';

let cast: Cast;
let desk: SigningDesk;

beforeAll(async () => {
  cast = await createCast();
});
afterEach(() => desk.dispose());

function openDesk(options?: DeskOptions): SigningDesk {
  desk = new SigningDesk(cast, options);
  return desk;
}

describe('a signature request', () => {
  it('is shown, signed with one VERIFY, verified and audited', async () => {
    openDesk().cards.insert(cast.doctor);
    const states: string[] = [];
    desk.agent.subscribe(ehr.clientId, ({ state }) => states.push(state));
    const snapshot = await desk.sign('k1');

    expect(snapshot).toMatchObject({ state: 'signed', problem: null, result: { method: 'local', signer: { name: 'テスト医者　三郎', role: 'Medical Doctor' } } });
    expect(states).toEqual(['awaiting_consent', 'awaiting_pin', 'signing', 'signing', 'signed']);
    expect(desk.cards).toMatchObject({ verifies: 1, signatures: 1, openSessions: 0 });
    expect(desk.person.last).toEqual({ what: 'closed', end: { outcome: 'signed' } });
    const xml = xmlOf(snapshot).get('rx-1') ?? '';
    const verifier = createVerifier({
      anchors: [cast.ca.root.certificate.der],
      chain: [cast.ca.signing.certificate.der],
      crls: cast.ca.crls().map(({ der }) => der),
      at: cast.ca.now,
    });
    expect(verifier.verify(Buffer.from(xml)).verdict).toBe('VALID');
    expect(await desk.verifyAudit()).toMatchObject({ ok: true, head: snapshot.result?.audit });
    expect(desk.auditEntries().map(({ event }) => event)).toEqual(['staff.bound', 'signature.released']);
  });

  it('asks once for a batch, in the order of its documents', async () => {
    openDesk().cards.insert(cast.doctor);
    const ids = Array.from({ length: 20 }, (_, n) => `rx-${n}`);
    const snapshot = await desk.sign('k1', requestFor(ids));
    expect(snapshot.result?.documents.map(({ id }) => id)).toEqual(ids);
    expect(desk.person.asked('pin')).toBe(1);
    expect(desk.cards).toMatchObject({ verifies: 1, signatures: 20 });
    expect(desk.cards.held).toMatchObject([{ maxSignatures: 20 }]);
  });

  it('lets a pharmacist sign a dispensing result that nests the prescription', async () => {
    openDesk().cards.insert(cast.doctor);
    const prescription = Buffer.from(xmlOf(await desk.sign('k1')).get('rx-1') ?? '');
    desk.cards.insert(cast.pharmacist);
    const request = requestFor([], {
      staff: { id: 'P1', name: '調剤 花子' },
      documents: [{ id: 'dx-1', type: 'dispensing', csv: sampleDispensingCsv(), prescription }],
    });
    expect(await desk.sign('k2', request)).toMatchObject({ state: 'signed', result: { signer: { role: 'Pharmacist' } } });
  });

  it('answers a dispensing result whose nested prescription was touched with its report, and shows nothing', async () => {
    openDesk().cards.insert(cast.doctor);
    const prescription = xmlOf(await desk.sign('k1')).get('rx-1') ?? '';
    const touched = Buffer.from(prescription.replace('<PrescriptionDocument id="PrescriptionDocument">U', '<PrescriptionDocument id="PrescriptionDocument">V'));
    desk.cards.insert(cast.pharmacist);
    const windows = desk.person.asked('opened');
    const request = requestFor([], { documents: [{ id: 'dx-1', type: 'dispensing', csv: sampleDispensingCsv(), prescription: touched }] });
    await expect(desk.agent.submit(ehr, 'k2', request)).rejects.toMatchObject({
      problem: { code: 'DOCUMENT_INVALID', report: { verdict: 'INVALID' } },
    });
    expect(desk.person.asked('opened')).toBe(windows);
  });

  it('refuses an invalid CSV before any prompt, journal entry or audit entry', async () => {
    openDesk().cards.insert(cast.doctor);
    const csv = new TextEncoder().encode('SJ1\n13,19550431\n');
    const request = requestFor([], { documents: [{ id: 'rx-1', type: 'prescription', csv }] });
    await expect(desk.agent.submit(ehr, 'k1', request)).rejects.toMatchObject({
      problem: { code: 'DOCUMENT_INVALID', documents: expect.arrayContaining([expect.objectContaining({ documentId: 'rx-1', line: 2, record: '13' })]) as unknown },
    });
    expect(desk.person.shown).toEqual([]);
    expect(desk.journalRecords()).toEqual([]);
    expect(desk.cards.held).toEqual([]);
  });

  it('refuses two documents of one id', async () => {
    openDesk();
    await expect(desk.agent.submit(ehr, 'k1', requestFor(['rx-1', 'rx-1']))).rejects.toMatchObject({ problem: { code: 'REQUEST_INVALID' } });
  });

  it('asks for authentication where remote signing is wanted', async () => {
    openDesk();
    await expect(desk.agent.submit(ehr, 'k1', requestFor(['rx-1'], { method: 'remote' }))).rejects.toMatchObject({ problem: { code: 'NOT_AUTHENTICATED', detail: whyNotHere.notConfigured } });
  });
});

describe('the card', () => {
  it('is waited for, by name of what is missing, and signing goes on when it comes', async () => {
    openDesk().cards.setService({ service: 'unavailable', code: 'NO_CARD_SERVICE', detail: '' });
    const { id } = await desk.agent.submit(ehr, 'k1', requestFor(['rx-1']));
    await until('no_service shown', () => desk.person.last?.what === 'need');
    desk.cards.readers = [];
    desk.cards.setService(null);
    await until('no_reader shown', () => desk.person.asked('need') === 2);
    desk.cards.show({ reader: 'Reader 1', state: 'empty' });
    await until('no_card shown', () => desk.person.asked('need') === 3);
    desk.cards.show({ reader: 'Reader 1', state: 'unknown_card', reason: '' });
    await until('unknown_card shown', () => desk.person.asked('need') === 4);
    desk.cards.show({ reader: 'Reader 1', state: 'in_use' });
    await until('card_in_use shown', () => desk.person.asked('need') === 5);
    expect(desk.agent.get(ehr, id)).toMatchObject({ state: 'awaiting_card', reason: { en: expect.stringContaining('another program') as string } });
    desk.cards.insert(cast.doctor);
    expect(await desk.ended(id)).toMatchObject({ state: 'signed' });
    expect(desk.person.shown.flatMap((shown) => (shown.what === 'need' ? [shown.need] : []))).toEqual([
      'no_service',
      'no_reader',
      'no_card',
      'unknown_card',
      'card_in_use',
    ]);
  });

  it.each([
    ['NO_CARD', (d: SigningDesk) => d.cards.show({ reader: 'R', state: 'empty' })],
    ['NO_READER', (d: SigningDesk) => d.cards.show()],
    ['CARD_UNKNOWN', (d: SigningDesk) => d.cards.show({ reader: 'R', state: 'unknown_card', reason: '' })],
    ['CARD_IN_USE', (d: SigningDesk) => d.cards.show({ reader: 'R', state: 'in_use' })],
    ['NO_CARD_SERVICE', (d: SigningDesk) => d.cards.setService({ service: 'unavailable', code: 'NO_CARD_SERVICE', detail: '' })],
    ['CARD_MODULE_FAILED', (d: SigningDesk) => d.cards.setService({ service: 'unavailable', code: 'CARD_MODULE_FAILED', detail: '' })],
  ] as const)('that does not come in time is %s', async (code, arrange) => {
    arrange(openDesk({ policy: { deadlines: { consentSeconds: 20, cardSeconds: 0.05 } } }));
    expect(await desk.sign('k1')).toMatchObject({ state: 'failed', problem: { code } });
    expect(desk.person.last).toEqual({ what: 'closed', end: { outcome: 'failed', code, detail: null } });
    expect(desk.cards.held).toEqual([]);
  });

  it('of a pharmacist is refused for a prescription before any window', async () => {
    openDesk().cards.insert(cast.pharmacist);
    expect(await desk.sign('k1')).toMatchObject({ state: 'failed', problem: { code: 'ROLE_NOT_ALLOWED' } });
    expect(desk.person.shown).toEqual([]);
  });

  it('of a pharmacist is not refused while other readers are still looked at: the doctor\'s may come', async () => {
    openDesk().cards.insert(cast.pharmacist);
    desk.cards.starting = true;
    const { id } = await desk.agent.submit(ehr, 'k1', requestFor(['rx-1']));
    await until('a card is missed', () => desk.person.last?.what === 'need');
    desk.cards.insert(cast.doctor, '1234', 'Reader 2');
    expect(await desk.ended(id)).toMatchObject({ state: 'signed' });
  });

  /** Binds the doctor, then the pharmacist where they are said to be a colleague, and takes all cards out. */
  async function bindPeople(who: readonly ('doctor' | 'pharmacist')[]): Promise<void> {
    for (const name of who) {
      const bound = { doctor: { id: staff.id, certificate: cast.doctor }, pharmacist: { id: 'P0003', certificate: cast.pharmacist } }[name];
      await desk.bindings.bind(bound.id, bound.certificate.certificate, 'person', desk.clock.now());
    }
  }
  const waits: readonly (readonly [string, readonly ('doctor' | 'pharmacist')[]])[] = [
    ['nobody is bound yet', []],
    ['the doctor is bound to another card', ['doctor']],
    ['the pharmacist is bound too', ['doctor', 'pharmacist']],
  ];
  it.each(waits)('of a pharmacist, alone in the only reader, is ROLE_NOT_ALLOWED at once, where %s', async (_what, bound) => {
    openDesk().cards.insert(cast.pharmacist);
    await bindPeople(bound);
    expect(await desk.sign('k1')).toMatchObject({ state: 'failed', problem: { code: 'ROLE_NOT_ALLOWED' } });
    expect(desk.person.shown).toEqual([]);
  });

  it('that has expired is named so before whose it is', async () => {
    openDesk().cards.insert(await cast.issue({ commonName: 'TEST Jiro Betsu', registration: 'TEST0002', notBefore: new Date('2020-01-01T00:00:00Z'), notAfter: new Date('2021-01-01T00:00:00Z') }));
    await bindPeople(['doctor']);
    expect(await desk.sign('k1')).toMatchObject({ state: 'failed', problem: { code: 'CERTIFICATE_EXPIRED' } });
    expect(desk.person.shown).toEqual([]);
  });

  it('that a colleague left in the second reader does not end the request: the doctor’s may come', async () => {
    openDesk().cards.show({ reader: 'Reader 1', state: 'empty' });
    desk.cards.insert(cast.pharmacist, '1234', 'Reader 2');
    await bindPeople(['pharmacist']);
    const { id } = await desk.agent.submit(ehr, 'k1', requestFor(['rx-1']));
    await until('a card is missed', () => desk.person.last?.what === 'need');
    expect(desk.person.last).toMatchObject({ what: 'need', need: 'other_doctor' });
    desk.cards.insert(cast.doctor, '1234', 'Reader 1');
    expect(await desk.ended(id)).toMatchObject({ state: 'signed' });
  });

  it('that a colleague left there ends the request with its own code when no other comes', async () => {
    openDesk({ policy: { deadlines: { consentSeconds: 20, cardSeconds: 0.1 } } }).cards.show({ reader: 'Reader 1', state: 'empty' });
    desk.cards.insert(cast.pharmacist, '1234', 'Reader 2');
    await bindPeople(['doctor', 'pharmacist']);
    expect(await desk.sign('k1')).toMatchObject({ state: 'failed', problem: { code: 'ROLE_NOT_ALLOWED' } });
    expect(desk.person.asked('pin')).toBe(0);
  });

  it('of a pharmacist that nobody has claimed ends the request at once beside a free reader, too', async () => {
    openDesk().cards.show({ reader: 'Reader 1', state: 'empty' });
    desk.cards.insert(cast.pharmacist, '1234', 'Reader 2');
    await bindPeople(['doctor']);
    expect(await desk.sign('k1')).toMatchObject({ state: 'failed', problem: { code: 'ROLE_NOT_ALLOWED' } });
    expect(desk.person.shown).toEqual([]);
  });

  it('of the doctor’s own that may not sign this is not passed over, though a colleague has it too', async () => {
    openDesk().cards.show({ reader: 'Reader 1', state: 'empty' });
    const own = await cast.issue({ role: null });
    desk.cards.insert(own, '1234', 'Reader 2');
    for (const id of [staff.id, 'P0003']) await desk.bindings.bind(id, own.certificate, 'person', desk.clock.now());
    expect(await desk.sign('k1')).toMatchObject({ state: 'failed', problem: { code: 'ROLE_NOT_ALLOWED' } });
    expect(desk.person.shown).toEqual([]);
  });

  it('of a pharmacist, put in when the window asks the doctor for theirs, is put right at the desk', async () => {
    openDesk().cards.show({ reader: 'Reader 1', state: 'empty' });
    await bindPeople(['doctor']);
    const { id } = await desk.agent.submit(ehr, 'k1', requestFor(['rx-1']));
    await until('a card is missed', () => desk.person.last?.what === 'need');
    desk.cards.insert(cast.pharmacist);
    await until('another is asked for', () => desk.person.asked('need') === 2);
    expect(desk.person.last).toMatchObject({ what: 'need', need: 'other_doctor' });
    desk.cards.insert(cast.doctor);
    expect(await desk.ended(id)).toMatchObject({ state: 'signed' });
  });

  it('of a pharmacist that was being read as the request came ends it at once, too', async () => {
    openDesk().cards.show({ reader: 'Reader 1', state: 'reading' });
    await bindPeople(['doctor']);
    const { id } = await desk.agent.submit(ehr, 'k1', requestFor(['rx-1']));
    await until('a card is missed', () => desk.person.last?.what === 'need');
    desk.cards.insert(cast.pharmacist);
    expect(await desk.ended(id)).toMatchObject({ state: 'failed', problem: { code: 'ROLE_NOT_ALLOWED' } });
    expect(desk.person.asked('need')).toBe(1);
  });

  it('of the doctor’s own that may not sign this ends the request at once, also in a window', async () => {
    openDesk().cards.show({ reader: 'Reader 1', state: 'empty' });
    await bindPeople(['doctor']);
    const { id } = await desk.agent.submit(ehr, 'k1', requestFor(['rx-1']));
    await until('a card is missed', () => desk.person.last?.what === 'need');
    desk.cards.insert(await cast.issue({ role: null }));
    expect(await desk.ended(id)).toMatchObject({ state: 'failed', problem: { code: 'ROLE_NOT_ALLOWED' } });
  });

  it.each([
    ['CERTIFICATE_EXPIRED', { notBefore: new Date('2020-01-01T00:00:00Z'), notAfter: new Date('2021-01-01T00:00:00Z') }],
    ['CERTIFICATE_EXPIRED', { notBefore: new Date('2027-01-01T00:00:00Z'), notAfter: new Date('2028-01-01T00:00:00Z') }],
    ['CARD_UNKNOWN', { kind: 'authentication' }],
    ['CARD_UNKNOWN', { keyUsage: ['digitalSignature'] }],
    ['CARD_UNKNOWN', { policies: ['1.2.3.4'] }],
    ['ROLE_NOT_ALLOWED', { role: 'medical doctor' }],
    ['ROLE_NOT_ALLOWED', { role: null }],
  ] as const)('is refused as %s before any window, given %o', async (code, change) => {
    openDesk().cards.insert(await cast.issue(change));
    expect(await desk.sign('k1')).toMatchObject({ state: 'failed', problem: { code } });
    expect(desk.person.shown).toEqual([]);
  });

  it('of another doctor is not taken once a staff id is bound; the own card is waited for', async () => {
    openDesk().cards.insert(cast.doctor);
    await desk.sign('k1');
    desk.cards.insert(cast.otherDoctor);
    const { id } = await desk.agent.submit(ehr, 'k2', requestFor(['rx-1']));
    await until('other_doctor shown', () => desk.person.last?.what === 'need');
    expect(desk.person.last).toMatchObject({ what: 'need', need: 'other_doctor' });
    desk.cards.insert(cast.doctor);
    expect(await desk.ended(id)).toMatchObject({ state: 'signed', result: { signer: { name: 'テスト医者　三郎' } } });
  });

  it('with a key that is too short is refused as CARD_UNKNOWN before any window', async () => {
    const short = await generateTestKey(1024);
    openDesk().cards.insert(await cast.ca.issue({ kind: 'signing', role: 'Medical Doctor', commonName: 'TEST Saburo Isha' }, short));
    expect(await desk.sign('k1')).toMatchObject({ state: 'failed', problem: { code: 'CARD_UNKNOWN' } });
    expect(desk.person.shown).toEqual([]);
  });

  it.each([
    ['is bound to another doctor', () => desk.bindings.bind(staff.id, cast.otherDoctor.certificate, 'administrator', desk.clock.now())],
    ['is unbound, and nobody has confirmed the card', () => Promise.resolve()],
  ])('signs nothing that is released where the staff member meanwhile %s', async (_what, meanwhile) => {
    openDesk().cards.insert(cast.doctor);
    await desk.sign('k1');
    desk.cards.beforeSign = async () => {
      await desk.bindings.unbind(staff.id);
      await meanwhile();
      return null;
    };
    expect(await desk.sign('k2')).toMatchObject({ state: 'failed', result: null, problem: { code: 'STAFF_MISMATCH' } });
    expect(desk.cards.signatures).toBe(2);
    expect(desk.auditEntries().filter(({ event }) => event === 'signature.released')).toHaveLength(1);
  });

  it('of another doctor that stays is STAFF_MISMATCH, and its PIN is never asked', async () => {
    openDesk({ policy: { deadlines: { consentSeconds: 20, cardSeconds: 0.2 } } }).cards.insert(cast.doctor);
    await desk.sign('k1');
    desk.cards.insert(cast.otherDoctor);
    expect(await desk.sign('k2')).toMatchObject({ state: 'failed', problem: { code: 'STAFF_MISMATCH' } });
    expect(desk.person.asked('pin')).toBe(1);
  });

  it('is chosen by its binding among two readers, without a question', async () => {
    openDesk().cards.insert(cast.doctor);
    await desk.sign('k1');
    desk.cards.insert(cast.otherDoctor, '9999', 'Reader 0');
    expect(await desk.sign('k2')).toMatchObject({ state: 'signed' });
    expect(desk.person.asked('choice')).toBe(0);
  });

  it('is chosen by the person where two would fit', async () => {
    openDesk().cards.insert(cast.doctor, '1234', 'Reader 1');
    desk.cards.insert(cast.otherDoctor, '5678', 'Reader 2');
    desk.person.choose = (cards) => cards[1]?.card ?? 'cancelled';
    desk.person.pin = () => '5678';
    expect(await desk.sign('k1')).toMatchObject({ state: 'signed', result: { signer: { name: 'TEST Jiro Betsu' } } });
  });

  it('is CARD_AMBIGUOUS where two would fit and nobody chooses', async () => {
    openDesk({ policy: { deadlines: { consentSeconds: 0.05, cardSeconds: 20 } } }).cards.insert(cast.doctor, '1234', 'Reader 1');
    desk.cards.insert(cast.otherDoctor, '5678', 'Reader 2');
    expect(await desk.sign('k1')).toMatchObject({ state: 'failed', problem: { code: 'CARD_AMBIGUOUS' } });
    expect(desk.person.asked('pin')).toBe(0);
  });

  it('that a window chooses without having been offered it signs nothing', async () => {
    openDesk({ policy: { deadlines: { consentSeconds: 0.3, cardSeconds: 20 } } }).cards.insert(cast.doctor, '1234', 'Reader 1');
    desk.cards.insert(cast.otherDoctor, '5678', 'Reader 2');
    let asked = 0;
    desk.person.choose = (cards) => {
      asked += 1;
      const [first] = cards;
      return asked === 1 && first ? { ...first.card, certificateSha256: 'f'.repeat(64) } : 'cancelled';
    };
    expect(await desk.sign('k1')).toMatchObject({ state: 'cancelled' });
    expect(desk.cards.held).toEqual([]);
  });

  it('may be pulled while the PIN is asked: the window waits for it and goes on', async () => {
    openDesk().cards.insert(cast.doctor);
    let asked = 0;
    desk.person.pin = () => {
      asked += 1;
      if (asked > 1) return '1234';
      desk.cards.pull();
      return 'silent';
    };
    const { id } = await desk.agent.submit(ehr, 'k1', requestFor(['rx-1']));
    await until('the card is missed', () => desk.person.last?.what === 'need');
    desk.cards.insert(cast.doctor);
    expect(await desk.ended(id)).toMatchObject({ state: 'signed' });
    expect(desk.cards.verifies).toBe(1);
  });

  it('pulled while the PIN is asked is named, and waited for no longer than a moment', async () => {
    openDesk({ policy: { deadlines: { consentSeconds: 60, cardSeconds: 60 } } }).cards.insert(cast.doctor);
    desk.person.pin = () => {
      desk.cards.pull();
      return 'silent';
    };
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const { id } = await desk.agent.submit(ehr, 'k1', requestFor(['rx-1']));
      await until('the card is missed', () => desk.person.last?.what === 'need');
      expect(desk.person.last).toMatchObject({ what: 'need', need: 'card_removed' });
      expect(desk.agent.get(ehr, id)).toMatchObject({ state: 'awaiting_card', reason: { en: expect.stringContaining('was removed') as unknown } });
      vi.advanceTimersByTime(15_000);
      await until('the window has closed', () => desk.person.last?.what === 'closed');
      expect(desk.person.last).toMatchObject({ end: { outcome: 'failed', code: 'CARD_REMOVED' } });
    } finally {
      vi.useRealTimers();
    }
  });

  it('pulled while the PIN is asked and not put back is CARD_REMOVED', async () => {
    openDesk({ policy: { deadlines: { consentSeconds: 20, cardSeconds: 0.1 } } }).cards.insert(cast.doctor);
    desk.person.pin = () => {
      desk.cards.pull();
      return 'silent';
    };
    expect(await desk.sign('k1')).toMatchObject({ state: 'failed', problem: { code: 'CARD_REMOVED' } });
  });

  it('pulled during the signature is CARD_REMOVED; the next attempt signs the same bytes without a restart', async () => {
    openDesk().cards.insert(cast.doctor);
    desk.cards.beforeSign = (n) => {
      if (n === 2) desk.cards.pull();
      return Promise.resolve(null);
    };
    const first = await desk.sign('k1', requestFor(['rx-1', 'rx-2', 'rx-3']));
    expect(first).toMatchObject({ state: 'failed', problem: { code: 'CARD_REMOVED' } });
    desk.cards.beforeSign = () => Promise.resolve(null);
    desk.cards.insert(cast.doctor);
    desk.clock.advance(5000);
    const again = await desk.sign('k1', requestFor(['rx-1', 'rx-2', 'rx-3']));
    expect(again).toMatchObject({ state: 'signed', id: first.id });
    expect(desk.journalRecords().filter(({ type }) => type === 'recipe')).toHaveLength(1);
  });

  it('pulled after the signature changes nothing', async () => {
    openDesk().cards.insert(cast.doctor);
    desk.cards.afterSign = () => {
      desk.cards.pull();
      return null;
    };
    expect(await desk.sign('k1')).toMatchObject({ state: 'signed' });
  });
});

describe('first use of a card', () => {
  it('shows staff, CSV and certificate side by side, and is remembered only after the card has signed', async () => {
    openDesk().cards.insert(cast.doctor);
    desk.person.pin = () => {
      expect(desk.bindings.list()).toEqual([]);
      return '1234';
    };
    await desk.sign('k1');
    const shown = desk.person.shown.find(({ what }) => what === 'binding');
    expect(shown).toMatchObject({ view: { staff, personInDocument: '医者　三郎', certificate: { name: 'テスト医者　三郎' }, place: { kind: 'card', reader: 'Reader 1' } } });
    expect(desk.bindings.subjectsOf(staff.id)).toMatchObject([{ by: 'person', certificates: [cast.doctor.certificate.sha256] }]);
    await desk.sign('k2');
    expect(desk.person.asked('binding')).toBe(1);
  });

  it('that is not confirmed binds and signs nothing', async () => {
    openDesk().cards.insert(cast.doctor);
    desk.person.bind = () => 'cancelled';
    expect(await desk.sign('k1')).toMatchObject({ state: 'cancelled', problem: { code: 'CANCELLED_BY_USER' } });
    expect(desk.bindings.list()).toEqual([]);
    expect(desk.person.asked('pin')).toBe(0);
  });

  it.each(['admin', 'preset'] as const)('is refused at once under policy %s', async (binding) => {
    openDesk({ policy: { staff: { binding, preset: [] } } }).cards.insert(cast.doctor);
    expect(await desk.sign('k1')).toMatchObject({ state: 'failed', problem: { code: 'STAFF_MISMATCH' } });
    expect(desk.person.shown).toEqual([]);
  });

  it('needs no question where policy has preset the card', async () => {
    const preset = [{ staffId: staff.id, certificateSha256: cast.doctor.certificate.sha256 }];
    openDesk({ policy: { staff: { binding: 'preset', preset } } }).cards.insert(cast.doctor);
    expect(await desk.sign('k1')).toMatchObject({ state: 'signed' });
    expect(desk.person.asked('binding')).toBe(0);
  });

  it('a new certificate of a bound subject is accepted and audited', async () => {
    openDesk().cards.insert(cast.doctor);
    await desk.sign('k1');
    desk.cards.insert(await cast.issue({ serialNumber: 77n, kanjiName: 'テスト医者　三郎' }));
    expect(await desk.sign('k2')).toMatchObject({ state: 'signed' });
    expect(desk.person.asked('binding')).toBe(1);
    expect(desk.auditEntries().map(({ event }) => event)).toContain('staff.new_certificate');
    expect(desk.bindings.subjectsOf(staff.id)[0]?.certificates).toHaveLength(2);
  });
});

describe('the PIN', () => {
  it('is asked again after a refusal, with the tries that are left, and presented once per entry', async () => {
    openDesk().cards.insert(cast.doctor);
    const typed = ['0000', '1111', '1234'];
    desk.person.pin = () => typed.shift() ?? 'cancelled';
    expect(await desk.sign('k1')).toMatchObject({ state: 'signed' });
    expect(desk.cards.verifies).toBe(3);
    const questions = desk.person.shown.flatMap((shown) => (shown.what === 'pin' ? [shown.question] : []));
    expect(questions.map(({ refused, tries }) => [refused, tries.triesLeft])).toEqual([[null, 15], ['incorrect', 14], ['incorrect', 13]]);
    expect(desk.journalRecords().filter(({ type }) => type === 'recipe')).toHaveLength(1);
  });

  it('that is given up after a refusal is PIN_INCORRECT with the tries left, and the key runs anew', async () => {
    openDesk().cards.insert(cast.doctor);
    const typed = ['0000'];
    desk.person.pin = () => typed.shift() ?? 'cancelled';
    const first = await desk.sign('k1');
    expect(first).toMatchObject({ state: 'failed', problem: { code: 'PIN_INCORRECT', triesLeft: 14 } });
    desk.person.pin = () => '1234';
    desk.clock.advance(60_000);
    const again = await desk.sign('k1');
    expect(again.state).toBe('signed');
    expect(again.id).not.toBe(first.id);
    expect(again.result?.signedAt.getTime()).toBe(Math.floor(desk.clock.now() / 1000) * 1000);
  });

  it('is left by a locked screen: after a refusal that is PIN_INCORRECT with the tries left, else nobody cancelled', async () => {
    openDesk().cards.insert(cast.doctor);
    const typed = ['0000'];
    desk.person.pin = () => typed.shift() ?? Promise.reject(cancelledBy('away'));
    expect(await desk.sign('k1')).toMatchObject({ state: 'failed', problem: { code: 'PIN_INCORRECT', triesLeft: 14 } });
    expect(await desk.sign('k2')).toMatchObject({ state: 'cancelled', problem: cancelledBy('away').problem });
    expect(desk.auditEntries().at(-1)).toMatchObject({ event: 'signature.cancelled', notes: ['by=away'] });
  });

  it('that nobody types in time is EXPIRED, and nothing stays held', async () => {
    openDesk({ policy: { deadlines: { consentSeconds: 0.05, cardSeconds: 20 } } }).cards.insert(cast.doctor);
    desk.person.pin = () => 'silent';
    expect(await desk.sign('k1')).toMatchObject({ state: 'expired', problem: { code: 'EXPIRED' } });
    expect(desk.cards).toMatchObject({ openSessions: 0, verifies: 0 });
  });

  it('that is typed as the time runs out is never presented', async () => {
    openDesk({ policy: { deadlines: { consentSeconds: 0.05, cardSeconds: 20 } } }).cards.insert(cast.doctor);
    let type: (pin: string) => void = () => undefined;
    desk.person.pin = () => new Promise((resolve) => (type = resolve));
    const ended = await desk.sign('k1');
    type('1234');
    await new Promise((resolve) => setImmediate(resolve));
    expect(ended.state).toBe('expired');
    expect(desk.cards).toMatchObject({ openSessions: 0, verifies: 0, signatures: 0 });
  });

  it('of a locked card is not asked for', async () => {
    openDesk().cards.insert(cast.doctor);
    desk.cards.triesLeft = 0;
    expect(await desk.sign('k1')).toMatchObject({ state: 'failed', problem: { code: 'PIN_LOCKED', triesLeft: 0 } });
    expect(desk.person.asked('pin')).toBe(0);
  });

  it('needs consent for the last tries: without it nothing is presented, with it the request goes on', async () => {
    openDesk().cards.insert(cast.doctor);
    desk.cards.triesLeft = 2;
    desk.person.pin = () => {
      desk.person.spendLastTries = desk.person.asked('pin') > 1;
      return '1234';
    };
    expect(await desk.sign('k1')).toMatchObject({ state: 'signed' });
    expect(desk.person.asked('pin')).toBe(2);
    expect(desk.cards.verifies).toBe(1);
  });

  it.each(['person', 'away'] as const)('is given up where the person leaves before the card signs: nothing is presented (%s)', async (who) => {
    openDesk().cards.insert(cast.doctor);
    desk.person.leftAfterAnswer = cancelledBy(who);
    expect(await desk.sign('k1')).toMatchObject({ state: 'cancelled', problem: cancelledBy(who).problem });
    expect(desk.cards).toMatchObject({ openSessions: 0, verifies: 0, signatures: 0 });
    desk.person.leftAfterAnswer = null;
    expect((await desk.sign('k1')).state).toBe('signed');
  });

  it('cancelled by the person is cancelled', async () => {
    openDesk().cards.insert(cast.doctor);
    desk.person.pin = () => 'cancelled';
    expect(await desk.sign('k1')).toMatchObject({ state: 'cancelled', problem: { code: 'CANCELLED_BY_USER' } });
  });
});

describe('a window', () => {
  it('that answers with a PIN session of its own invention signs nothing', async () => {
    openDesk().cards.insert(cast.doctor);
    const open = desk.person.openSignature.bind(desk.person);
    desk.person.openSignature = (view) => ({ ...open(view), askPin: () => Promise.resolve('forged') });
    const snapshot = await desk.sign('k1');
    expect(snapshot).toMatchObject({ state: 'failed', problem: { code: 'INTERNAL', reference: snapshot.id } });
    expect(desk.cards.signatures).toBe(0);
  });

  it('that opens two PIN sessions has the other one ended', async () => {
    openDesk().cards.insert(cast.doctor);
    const open = desk.person.openSignature.bind(desk.person);
    desk.person.openSignature = (view) => ({
      ...open(view),
      askPin: async (_question, hold) => {
        await hold({ pin: Buffer.from('0000'), spendLastTries: false });
        return hold({ pin: Buffer.from('1234'), spendLastTries: false });
      },
    });
    expect(await desk.sign('k1')).toMatchObject({ state: 'signed' });
    expect(desk.cards).toMatchObject({ verifies: 1, openSessions: 0 });
  });
});

describe('a PIN session that policy keeps', () => {
  const kept = { policy: { pin: 'until-card-removed' } } as const;

  it('serves the same client and staff member without a window, with a toast', async () => {
    openDesk(kept).cards.insert(cast.doctor);
    await desk.sign('k1');
    expect(await desk.sign('k2', requestFor(['rx-1', 'rx-2']))).toMatchObject({ state: 'signed' });
    expect(desk.person.asked('opened')).toBe(1);
    expect(desk.cards).toMatchObject({ verifies: 1, signatures: 3 });
    expect(desk.person.notices).toHaveLength(1);
    expect(desk.person.notices[0]?.text.ja).toContain('医者　三郎');
    expect(desk.person.notices[0]?.text.ja).toContain('2件');
    expect(desk.person.notices[0]?.text.ja).not.toContain('髙橋');
  });

  it('never serves another client', async () => {
    openDesk(kept).cards.insert(cast.doctor);
    await desk.sign('k1');
    await desk.sign('k1', requestFor(['rx-1']), otherEhr);
    expect(desk.person.asked('pin')).toBe(2);
    expect(desk.cards.verifies).toBe(2);
  });

  it('never serves another staff member', async () => {
    openDesk(kept).cards.insert(cast.doctor);
    await desk.sign('k1');
    await desk.sign('k2', requestFor(['rx-1'], { staff: { id: 'D0013', name: '医者 四郎' } }));
    expect(desk.person.asked('pin')).toBe(2);
  });

  it('ends with the card', async () => {
    openDesk(kept).cards.insert(cast.doctor);
    await desk.sign('k1');
    desk.cards.pull();
    desk.cards.insert(cast.doctor);
    await desk.sign('k2');
    expect(desk.person.asked('pin')).toBe(2);
    expect(desk.cards.ended).toContain(desk.cards.held[0]?.id);
  });

  it('ends when its card stands in another reader, though nobody saw it leave', async () => {
    openDesk(kept).cards.insert(cast.doctor);
    await desk.sign('k1');
    const [place] = desk.cards.readers;
    if (place?.state !== 'ready') throw new Error('the card is in its reader');
    desk.cards.show({ ...place, reader: 'Reader 2', card: { ...place.card, reader: 'Reader 2' } });
    await until('the session is over', () => desk.cards.ended.includes(desk.cards.held[0]?.id ?? ''));
    await desk.sign('k2');
    expect(desk.person.asked('pin')).toBe(2);
  });

  it('ends when the screen is locked', async () => {
    openDesk(kept).cards.insert(cast.doctor);
    await desk.sign('k1');
    await desk.agent.endPinSessions();
    expect(desk.cards.openSessions).toBe(0);
    await desk.sign('k2');
    expect(desk.person.asked('pin')).toBe(2);
  });

  it('ends after its minutes', async () => {
    openDesk({ policy: { pin: { minutes: 5 } } }).cards.insert(cast.doctor);
    await desk.sign('k1');
    expect(desk.cards.held[0]?.lifetimeMs).toBe(300_000);
    desk.clock.advance(299_000);
    await desk.sign('k2');
    expect(desk.person.asked('pin')).toBe(1);
    desk.clock.advance(2000);
    await desk.sign('k3');
    expect(desk.person.asked('pin')).toBe(2);
  });

  it('is confirmed again when its documents are used up', async () => {
    openDesk({ policy: { pin: 'until-card-removed', bounds: { documentsPerSession: 3, requestsPerHour: 60 } } }).cards.insert(cast.doctor);
    await desk.sign('k1');
    await desk.sign('k2', requestFor(['rx-1', 'rx-2']));
    expect(desk.person.asked('pin')).toBe(1);
    await desk.sign('k3');
    expect(desk.person.asked('pin')).toBe(2);
  });

  it('is confirmed again when the requests of an hour are used up', async () => {
    openDesk({ policy: { pin: 'until-card-removed', bounds: { documentsPerSession: 250, requestsPerHour: 2 } } }).cards.insert(cast.doctor);
    for (const key of ['k1', 'k2', 'k3']) await desk.sign(key);
    expect(desk.person.asked('pin')).toBe(1);
    await desk.sign('k4');
    expect(desk.person.asked('pin')).toBe(2);
  });

  it('that the card host has lost is asked for again, in a window, within the same request', async () => {
    openDesk(kept).cards.insert(cast.doctor);
    await desk.sign('k1');
    await desk.cards.endPinSession(desk.cards.held[0]?.id ?? '');
    expect(await desk.sign('k2')).toMatchObject({ state: 'signed' });
    expect(desk.person.asked('pin')).toBe(2);
  });

  it('lets the requests that waited behind the window go without one', async () => {
    openDesk(kept).cards.insert(cast.doctor);
    const waiting = await Promise.all(Array.from({ length: 10 }, (_, n) => desk.agent.submit(ehr, `k${n}`, requestFor([`rx-${n}`]))));
    const ends = await Promise.all(waiting.map(({ id }) => desk.ended(id)));
    expect(ends.map(({ state }) => state)).toEqual(Array.from({ length: 10 }, () => 'signed'));
    expect(desk.person.asked('pin')).toBe(1);
    expect(desk.cards.verifies).toBe(1);
  });
});

describe('requests that come at once', () => {
  it('have their windows one after another, and two callers never answer for each other', async () => {
    openDesk().cards.insert(cast.doctor);
    const seen: string[] = [];
    desk.person.pin = (_question, view) => {
      seen.push(view.caller.clientId);
      return '1234';
    };
    const first = await desk.agent.submit(ehr, 'same-key', requestFor(['rx-1']));
    const second = await desk.agent.submit(otherEhr, 'same-key', requestFor(['rx-1']));
    expect(second.id).not.toBe(first.id);
    expect(await desk.agent.settled(otherEhr, first.id, 60_000, new AbortController().signal)).toBeUndefined();
    expect(desk.agent.cancel(otherEhr, first.id)).toBeUndefined();
    const ends = await Promise.all([desk.ended(first.id), desk.ended(second.id, otherEhr)]);
    expect(ends.map(({ state }) => state)).toEqual(['signed', 'signed']);
    expect(desk.person.mostOpenWindows).toBe(1);
    expect(seen).toEqual(['ehr-1', 'ehr-2']);
    expect(desk.cards.verifies).toBe(2);
    expect(desk.agent.get(otherEhr, first.id)).toBeUndefined();
    expect(desk.agent.cancel(otherEhr, first.id)).toBeUndefined();
  });

  it('are BUSY when 20 wait behind the one that is served', async () => {
    openDesk().cards.insert(cast.doctor);
    desk.person.pin = () => 'silent';
    const served = await desk.agent.submit(ehr, 'k0', requestFor(['rx-1']));
    await until('the window asks', () => desk.person.asked('pin') === 1);
    for (let n = 1; n <= 20; n += 1) await desk.agent.submit(ehr, `k${n}`, requestFor(['rx-1']));
    await expect(desk.agent.submit(ehr, 'k21', requestFor(['rx-1']))).rejects.toMatchObject({ problem: { code: 'BUSY' } });
    expect(desk.agent.get(ehr, served.id)).toMatchObject({ state: 'awaiting_pin' });
    desk.agent.cancel(ehr, served.id);
    await desk.ended(served.id);
    expect(await desk.agent.submit(ehr, 'k21', requestFor(['rx-1']))).toMatchObject({ state: 'received' });
  });

  it('are named in the window of the one that is served, as they come and go', async () => {
    openDesk().cards.insert(cast.doctor);
    desk.person.pin = () => 'silent';
    const served = await desk.agent.submit(ehr, 'k0', requestFor(['rx-1']));
    await until('the window asks', () => desk.person.asked('pin') === 1);
    const second = await desk.agent.submit(otherEhr, 'k1', requestFor(['rx-1']));
    expect(desk.person.last).toEqual({ what: 'waiting', names: [otherEhr.clientName] });
    desk.agent.cancel(otherEhr, second.id);
    await desk.ended(second.id, otherEhr);
    expect(desk.person.last).toEqual({ what: 'waiting', names: [] });
    desk.agent.cancel(ehr, served.id);
    await desk.ended(served.id);
  });

  it('can be cancelled while they wait, without a window of their own', async () => {
    openDesk().cards.insert(cast.doctor);
    desk.person.pin = () => 'silent';
    await desk.agent.submit(ehr, 'k0', requestFor(['rx-1']));
    await until('the window asks', () => desk.person.asked('pin') === 1);
    const waiting = await desk.agent.submit(ehr, 'k1', requestFor(['rx-1']));
    desk.agent.cancel(ehr, waiting.id);
    expect(await desk.ended(waiting.id)).toMatchObject({ state: 'cancelled', problem: { code: 'CANCELLED_BY_USER' } });
    expect(desk.person.asked('opened')).toBe(1);
  });

  it('cancelled while signing stop before the next document that the card host does not have yet, and the key goes on with the same recipe', async () => {
    openDesk().cards.insert(cast.doctor);
    let id = '';
    desk.cards.afterSign = (n) => {
      if (n === 2) desk.agent.cancel(ehr, id);
      return null;
    };
    id = (await desk.agent.submit(ehr, 'k1', requestFor(['rx-1', 'rx-2', 'rx-3', 'rx-4', 'rx-5']))).id;
    expect(await desk.ended(id)).toMatchObject({ state: 'cancelled' });
    // The third was on its way to the card when the second came back.
    expect(desk.cards.signatures).toBe(3);
    desk.cards.afterSign = () => null;
    expect(await desk.sign('k1', requestFor(['rx-1', 'rx-2', 'rx-3', 'rx-4', 'rx-5']))).toMatchObject({ state: 'signed', id });
    expect(desk.journalRecords().filter(({ type }) => type === 'recipe')).toHaveLength(1);
  });

  it('end when the agent closes, and leave no listener at the cards', async () => {
    openDesk().cards.insert(cast.doctor);
    desk.person.pin = () => 'silent';
    const { id } = await desk.agent.submit(ehr, 'k1', requestFor(['rx-1']));
    await until('the window asks', () => desk.person.asked('pin') === 1);
    await desk.agent.close();
    expect(desk.agent.get(ehr, id)).toMatchObject({ state: 'cancelled' });
    expect(desk.cards.listeners).toBe(0);
  });
});

describe('a batch with partial', () => {
  it('returns what was signed and says why the rest was not', async () => {
    openDesk().cards.insert(cast.doctor);
    desk.cards.beforeSign = (n) => Promise.resolve(n === 3 ? new CardError('CARD_REMOVED', 'played') : null);
    const broken = { id: 'bad', type: 'prescription', csv: new TextEncoder().encode('SJ1\n13,x\n') } as const;
    const good = requestFor(['rx-1', 'rx-2', 'rx-3']).documents;
    const request = requestFor([], { partial: true, documents: [broken, ...good] });
    const snapshot = await desk.sign('k1', request);
    expect(snapshot.state).toBe('signed');
    expect(snapshot.result?.documents).toMatchObject([
      { id: 'bad', state: 'failed', problem: { code: 'DOCUMENT_INVALID', documents: expect.arrayContaining([expect.objectContaining({ line: 2 })]) as unknown } },
      { id: 'rx-1', state: 'signed' },
      { id: 'rx-2', state: 'signed' },
      { id: 'rx-3', state: 'failed', problem: { code: 'CARD_REMOVED' } },
    ]);
    await desk.restart();
    const again = await desk.sign('k1', request);
    expect(again).toEqual(snapshot);
  });

  it('without it, one that fails fails all', async () => {
    openDesk().cards.insert(cast.doctor);
    desk.cards.beforeSign = (n) => Promise.resolve(n === 3 ? new CardError('CARD_REMOVED', 'played') : null);
    expect(await desk.sign('k1', requestFor(['rx-1', 'rx-2', 'rx-3']))).toMatchObject({ state: 'failed', result: null });
  });
});

describe('a signature that does not verify', () => {
  it('is not released, and ends an open PIN session', async () => {
    openDesk({ policy: { pin: 'until-card-removed' } }).cards.insert(cast.doctor);
    await desk.sign('k1');
    const sign = desk.cards.sign.bind(desk.cards);
    desk.cards.sign = async (session, hash) => (await sign(session, hash)).map((byte, at) => (at === 7 ? byte ^ 1 : byte));
    expect(await desk.sign('k2')).toMatchObject({ state: 'failed', result: null, problem: { code: 'SIGNATURE_MISMATCH' } });
    expect(desk.cards.openSessions).toBe(0);
    expect(desk.journalRecords().filter(({ type }) => type === 'signed')).toHaveLength(1);
  });

  it('of another key is not released', async () => {
    openDesk().cards.insert({ certificate: cast.doctor.certificate, privateKey: cast.otherDoctor.privateKey });
    expect(await desk.sign('k1')).toMatchObject({ state: 'failed', problem: { code: 'SIGNATURE_MISMATCH' } });
    expect(desk.bindings.list()).toEqual([]);
  });
});
