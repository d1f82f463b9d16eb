/**
 * Row 24: PIN, token or patient in a log. Logs are copied into tickets, mails and shares (other signing products wrote PINs
 * and patients into theirs). Here the log takes typed fields and no free text, the journal holds no document, the audit
 * log names documents by id and digest, and problems never quote a value. After a whole run with successes and with every
 * kind of failure, everything that was written or answered is searched for canaries, in plain, base64, hex and escapes.
 */
import type crypto from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { sampleDispensingCsv } from '../../src/sandbox/samples/dispensing.ts';
import { samplePrescriptionCsv } from '../../src/sandbox/samples/prescription.ts';
import type { VirtualHpkiCard } from '../../src/sandbox/cards/virtual-hpki-card.ts';
import { virtualCardHost } from '../../src/sandbox/virtual-card-host.ts';
import { formsOf, secretsIn } from '../support/canaries.ts';
import { runCommand } from '../support/command-line.ts';
import { overridden } from '../support/overridden-card-host.ts';
import { ask, sha256Hex, until, type HttpAnswer } from '../support/running-api.ts';
import { codeOf, ehrToken, firstReader, prescription, RunningAgent, xmlOf } from '../support/running-agent.ts';
import { TestClinic } from '../support/test-clinic.ts';

// A code that begins with a zero is shorter where it is written as a number.
vi.mock('node:crypto', async (importOriginal) => {
  const original = await importOriginal<typeof crypto>();
  return { ...original, randomInt: (max: number) => (max === 1_000_000 ? 391_762 : original.randomInt(max)) };
});

const secrets = {
  'the PIN': '7391846205',
  'a wrong PIN': '55501938472',
  'the EHR\'s token': ehrToken,
  'a token made while pairing': 'canary-token-canary-token-canary-token-canary',
  'the patient\'s name': '秘匿　患者子',
  'the patient\'s kana': 'ﾋﾄｸ ｶﾝｼﾞｬｺ',
  'the patient\'s number': 'PCANARY77',
  'the patient\'s address': '東京都架空区見本９丁目８番７号',
  'the insurance symbol': '98765432',
  '引換番号': 'CNRY9X8Z7W6V5U4T',
  'a drug': '架空酸カルシウム細粒８３％',
  'a remark': '秘密の備考カナリア',
  'an unknown record': 'UNKNOWN-RECORD-CANARY',
  'a wrong date': '19CANARY',
  'the staff member as the EHR writes them': '職員名カナリア',
};

let clinic: TestClinic;
let running: RunningAgent;
let card: VirtualHpkiCard;
let pairingCode = '';
/** Every answer of the run that is not a signed document. */
const answers: string[] = [];
const codes = new Set<string>();
let doctor = '';
let auditCsv = '';

const staff = { id: 'D0012', name: secrets['the staff member as the EHR writes them'] };
const csv = (...extra: string[]): Uint8Array =>
  new TextEncoder().encode(
    [
      new TextDecoder()
        .decode(samplePrescriptionCsv({ patient: { name: secrets['the patient\'s name'], kana: secrets['the patient\'s kana'] } }))
        .replace('P000123', secrets['the patient\'s number'])
        .replace('12345678', secrets['the insurance symbol'])
        .replace('A1B2C3D4', secrets['引換番号'])
        .replace('朝食後の薬は一包化してください', secrets['a remark']),
      ...extra,
    ].join('\n'),
  );

function keep(answer: HttpAnswer): HttpAnswer {
  const code = codeOf(answer);
  if (code !== undefined) codes.add(code);
  if (answer.status !== 201) answers.push(answer.text + JSON.stringify(answer.headers));
  return answer;
}

