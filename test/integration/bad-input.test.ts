/**
 * What bad input gets from the running agent: the answer, and what must not have happened. Each table is one kind of
 * caller's or person's mistake; everything goes through the real HTTP server, driver, journal and audit log.
 */
import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createTestCa } from '../../src/sandbox/ca/test-ca.ts';
import { jstMidnight } from '../../src/sandbox/ca/jst-midnight.ts';
import { sandboxPeople } from '../../src/sandbox/sandbox-clinic.ts';
import { generateTestKey } from '../../src/sandbox/ca/test-keys.ts';
import { sampleDispensingCsv } from '../../src/sandbox/samples/dispensing.ts';
import { samplePrescriptionCsv } from '../../src/sandbox/samples/prescription.ts';
import { VirtualHpkiCard } from '../../src/sandbox/cards/virtual-hpki-card.ts';
import { signAs } from '../unit/formats/xades/signing-people.ts';
import { ask, sayRaw, sha256Hex, statusOf, until, type HttpAnswer } from '../support/running-api.ts';
import { codeOf, ehrToken, firstReader, prescription, RunningAgent, secondReader, staff, xmlOf, type RunningAgentOptions } from '../support/running-agent.ts';
import { TestClinic } from '../support/test-clinic.ts';

let clinic: TestClinic;
let running: RunningAgent;
let card: VirtualHpkiCard;

const insOfVerify = 0x20;
const pharmacist = { id: 'P0001', name: '調剤 花子' };

beforeAll(async () => {
  clinic = await TestClinic.open();
});

async function start(options: Partial<RunningAgentOptions> = {}): Promise<void> {
  running = await RunningAgent.start({ clinic, inserted: card, ...options });
  await until(() => (options.inserted === null ? true : running.cardsReady() > 0), 'the card is read');
  card.resetStatistics();
}

/** Nobody was asked, no command went to the card, and neither journal nor audit has a word of it. */
function expectNothingHappened(): void {
  expect(running.person.shown.map(({ what }) => what)).toEqual([]);
  expect(running.person.notices).toEqual([]);
  expect(card.statistics.commands).toBe(0);
  expect(running.journal()).toBe('');
  expect(running.audit().map(({ event }) => event)).toEqual(['agent.started']);
}

const problemOf = (answer: HttpAnswer): { title: string; detail?: string; remedy: string; retriable: boolean; triesLeft?: number | null } & Record<string, unknown> => {
  const body = answer.json as Record<string, unknown>;
  return (body['problem'] ?? body) as ReturnType<typeof problemOf>;
};

const text = (csv: Uint8Array): string => new TextDecoder().decode(csv);
const changed = (from: string | RegExp, to: string): Uint8Array => {
  const before = text(samplePrescriptionCsv());
  const after = before.replace(from, to);
  if (after === before) throw new Error(`nothing to change: ${String(from)}`);
  return new TextEncoder().encode(after);
};