beforeAll(async () => {
  clinic = await TestClinic.open();
  card = clinic.card('doctor', { pin: secrets['the PIN'] });
  let internal = false;
  running = await RunningAgent.start({
    clinic,
    inserted: card,
    settings: { deadlines: { consentSeconds: 20, cardSeconds: 0.2, cardCallSeconds: 20, loginAndSignSeconds: 60 } },
    cards: (_data, readers) => {
      const cards = virtualCardHost(readers);
      return overridden(cards, {
        // A fault of the program whose message quotes what it was given.
        holdPin: (entry) => {
          if (internal) throw new TypeError(`cannot use ${Buffer.from(entry.pin).toString()} for ${secrets['the patient\'s name']}`);
          return cards.holdPin(entry);
        },
      });
    },
  });
  await until(() => running.cardsReady() > 0, 'the card is read');
  const { person } = running;
  const typed = [secrets['a wrong PIN'], secrets['the PIN']];
  person.pin = () => typed.shift() ?? 'cancelled';
  const rx = prescription('rx-1', csv(`999,${secrets['an unknown record']}`));

  const signed = keep(await running.sign({ staff, documents: [rx] }, { key: 'good' }));
  expect(signed.status).toBe(201);
  keep(await running.sign({ staff, documents: [rx] }, { key: 'good' }));
  keep(await running.sign({ staff, documents: [prescription('rx-1', csv('81,2,1,x'))] }, { key: 'good' }));
  typed.push(secrets['a wrong PIN']);
  keep(await running.sign({ staff, documents: [rx] }));
  keep(await running.sign({ staff, documents: [rx] }));
  typed.push(secrets['the PIN']);
  internal = true;
  keep(await running.sign({ staff, documents: [rx] }));
  internal = false;
  typed.push(secrets['the PIN']);
  card.setFaults({ at: 'signature', when: 'before', what: { kind: 'answer', bytes: Uint8Array.of(0x6f, 0x00) } });
  keep(await running.sign({ staff, documents: [rx] }));
  typed.push(secrets['the PIN']);
  person.spendLastTries = true;
  card.setFaults({ at: 'signature', when: 'during', what: { kind: 'remove' } });
  keep(await running.sign({ staff, documents: [rx] }));
  keep(await running.sign({ staff, documents: [rx] }));
  card.powerOn();
  running.readers.insert(card, firstReader);

  // Values that are wrong, in the fields that errors are about.
  const broken = new TextDecoder().decode(csv()).replace('13,19550401', `13,${secrets['a wrong date']}`).replace('51,20260401', `51,${secrets['引換番号']}`);
  keep(await running.sign({ staff, documents: [prescription('rx-2', new TextEncoder().encode(broken))] }));
  keep(await running.sign({ staff, documents: [prescription('rx-2', Buffer.from(`XX${secrets['a remark']}`))] }));
  keep(await running.ask('/v1/signatures', { method: 'POST', headers: { 'idempotency-key': 'k' }, body: `{"staff": "${secrets['the patient\'s name']}", ${secrets['a remark']}` }));
  keep(await running.ask('/v1/signatures', { method: 'POST', headers: { 'idempotency-key': 'k' }, body: JSON.stringify({ staff, documents: [rx], pin: secrets['the PIN'] }) }));
  const xml = xmlOf(signed);
  const tampered = Buffer.from(xml.toString('utf8').replace(/(<xs:DigestValue>)(.{20})(.{20})/, '$1$3$2'));
  for (const nested of [xml, tampered]) {
    keep(await running.sign({ staff, documents: [{ id: 'dx-1', type: 'dispensing', csv: Buffer.from(sampleDispensingCsv({ patient: { name: secrets['the patient\'s name'], kana: secrets['the patient\'s kana'] } })).toString('base64'), prescription: nested.toString('base64') }] }));
    keep(await running.ask('/v1/verifications', { method: 'POST', body: JSON.stringify({ xml: nested.toString('base64') }) }));
  }
  keep(await running.ask('/v1/status'));
  keep(await running.ask(`/v1/status?${secrets['the PIN']}`, { token: secrets['a token made while pairing'] }));
  keep(await running.ask(`/v1/signatures/${encodeURIComponent(secrets['the patient\'s name'])}`));
  keep(await running.ask(`/${secrets['the PIN']}`));

  running.agent.pairing.open();
  const begun = await ask(running.port, '/v1/pairings', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ clientName: 'Paired EHR' }) });
  pairingCode = person.pairings[0]?.code ?? '';
  await ask(running.port, `/v1/pairings/${(begun.json as { id: string }).id}/confirm`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ code: pairingCode, tokenSha256: sha256Hex(secrets['a token made while pairing']) }),
  });
  doctor = (await runCommand(['doctor', '--json', '--data-dir', running.data.root])).out;
  auditCsv = (await runCommand(['audit', 'export', '--csv', '--data-dir', running.data.root])).out;
  await running.restart();
}, 120_000);
afterAll(() => running.close());

describe('after a run with successes and failures', () => {
  it('the run was what it should be: every kind of failure was met', () => {
    for (const code of ['PIN_INCORRECT', 'CANCELLED_BY_USER', 'INTERNAL', 'CARD_REMOVED', 'DOCUMENT_INVALID', 'REQUEST_INVALID', 'IDEMPOTENCY_CONFLICT', 'ROLE_NOT_ALLOWED', 'NOT_PAIRED', 'NOT_FOUND']) {
      expect([...codes]).toContain(code);
    }
    expect(running.agent.clients.list().some(({ name }) => name === 'Paired EHR')).toBe(true);
    expect(doctor).toContain('"id": "audit');
    expect(auditCsv).toContain('signature.released');
  });

  it('the search finds what it looks for, in each form', () => {
    for (const secret of Object.values(secrets)) {
      for (const form of formsOf(secret)) expect(secretsIn(`{"x":"..${form}.."}`, { it: secret })).toEqual(['it']);
      expect(secretsIn(Buffer.from(`ab${secret}yz`).toString('base64'), { it: secret })).toEqual(['it']);
    }
  });

  it('no file of the agent holds a secret: log, journal, audit, clients, bindings, ledger, port file', () => {
    const files = running.files();
    const names = [...files.keys()];
    for (const name of ['logs/agent.log', 'journal.jsonl', 'audit.jsonl', 'clients.json', 'staff.json', 'port.json']) expect(names).toContain(name);
    for (const [name, content] of files) expect({ name, secrets: secretsIn(content, secrets) }).toEqual({ name, secrets: [] });
  });

  it('the log names the internal fault by its class and place, without its message', () => {
    const log = running.files().get('logs/agent.log') ?? '';
    expect(log).toContain('TypeError');
    expect(log).not.toContain('cannot use');
  });

  it('the pairing code is in no file', () => {
    expect(pairingCode).toMatch(/^\d{6}$/);
    // As a word of its own: a digest or a time may have the same digits.
    const code = new RegExp(`(?<![0-9A-Za-z.])${pairingCode}(?![0-9A-Za-z])`);
    for (const leaked of [pairingCode, Number(pairingCode), `コードは${pairingCode}です。`]) expect(JSON.stringify({ leaked })).toMatch(code);
    for (const [name, content] of running.files()) expect({ name, found: code.test(content) }).toEqual({ name, found: false });
  });

  it('no answer but the signed document holds a secret, problems included', () => {
    expect(answers.length).toBeGreaterThan(15);
    for (const answer of answers) expect({ answer: answer.slice(0, 120), secrets: secretsIn(answer, secrets) }).toEqual({ answer: answer.slice(0, 120), secrets: [] });
  });

  it('neither the diagnosis nor the exported audit log holds a secret', () => {
    expect(secretsIn(doctor, secrets)).toEqual([]);
    expect(secretsIn(auditCsv, secrets)).toEqual([]);
  });
});