describe('a CSV that cannot be signed is answered with the place of its error, and', () => {
  beforeAll(async () => {
    card = clinic.card('doctor');
    await start();
  });
  afterAll(() => running.close());

  it.each([
    ['Shift_JIS bytes', readFileSync(new URL('../fixtures/csv/prescription-cp932.csv', import.meta.url)), { line: 2, record: null, field: null }, /UTF-8/],
    ['UTF-16 bytes', readFileSync(new URL('../fixtures/csv/prescription-utf16.csv', import.meta.url)), { line: 1, record: null, field: null }, /UTF-8/],
    ['a BOM', readFileSync(new URL('../fixtures/csv/prescription-bom.csv', import.meta.url)), { line: 1, record: null, field: null }, /BOM/],
    ['another first line', changed('SJ1', 'SJ9'), { line: 1, record: null, field: null }, /SJ1/],
    ['a dispensing result', sampleDispensingCsv(), { line: 1, record: null, field: null }, /SJ1/],
    ['the 30th of February', changed('51,20260401', '51,20260230'), { line: 17, record: '51', field: '交付年月日' }, /date|day/i],
    ['a record without its fields', changed(/\n201,1,1,.*\n/, '\n201,1,1\n'), { record: '201' }, /./],
    ['no patient', changed(/\n11,.*\n/, '\n'), { line: 1, record: '11', field: '患者漢字氏名' }, /patient/],
    ['no drug at all', new TextEncoder().encode(text(samplePrescriptionCsv()).split('\n').filter((line) => !/^2[0-9]1,/.test(line)).join('\n')), { record: '201' }, /drug/],
    ['two patients', changed(/(\n11,[^\n]*)/, '$1\n11,P9,別人　太郎,ﾍﾞﾂｼﾞﾝ ﾀﾛｳ'), { line: 8, record: '11' }, /second patient/],
    ['more than 10,000 lines', new TextEncoder().encode(`SJ1\n${'81,1,,x\n'.repeat(10_001)}`), { line: 10_001 }, /10,000/],
  ])('nobody is asked and the card is left alone: %s', async (_what, csv, place, reason) => {
    const answer = await running.sign({ documents: [prescription('rx-7', csv)] });
    expect({ status: answer.status, code: codeOf(answer) }).toEqual({ status: 422, code: 'DOCUMENT_INVALID' });
    const [finding] = problemOf(answer)['documents'] as { reason: string }[];
    expect(finding).toMatchObject({ documentId: 'rx-7', ...place });
    expect(finding?.reason).toMatch(reason);
    const inJapanese = await running.sign({ documents: [prescription('rx-7', csv)] }, { language: 'ja' });
    expect(JSON.stringify(problemOf(inJapanese)['documents'])).toMatch(/[ぁ-ん]/);
    expectNothingHappened();
  });

  it('one wrong document stops the whole batch, and every error is told', async () => {
    const documents = [prescription('rx-1'), prescription('rx-2', changed('SJ1', 'XX')), prescription('rx-3', changed('51,20260401', '51,20261301'))];
    const answer = await running.sign({ documents });
    expect(codeOf(answer)).toBe('DOCUMENT_INVALID');
    expect((problemOf(answer)['documents'] as { documentId: string }[]).map(({ documentId }) => documentId)).toEqual(['rx-2', 'rx-3']);
    expectNothingHappened();
  });

  it('a request of the wrong shape gets 400 and names the field', async () => {
    const rows: [string, unknown, RegExp][] = [
      ['an unknown field', { staff, documents: [prescription()], pin: '1234' }, /pin/],
      ['an unknown field in a document', { staff, documents: [{ ...prescription(), hash: 'ab' }] }, /documents/],
      ['201 documents', { staff, documents: Array.from({ length: 201 }, (_, n) => ({ ...prescription(`rx-${n}`), csv: 'U0ox' })) }, /documents/],
      ['no document', { staff, documents: [] }, /documents/],
      ['two documents of one id', { staff, documents: [prescription(), prescription()] }, /documents/],
      ['what is not base64', { staff, documents: [{ ...prescription(), csv: '!!!!' }] }, /csv/],
      ['an id with a path', { staff, documents: [{ ...prescription(), id: '../rx' }] }, /documents\.0\.id: wrong format \(.*\[A-Za-z0-9._-\]\{1,64\}.*\)/],
      ['no staff', { documents: [prescription()] }, /staff/],
      ['a number for a name', { staff: { id: 'D1', name: 7 }, documents: [prescription()] }, /staff/],
      ['an array', [], /body/],
      ['null', null, /body/],
    ];
    for (const [what, body, detail] of rows) {
      const answer = await running.ask('/v1/signatures', { method: 'POST', headers: { 'idempotency-key': 'k', 'accept-language': 'en' }, body: JSON.stringify(body) });
      expect({ what, status: answer.status, code: codeOf(answer) }).toEqual({ what, status: 400, code: 'REQUEST_INVALID' });
      expect(problemOf(answer).detail).toMatch(detail);
    }
    for (const body of ['{', '', '\xff\xfe', '{"staff":']) {
      expect(codeOf(await running.ask('/v1/signatures', { method: 'POST', headers: { 'idempotency-key': 'k' }, body }))).toBe('REQUEST_INVALID');
    }
    expectNothingHappened();
  });

  it('a request without a usable Idempotency-Key gets 400', async () => {
    for (const headers of [{}, { 'idempotency-key': '' }, { 'idempotency-key': 'x'.repeat(129) }, { 'idempotency-key': 'with blank' }]) {
      const answer = await running.ask('/v1/signatures', { method: 'POST', headers: headers, body: JSON.stringify({ staff, documents: [prescription()] }) });
      expect(codeOf(answer)).toBe('REQUEST_INVALID');
    }
    expectNothingHappened();
  });

  it('a body of 5 MiB gets 413 and keeps its connection; one of more than 8 MiB loses it', async () => {
    const head = (length: number): Buffer =>
      Buffer.from(`POST /v1/signatures HTTP/1.1\r\nHost: 127.0.0.1:${running.port}\r\nAuthorization: Bearer ${ehrToken}\r\nIdempotency-Key: k\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n\r\n`);
    const MiB = 1024 * 1024;
    const next = Buffer.from(`GET /health HTTP/1.1\r\nHost: 127.0.0.1:${running.port}\r\n\r\n`);
    const drained = await sayRaw(running.port, Buffer.concat([head(5 * MiB), Buffer.alloc(5 * MiB, 0x20), next]), { enough: (heard) => heard.includes('"name":"hpki-agent"') });
    expect(statusOf(drained)).toBe(413);
    expect(drained).toContain('"code":"TOO_LARGE"');
    const cut = await sayRaw(running.port, Buffer.concat([head(9 * MiB), Buffer.alloc(9 * MiB, 0x20), next]), { enough: () => false });
    expect(cut).not.toContain('"name":"hpki-agent"');
    expectNothingHappened();
  });

  it('a caller that may not call is told so by status, and nothing happened', async () => {
    const body = JSON.stringify({ staff, documents: [prescription()] });
    const post = (headers: Record<string, string>): Promise<HttpAnswer> =>
      ask(running.port, '/v1/signatures', { method: 'POST', headers: { 'idempotency-key': 'k', 'content-type': 'application/json', authorization: `Bearer ${ehrToken}`, ...headers }, body });
    const raw = await sayRaw(running.port, `POST /v1/signatures HTTP/1.1\r\nHost: evil.example\r\nAuthorization: Bearer ${ehrToken}\r\nIdempotency-Key: k\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
    expect(statusOf(raw)).toBe(421);
    expect(raw).toContain('HOST_NOT_ALLOWED');
    expect([403, 'ORIGIN_NOT_ALLOWED']).toEqual(await statusAndCode(post({ origin: 'https://evil.example' })));
    for (const authorization of ['', 'Bearer short']) {
      const answer = await post({ authorization });
      expect([answer.status, codeOf(answer)]).toEqual([401, 'NOT_PAIRED']);
      expect(answer.text).toContain('Authorization: Bearer');
    }
    expect([415, 'MEDIA_TYPE']).toEqual(await statusAndCode(post({ 'content-type': 'text/plain' })));
    for (const [headers, cause] of [[{ 'content-encoding': 'gzip' }, /Content-Encoding.*圧縮せず/], [{ 'content-type': 'application/json; charset=shift_jis' }, /charset=utf-8.*UTF-8で/]] as const) {
      const answer = await post(headers);
      expect([answer.status, codeOf(answer)]).toEqual([415, 'MEDIA_TYPE']);
      expect(problemOf(answer).detail).toMatch(cause);
    }
    expect([404, 'NOT_FOUND']).toEqual(await statusAndCode(running.ask('/v1/nothing')));
    expect([404, 'NOT_FOUND']).toEqual(await statusAndCode(running.ask('/v1/signatures/none')));
    expect([405, 'METHOD_NOT_ALLOWED']).toEqual(await statusAndCode(running.ask('/v1/signatures')));
    expectNothingHappened();
  });

  it('remote signing, which nobody has set up here, is NOT_AUTHENTICATED', async () => {
    expect(await statusAndCode(running.sign({ method: 'remote' }))).toEqual([409, 'NOT_AUTHENTICATED']);
    expectNothingHappened();
  });
});

/** The two things that an EHR branches on. */
async function statusAndCode(answer: Promise<HttpAnswer>): Promise<[number, string | undefined]> {
  const { status, json } = await answer;
  return [status, codeOf({ json })];
}

describe('a dispensing result', () => {
  const csv = Buffer.from(sampleDispensingCsv()).toString('base64');
  const dispensing = (xml: Uint8Array): Record<string, unknown> => ({
    staff: pharmacist,
    documents: [{ id: 'dx-1', type: 'dispensing', csv, prescription: Buffer.from(xml).toString('base64') }],
  });
  const bySigner = (person: Parameters<typeof signAs>[0], at?: Date): Buffer =>
    signAs(person, { type: 'prescription', csv: samplePrescriptionCsv() }, at === undefined ? {} : { signingTime: at });
  const replaced = (xml: Buffer, from: string | RegExp, to: string): Buffer => {
    const after = xml.toString('utf8').replace(from, to);
    if (after === xml.toString('utf8')) throw new Error(`nothing to replace: ${String(from)}`);
    return Buffer.from(after);
  };

  beforeAll(() => {
    card = clinic.card('pharmacist');
  });
  afterEach(() => running.close());

  it.each<[string, () => Buffer, RegExp]>([
    ['of a changed digest', () => replaced(bySigner(clinic.people.doctor), /(<xs:DigestValue>)(.{20})(.{20})/, '$1$3$2'), /changed after/i],
    ['of other content', () => replaced(bySigner(clinic.people.doctor), /(<PrescriptionDocument[^>]*>[A-Za-z0-9+/]{40})./s, '$1Z'), /./],
    ['of a changed value', () => replaced(bySigner(clinic.people.doctor), /(<xs:SignatureValue[^>]*>)(.{20})(.{20})/, '$1$3$2'), /signature value/i],
    ['of a pharmacist', () => bySigner(clinic.people.pharmacist), /role|資格|licen|Pharmacist/i],
    ['with a DOCTYPE', () => replaced(bySigner(clinic.people.doctor), /<Document/, '<!DOCTYPE Document><Document'), /DOCTYPE/],
    ['without a signature', () => replaced(bySigner(clinic.people.doctor), /<xs:Signature .*<\/xs:Signature>/s, ''), /./],
    ['that is no XML', () => Buffer.from('SJ1\n'), /./],
  ])('that nests a prescription %s is refused, with the report', async (_what, make, reason) => {
    await start();
    const answer = await running.sign(dispensing(make()));
    expect({ status: answer.status, code: codeOf(answer) }).toEqual({ status: 422, code: 'DOCUMENT_INVALID' });
    const report = problemOf(answer)['report'] as { verdict: string; checks: { verdict: string; reason: string }[] };
    expect(report.verdict).toBe('INVALID');
    expect(report.checks.filter(({ verdict }) => verdict === 'INVALID').map((check) => check.reason).join()).toMatch(reason);
    expectNothingHappened();
  });

  it.each<[string, Partial<RunningAgentOptions>, () => Promise<Buffer>, string]>([
    [
      'whose certificate has expired since',
      {},
      async () => {
        const { now } = clinic.ca;
        return bySigner(await clinic.issue({ notBefore: jstMidnight(now, -3), notAfter: jstMidnight(now, -1) }), new Date(jstMidnight(now, -2).getTime() + 3_600_000));
      },
      'nested.certificate.',
    ],
    [
      'of an issuer that nobody here knows',
      {},
      async () => {
        const [stranger, key] = await Promise.all([createTestCa(), generateTestKey()]);
        return bySigner(await stranger.issue(sandboxPeople.doctor, key));
      },
      'nested.certificate.',
    ],
    ['where no revocation list is at hand', { withoutCrl: true }, () => Promise.resolve(bySigner(clinic.people.doctor)), 'nested.certificate.'],
    [
      'with a time-stamp, which is not evaluated',
      {},
      () =>
        Promise.resolve(
          replaced(
            bySigner(clinic.people.doctor),
            '</xa:QualifyingProperties>',
            '<xa:UnsignedProperties><xa:UnsignedSignatureProperties><xa:SignatureTimeStamp><xa:EncapsulatedTimeStamp>MAA=</xa:EncapsulatedTimeStamp></xa:SignatureTimeStamp></xa:UnsignedSignatureProperties></xa:UnsignedProperties></xa:QualifyingProperties>',
          ),
        ),
      'nested.',
    ],
  ])('that nests a prescription %s is signed, with a warning in window, answer and audit', async (_what, options, make, id) => {
    await start(options);
    const answer = await running.sign(dispensing(await make()));
    expect(answer.text).toContain('"state":"signed"');
    expect(answer.status).toBe(201);
    const [document] = (answer.json as { documents: { warnings: string[] }[] }).documents;
    expect(document?.warnings).not.toEqual([]);
    const [opened] = running.person.shown;
    const shown = opened?.what === 'opened' ? opened.view.documents[0]?.warnings.map(({ en }) => en) : undefined;
    expect(shown).not.toEqual([]);
    expect(shown?.filter((warning) => warning.includes('nested prescription’s signature is INDETERMINATE'))).not.toEqual([]);
    expect(document?.warnings).toEqual(expect.arrayContaining(shown ?? ['nothing was shown']));
    const released = running.audit().find(({ event }) => event === 'signature.released');
    expect(released?.documents?.[0]?.warnings.some((warning) => warning.startsWith(id))).toBe(true);
  });
});

describe('pairing', () => {
  beforeEach(async () => {
    card = clinic.card('doctor');
    await start();
  });
  afterEach(() => running.close());
  const begin = (): Promise<HttpAnswer> =>
    ask(running.port, '/v1/pairings', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ clientName: 'New EHR' }) });
  const confirm = (id: string, code: string): Promise<HttpAnswer> =>
    ask(running.port, `/v1/pairings/${id}/confirm`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ code, tokenSha256: sha256Hex('a new token') }) });

  it('while closed is 403 without a window, and in the audit', async () => {
    expect(await statusAndCode(begin())).toEqual([403, 'PAIRING_CLOSED']);
    expect(running.person.pairings).toEqual([]);
    await until(() => running.audit().length === 2, 'the audit entry');
    expect(running.audit().at(-1)).toMatchObject({ event: 'client.pairing_failed', result: 'PAIRING_CLOSED' });
  });

  it('closes with the third wrong code, and each is in the audit', async () => {
    running.agent.pairing.open();
    const { id } = (await begin()).json as { id: string };
    const shown = running.person.pairings[0]?.code ?? '';
    const wrong = shown === '000000' ? '000001' : '000000';
    for (let guess = 0; guess < 3; guess += 1) {
      const answer = await confirm(id, wrong);
      expect([answer.status, codeOf(answer)]).toEqual([403, 'PAIRING_CODE_INCORRECT']);
      // The last one says that it is over.
      expect(answer.text.includes('受付を終了しました。')).toBe(guess === 2);
    }
    expect(await statusAndCode(confirm(id, shown))).toEqual([403, 'PAIRING_CLOSED']);
    await until(() => running.audit().filter(({ result }) => result === 'PAIRING_CODE_INCORRECT').length === 3, 'three audit entries');
    expect(running.audit().at(-1)).toMatchObject({ caller: { clientName: 'New EHR', origin: null }, notes: ['triesLeft=0'] });
    expect(running.agent.clients.list().filter(({ source }) => source === 'paired')).toEqual([]);
  });
});

describe('the PIN', () => {
  beforeEach(async () => {
    card = clinic.card('doctor');
    await start();
  });
  afterEach(() => running.close());

  it('typed wrong is asked again with the tries left, and each entry is presented once', async () => {
    const typed = ['9999', '8888', '1234'];
    running.person.pin = () => typed.shift() ?? 'cancelled';
    const answer = await running.sign();
    expect(answer.status).toBe(201);
    expect(card.statistics.pinsPresented).toBe(3);
    const questions = running.person.shown.flatMap((shown) => (shown.what === 'pin' ? [[shown.question.refused, shown.question.tries.triesLeft]] : []));
    expect(questions).toEqual([[null, 15], ['incorrect', 14], ['incorrect', 13]]);
  });

  it('given up after a wrong one is PIN_INCORRECT with the tries left', async () => {
    const typed = ['9999'];
    running.person.pin = () => typed.shift() ?? 'cancelled';
    const answer = await running.sign();
    expect([answer.status, codeOf(answer), problemOf(answer).triesLeft, problemOf(answer).retriable]).toEqual([422, 'PIN_INCORRECT', 14, true]);
    expect(card.statistics.pinsPresented).toBe(1);
    expect(card.statistics.signatures).toBe(0);
    expect(running.audit().at(-1)).toMatchObject({ event: 'signature.failed', result: 'PIN_INCORRECT' });
  });

  it('of a locked card is not asked for', async () => {
    running.readers.remove(firstReader);
    card = clinic.card('doctor', { maxTries: 1 });
    card.powerOn();
    card.transmit(Buffer.from('00a4040010e828bd080fa00000039100000000000100', 'hex'));
    card.transmit(Buffer.from('00200088043939393900', 'hex').subarray(0, 9));
    expect(card.triesLeft('signing')).toBe(0);
    running.readers.insert(card, firstReader);
    const answer = await running.sign();
    expect([answer.status, codeOf(answer), problemOf(answer).triesLeft]).toEqual([423, 'PIN_LOCKED', 0]);
    expect(running.person.asked('pin')).toBe(0);
  });
});

describe('a card pulled', () => {
  beforeEach(async () => {
    card = clinic.card('doctor');
    await start({ settings: { deadlines: { consentSeconds: 20, cardSeconds: 0.3, cardCallSeconds: 20, loginAndSignSeconds: 60 } } });
  });
  afterEach(() => running.close());

  async function signsAgain(): Promise<void> {
    if (card.pulled) card.powerOn();
    running.readers.remove(firstReader);
    running.readers.insert(card, firstReader);
    await until(() => running.cardsReady() > 0, 'the card is read');
    running.person.pin = () => '1234';
    expect((await running.sign()).status).toBe(201);
  }

  it('before the signature, while the PIN is asked, is CARD_REMOVED when it does not come back; the next signature works', async () => {
    running.person.pin = () => {
      running.readers.remove(firstReader);
      return 'silent';
    };
    const answer = await running.sign();
    expect([answer.status, codeOf(answer), problemOf(answer).retriable]).toEqual([409, 'CARD_REMOVED', true]);
    expect(card.statistics.pinsPresented).toBe(0);
    await signsAgain();
  });

  it.each([
    ['at VERIFY', { ins: insOfVerify }],
    ['at the signature', 'signature' as const],
  ])('during the signature, %s, is CARD_REMOVED; the next signature works without a restart', async (_where, at) => {
    running.person.pin = () => {
      card.setFaults({ at, when: 'during', what: { kind: 'remove' } });
      return '1234';
    };
    const answer = await running.sign();
    expect([answer.status, codeOf(answer), problemOf(answer).retriable]).toEqual([409, 'CARD_REMOVED', true]);
    expect(card.statistics.pinsPresented).toBeLessThanOrEqual(1);
    await signsAgain();
  });

  it('after the signature does not matter', async () => {
    card.setFaults({ at: 'signature', when: 'after', what: { kind: 'remove' } });
    expect((await running.sign()).status).toBe(201);
    await signsAgain();
  });

  it('and put back at once, while the PIN is asked, goes on in the same window', async () => {
    await running.close();
    await start();
    let pulled = false;
    running.person.pin = () => {
      if (pulled) return '1234';
      pulled = true;
      running.readers.remove(firstReader);
      running.readers.insert(card, firstReader);
      return 'silent';
    };
    expect((await running.sign()).status).toBe(201);
    expect(running.person.asked('opened')).toBe(1);
  });
});

describe('a card that may not sign is named before any PIN is asked:', () => {
  afterEach(() => running.close());
  const deadlines = { consentSeconds: 20, cardSeconds: 0.3, cardCallSeconds: 20, loginAndSignSeconds: 60 };

  it.each<[string, string, number, () => Promise<VirtualHpkiCard>]>([
    ["a pharmacist's, for a prescription", 'ROLE_NOT_ALLOWED', 422, () => Promise.resolve(clinic.card('pharmacist'))],
    ['an expired one', 'CERTIFICATE_EXPIRED', 422, () => clinic.cardWith({ notBefore: jstMidnight(clinic.ca.now, -3), notAfter: jstMidnight(clinic.ca.now, -1) })],
    ['one of next year', 'CERTIFICATE_EXPIRED', 422, () => clinic.cardWith({ notBefore: jstMidnight(clinic.ca.now, 1), notAfter: jstMidnight(clinic.ca.now, 3) })],
    ['one with an authentication certificate in its signing application', 'CARD_UNKNOWN', 409, () => clinic.cardWith({ kind: 'authentication' })],
    ['one whose policy is not for signing', 'CARD_UNKNOWN', 409, () => clinic.cardWith({ policies: ['1.2.392.100495.1.5.1.1.9.1'] })],
  ])('%s', async (_whose, code, status, make) => {
    card = await make();
    await start({ settings: { deadlines } });
    expect(await statusAndCode(running.sign())).toEqual([status, code]);
    expect(running.person.asked('opened')).toBe(0);
    expect(card.statistics.pinsPresented).toBe(0);
    expect(card.statistics.signatures).toBe(0);
  });

  it('one without a signing application: the window says so, and it is CARD_UNKNOWN', async () => {
    card = new VirtualHpkiCard({ authentication: clinic.identity(clinic.people.doctor) });
    running = await RunningAgent.start({ clinic, inserted: card, settings: { deadlines } });
    await until(() => running.cardsRead() > 0, 'the card is read');
    expect(await statusAndCode(running.sign())).toEqual([409, 'CARD_UNKNOWN']);
    expect(running.person.shown.filter(({ what }) => what === 'need').at(-1)).toEqual({ what: 'need', need: 'unknown_card', canAuthenticate: false });
    expect(running.person.asked('pin')).toBe(0);
    expect(card.statistics.pinsPresented).toBe(0);
  });

  it("a pharmacist's, where the doctor is bound to another card", async () => {
    card = clinic.card('doctor');
    await start({ settings: { deadlines } });
    expect((await running.sign()).status).toBe(201);
    running.readers.remove(firstReader);
    card = clinic.card('pharmacist');
    running.readers.insert(card, firstReader);
    await until(() => running.cardsReady() > 0, 'the card is read');
    running.person.shown.length = 0;
    expect(await statusAndCode(running.sign())).toEqual([422, 'ROLE_NOT_ALLOWED']);
    expect(running.person.shown).toEqual([]);
    expect(card.statistics.pinsPresented).toBe(0);
  });

  it("another doctor's: the window asks for the own card, and it is STAFF_MISMATCH when that does not come", async () => {
    const own = clinic.card('doctor');
    card = own;
    await start({ settings: { deadlines } });
    expect((await running.sign()).status).toBe(201);
    running.readers.remove(firstReader);
    card = clinic.card('otherDoctor');
    running.readers.insert(card, firstReader);
    await until(() => running.cardsReady() > 0, 'the card is read');
    running.person.shown.length = 0;
    expect(await statusAndCode(running.sign())).toEqual([422, 'STAFF_MISMATCH']);
    expect(running.person.shown.filter(({ what }) => what === 'need').at(-1)).toEqual({ what: 'need', need: 'other_doctor', canAuthenticate: false });
    expect(running.person.asked('pin')).toBe(0);
    expect(card.statistics.pinsPresented).toBe(0);
    running.readers.remove(firstReader);
    running.readers.insert(own, secondReader);
    await until(() => running.cardsReady() > 0, 'the own card is read');
    expect(xmlOf(await running.sign()).toString('utf8')).toContain('<Document');
  });
});
